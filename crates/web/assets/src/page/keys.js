// Keys as in the mail programs that people know. A link or button says its own in `data-key`; `g i` is two in a row.

import { chooseLine } from "./choose.js";

const typing = (target) => target.closest?.("input:not([type=checkbox]), textarea, select, [contenteditable]");

/// Moves the focus down or up the list, and opens what it lands on.
function step(by) {
  const lines = [...document.querySelectorAll("#lines a[href]")].filter((line) => line.closest("li"));
  if (!lines.length) return;
  const at = lines.findIndex((line) => line === document.activeElement || line.parentElement.contains(document.activeElement));
  const from = at >= 0 ? at : lines.findIndex((line) => line.hasAttribute("aria-current"));
  const to = lines[Math.min(Math.max(from + by, 0), lines.length - 1)];
  to.focus();
  to.scrollIntoView({ block: "nearest" });
}

/// What opens over the page: it goes back, and the focus to what opened it.
const PULLED = "details.pull[open], details.deeds[open], details.help[open], .menu details[open]";

function putBack(from) {
  const open = from.closest?.(PULLED) ?? document.querySelector(PULLED);
  if (!open) return false;
  open.open = false;
  if (open.contains(from) || from === document.body) open.querySelector("summary").focus();
  return true;
}

export function listenForKeys() {
  let before = "";
  let byKey = false;
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.defaultPrevented) return;
    if (event.key === "Escape" && !document.querySelector("dialog[open]") && putBack(event.target)) return;
    if (event.key === "Escape" && typing(event.target)) return event.target.blur();
    if (typing(event.target) || document.querySelector("dialog[open]")) return;
    const pressed = before ? `${before} ${event.key}` : event.key;
    before = event.key === "g" ? "g" : "";
    const button = document.querySelector(`[data-key="${CSS.escape(pressed)}"]`);
    if (pressed === "j" || pressed === "k") step(pressed === "j" ? 1 : -1);
    else if (pressed === "x") chooseLine();
    else if (pressed === "/") document.querySelector("input[type=search]")?.focus();
    else if (pressed === "?") document.getElementById("keys")?.showModal();
    else if (button) button.click();
    else return;
    event.preventDefault();
  });
  // The conversation that is read is marked in the list at once.
  document.addEventListener("click", (event) => {
    const line = event.target.closest?.("#lines li > a");
    if (!line || event.ctrlKey || event.metaKey || event.shiftKey) return;
    document.querySelectorAll("#lines a[aria-current]").forEach((it) => it.removeAttribute("aria-current"));
    line.setAttribute("aria-current", "true");
    line.closest("li").classList.remove("unread");
    // Enter is a click without a button of the mouse.
    byKey = event.detail === 0;
  });
  // Who opened a conversation with a key goes on inside it, and so does who pressed what is gone now; j and k still know
  // the line.
  let reading = document.getElementById("reading");
  const main = document.querySelector("main");
  new MutationObserver(() => {
    const now = document.getElementById("reading");
    if (now === reading) return;
    reading = now;
    const title = (byKey || document.activeElement === document.body) && now?.querySelector("h1");
    byKey = false;
    if (!title) return;
    title.tabIndex = -1;
    title.focus({ preventScroll: true });
  }).observe(main, { childList: true });
}
