// Choosing lines of the list: a range with shift, the line one is at with x, everything that is shown. What is chosen goes
// with a form of its own; this only makes choosing quick.

const boxes = () => [...document.querySelectorAll("#lines .pick input")];
let last = null;

/// Chooses, or no longer, the line that has the focus, or the one that is read.
export function chooseLine() {
  const line = document.activeElement?.closest?.("#lines li") ?? document.querySelector("#lines li:has(a[aria-current])") ?? document.querySelector("#lines li");
  line?.querySelector(".pick input")?.click();
}

/// Which lines are chosen, to choose them again in a list that was read anew.
export const chosen = () => boxes().filter((box) => box.checked).map((box) => box.value);

export function chooseAgain(values) {
  for (const box of boxes()) box.checked = values.includes(box.value);
}

export function listenForChoice() {
  const form = document.getElementById("bulk");
  if (!form) return;
  form.classList.add("lively");
  const all = form.querySelector("[data-all]");
  const mark = () => {
    const many = boxes();
    const count = many.filter((box) => box.checked).length;
    all.checked = count > 0 && count === many.length;
    all.indeterminate = count > 0 && count < many.length;
  };
  all.addEventListener("click", () => boxes().forEach((box) => { box.checked = all.checked; }));
  document.addEventListener("click", (event) => {
    const box = event.target.closest?.("#lines .pick input");
    if (!box) return;
    const many = boxes();
    const [from, to] = [many.indexOf(last), many.indexOf(box)].sort((a, b) => a - b);
    if (event.shiftKey && from >= 0) many.slice(from, to + 1).forEach((it) => { it.checked = box.checked; });
    last = box;
    mark();
  });
  // Pressing the words beside a box with shift would mark text.
  document.addEventListener("mousedown", (event) => { if (event.shiftKey && event.target.closest?.(".pick")) event.preventDefault(); });
  new MutationObserver(mark).observe(document.getElementById("list"), { childList: true, subtree: true });
  // The notice goes by itself; until then it can be taken back.
  document.addEventListener("animationend", (event) => { if (event.target.id === "undo") event.target.remove(); });
}
