// A button marked data-opens shows the dialog it names; data-closes shuts the one around it.

export function startDialogs() {
  document.addEventListener("click", (event) => {
    const opener = event.target.closest?.("[data-opens]");
    if (opener) document.getElementById(opener.dataset.opens)?.showModal();
    const closer = event.target.closest?.("[data-closes]");
    if (closer) closer.closest("dialog").close();
    // A click on the backdrop hits the dialog itself, never anything inside it.
    if (event.target.matches?.("dialog") && event.offsetX < 0) event.target.close();
  });
}
