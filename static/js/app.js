import { startCopying } from "./copy.js";
import { startDialogs } from "./dialogs.js";
import { startFilters } from "./filters.js";
import { startGraph } from "./graph.js";
import { startGrids } from "./grid.js";
import { startLive } from "./live.js";
import { startNav } from "./nav.js";
import { startThemeSwitch } from "./switch.js";
import { startTimes } from "./times.js";

startThemeSwitch();
startNav();
startTimes();
startCopying();
startDialogs();
startLive();
startFilters();
startGraph();
startGrids();
