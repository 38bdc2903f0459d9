// On narrow screens the navigation scrolls sideways: it begins where the reader is.

export function startNav() {
  const nav = document.querySelector(".bar nav");
  const here = nav?.querySelector("[aria-current]");
  if (!here) return;
  const beyond = here.getBoundingClientRect().right - nav.getBoundingClientRect().right;
  if (beyond > 0) nav.scrollLeft += beyond + 16;
}
