// Completes addresses from the contacts, after the last comma of a line (the pattern of a combobox with a list).
let count = 0;

export function complete(input, label, changed) {
  const list = document.createElement("ul");
  list.id = `people-${++count}`;
  list.className = "people-list";
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", label);
  list.hidden = true;
  input.after(list);
  for (const [name, value] of [["role", "combobox"], ["aria-autocomplete", "list"], ["aria-expanded", "false"], ["aria-controls", list.id]]) {
    input.setAttribute(name, value);
  }
  let at = -1, asked = 0;
  const cut = () => Math.max(input.value.lastIndexOf(","), input.value.lastIndexOf(";")) + 1;
  const close = () => {
    list.hidden = true;
    at = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };
  const choose = (words) => {
    const before = input.value.slice(0, cut()).trim();
    input.value = `${before}${before && " "}${words}, `;
    close();
    input.focus();
    changed();
  };
  const point = (to) => {
    const lines = [...list.children];
    if (!lines.length) return;
    at = (to + lines.length) % lines.length;
    lines.forEach((line, n) => line.setAttribute("aria-selected", String(n === at)));
    input.setAttribute("aria-activedescendant", lines[at].id);
  };
  const offer = async () => {
    const typed = input.value.slice(cut()).trim(), mine = ++asked;
    if (typed.length < 2) return close();
    const answer = await fetch(`/compose/people?q=${encodeURIComponent(typed)}`).catch(() => null);
    if (mine !== asked || !answer?.ok) return;
    const found = await answer.json();
    list.replaceChildren(...found.map((words, n) => {
      const line = document.createElement("li");
      line.id = `${list.id}-${n}`;
      line.setAttribute("role", "option");
      line.setAttribute("aria-selected", "false");
      line.textContent = words;
      line.addEventListener("mousedown", (event) => { event.preventDefault(); choose(words); });
      return line;
    }));
    list.hidden = !found.length;
    at = -1;
    input.setAttribute("aria-expanded", String(!!found.length));
  };
  input.addEventListener("input", offer);
  // Who was typing a name before this was here is helped as well.
  if (document.activeElement === input && input.value !== input.defaultValue) offer();
  input.addEventListener("keydown", (event) => {
    if (list.hidden) return;
    if (event.key === "ArrowDown") point(at + 1);
    else if (event.key === "ArrowUp") point(at < 0 ? -1 : at - 1);
    else if ((event.key === "Enter" || event.key === "Tab") && at >= 0) choose(list.children[at].textContent);
    else if (event.key === "Escape") close();
    else return;
    if (event.key !== "Tab") event.preventDefault();
  });
  input.addEventListener("blur", close);
}
