// A field marked data-submits takes effect when it changes. The menus of the filter bar work as they
// stand; here they close by Escape, by a click elsewhere, and when another one opens.

function close(menu, andFocus) {
  menu.open = false;
  if (andFocus) menu.querySelector("summary").focus();
}

function closeOthers(kept) {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (menu !== kept) close(menu, false);
  }
}

// A field that is empty says nothing; without it the address is one that can be read.
function leaveOutEmpty(form) {
  for (const field of form.elements) {
    if (field.name && field.value === "") field.disabled = true;
  }
}

export function startFilters() {
  document.addEventListener("change", (event) => {
    if (event.target.matches?.("[data-submits]")) event.target.form.requestSubmit();
  });
  document.addEventListener("click", (event) => {
    closeOthers(event.target.closest?.("details.menu"));
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const menu = event.target.closest?.("details.menu[open]") ?? document.querySelector("details.menu[open]");
    if (menu) close(menu, true);
  });
  document.addEventListener("submit", (event) => {
    if (event.target.matches?.(".filter-form")) leaveOutEmpty(event.target);
  });
  // The page that the back button shows is the one that was left, disabled fields and all.
  window.addEventListener("pageshow", () => {
    for (const field of document.querySelectorAll(".filter-form :disabled")) field.disabled = false;
    closeOthers(null);
  });
}
