// Heatmaps by keyboard: one cell of a grid is in the order of the tab key, the arrows reach the
// others. What is known of the cell that is pointed at or focused stands below the grid.

const STEPS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

function rowsOf(grid) {
  return [...grid.tBodies[0].rows].map((row) => [...row.querySelectorAll("[data-cell]")]);
}

function placeOf(rows, cell) {
  const row = rows.findIndex((cells) => cells.includes(cell));
  return [row, rows[row]?.indexOf(cell) ?? -1];
}

function settle(grid, chosen) {
  const cells = [...grid.querySelectorAll("[data-cell]")];
  const current = chosen ?? cells.find((cell) => cell === document.activeElement)
    ?? cells.find((cell) => cell.tabIndex === 0 && cell.hasAttribute("tabindex")) ?? cells[0];
  for (const cell of cells) cell.tabIndex = cell === current ? 0 : -1;
}

function target(rows, [row, column], event) {
  const width = rows[row].length;
  if (event.key in STEPS) {
    const [down, right] = STEPS[event.key];
    return [row + down, column + right];
  }
  if (event.key === "Home") return [event.ctrlKey ? 0 : row, 0];
  if (event.key === "End") return [event.ctrlKey ? rows.length - 1 : row, width - 1];
  return null;
}

function move(event) {
  const cell = event.target.closest?.("[data-grid] [data-cell]");
  if (!cell || event.altKey || event.metaKey) return;
  const grid = cell.closest("[data-grid]");
  const rows = rowsOf(grid);
  const place = target(rows, placeOf(rows, cell), event);
  if (!place) return;
  event.preventDefault();
  const next = rows[place[0]]?.[place[1]];
  if (!next) return;
  settle(grid, next);
  next.focus();
}

function read(event) {
  const cell = event.target.closest?.("[data-grid] [data-cell]");
  const readout = cell?.closest("[data-grid]").closest(".heat-wrap")?.querySelector("[data-readout]");
  if (!readout) return;
  const name = document.createElement("b");
  name.textContent = cell.dataset.name;
  readout.replaceChildren(name, cell.dataset.detail ?? "");
}

function settleAll() {
  for (const grid of document.querySelectorAll("[data-grid]")) settle(grid);
}

export function startGrids() {
  settleAll();
  document.addEventListener("keydown", move);
  document.addEventListener("focusin", (event) => {
    const cell = event.target.closest?.("[data-grid] [data-cell]");
    if (cell) settle(cell.closest("[data-grid]"), cell);
    read(event);
  });
  document.addEventListener("pointerover", read);
  document.addEventListener("htmx:after:swap", settleAll);
}
