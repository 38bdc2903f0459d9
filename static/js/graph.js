// The graph scrolls on its own: bring a chosen task into its view, once, when it is chosen.

let shown = null;

function reveal() {
  const node = document.querySelector(".node[aria-current]");
  if (node?.id === shown) return;
  shown = node?.id ?? null;
  if (!node) return;
  const box = node.closest(".dag-scroll");
  const [inner, outer] = [node.getBoundingClientRect(), box.getBoundingClientRect()];
  if (inner.left < outer.left || inner.right > outer.right) {
    box.scrollLeft += inner.left - outer.left - (outer.width - inner.width) / 2;
  }
  if (inner.top < outer.top || inner.bottom > outer.bottom) {
    box.scrollTop += inner.top - outer.top - (outer.height - inner.height) / 2;
  }
}

export function startGraph() {
  reveal();
  document.addEventListener("htmx:after:swap", reveal);
}
