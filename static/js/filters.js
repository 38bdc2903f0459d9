// A filter marked data-submits takes effect when it changes.

export function startFilters() {
  document.addEventListener("change", (event) => {
    if (event.target.matches?.("[data-submits]")) event.target.form.requestSubmit();
  });
}
