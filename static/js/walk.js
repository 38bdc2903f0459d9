// A walk that is not at its end goes on by itself; without a script there is a button for it.

document.querySelector("[data-goes-on]")?.requestSubmit();
