// The admin site: what the attributes of its theme refer to. Alpine.js is the build that evaluates
// nothing, so that names reach only what is given here, and never the page's globals.

const SIDEBAR = "sidebarDesktopOpen";
const SCROLL_STOPPERS = ["openModal", "filterOpen", "openAllApplications"];

// Light or dark by the same choice, kept under the same name, as on the pages outside.
const theme = () => ({
  openModal: false,
  filterOpen: false,
  openAllApplications: false,
  adminTheme: localStorage.getItem("theme") ?? "auto",
  systemIsDark: matchMedia("(prefers-color-scheme: dark)").matches,

  init() {
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", (event) => {
      this.systemIsDark = event.matches;
    });
    for (const name of SCROLL_STOPPERS) {
      this.$watch(name, (open) => document.body.classList.toggle("overflow-hidden", open));
    }
    this.$watch("adminTheme", (choice) => {
      if (choice === "auto") localStorage.removeItem("theme");
      else localStorage.setItem("theme", choice);
    });
  },

  switchTheme(choice) {
    this.adminTheme = choice;
  },

  themeBindings: {
    "x-bind:class"() {
      const dark = this.adminTheme === "dark" || (this.adminTheme === "auto" && this.systemIsDark);
      return dark ? "dark" : "light";
    },
  },
});

// The page: its sidebar, and the tab of its form that is open.
const office = (firstTab) => ({
  activeTab: "",
  sidebarMobileOpen: false,
  sidebarDesktopOpen: localStorage.getItem(SIDEBAR) !== "0",
  // Templates ask for these by the names of the globals.
  localStorage: { setItem: (name, value) => localStorage.setItem(name, value) },
  window: { location: { pathname: location.pathname, search: location.search } },

  init() {
    const wanted = location.hash.slice(1);
    this.activeTab = wanted && document.getElementById(`${wanted}-group`) ? wanted : firstTab;
  },
});

document.addEventListener("alpine:init", () => {
  globalThis.Alpine.data("theme", theme);
  globalThis.Alpine.data("office", office);
  globalThis.Alpine.data("searchForm", globalThis.searchForm);
});
