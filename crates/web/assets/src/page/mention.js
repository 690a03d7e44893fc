// Completes a colleague's name after an @ in a note.
let count = 0;

export function complete(field) {
  const names = [...field.form.querySelectorAll("[data-colleagues] li")].map((it) => it.textContent);
  if (!names.length) return;
  const list = document.createElement("ul");
  list.id = `colleagues-${++count}`;
  list.className = "people-list";
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", field.dataset.mention);
  list.hidden = true;
  field.after(list);
  let at = 0, begin = -1;
  const close = () => {
    list.hidden = true;
    field.removeAttribute("aria-activedescendant");
  };
  const choose = (name) => {
    field.setRangeText(`@${name} `, begin, field.selectionStart, "end");
    close();
    field.focus();
  };
  const mark = () => {
    [...list.children].forEach((line, n) => line.setAttribute("aria-selected", String(n === at)));
    field.setAttribute("aria-activedescendant", list.children[at].id);
  };
  field.addEventListener("input", () => {
    const typed = /(?:^|[^\p{L}\p{N}])@([\p{L}\p{N}][\p{L}\p{N} .-]{0,30}|)$/u.exec(field.value.slice(0, field.selectionStart));
    const found = typed ? names.filter((name) => name.toLowerCase().startsWith(typed[1].toLowerCase())).slice(0, 6) : [];
    if (!found.length) return close();
    begin = field.selectionStart - typed[1].length - 1;
    at = 0;
    list.replaceChildren(...found.map((name, n) => {
      const line = document.createElement("li");
      line.id = `${list.id}-${n}`;
      line.setAttribute("role", "option");
      line.textContent = name;
      line.addEventListener("mousedown", (event) => { event.preventDefault(); choose(name); });
      return line;
    }));
    list.hidden = false;
    mark();
  });
  field.addEventListener("keydown", (event) => {
    if (list.hidden) return;
    const many = list.children.length;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      at = (at + (event.key === "ArrowDown" ? 1 : many - 1)) % many;
      mark();
    } else if (event.key === "Enter" || event.key === "Tab") choose(list.children[at].textContent);
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
  });
  field.addEventListener("blur", close);
}
