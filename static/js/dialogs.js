// A button marked data-opens shows the dialog it names; data-closes shuts the one around it.

function isOutside(dialog, event) {
  const box = dialog.getBoundingClientRect();
  return event.clientX < box.left || event.clientX > box.right
    || event.clientY < box.top || event.clientY > box.bottom;
}

export function startDialogs() {
  document.addEventListener("click", (event) => {
    const opener = event.target.closest?.("[data-opens]");
    if (opener) document.getElementById(opener.dataset.opens)?.showModal();
    const closer = event.target.closest?.("[data-closes]");
    if (closer) closer.closest("dialog").close();
    // A click on the backdrop arrives at the dialog itself. So does Enter in a field of it, as a
    // click at 0,0 that has no detail.
    if (event.detail && event.target.matches?.("dialog") && isOutside(event.target, event)) {
      event.target.close();
    }
  });
}
