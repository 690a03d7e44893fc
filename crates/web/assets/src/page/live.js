// New mail shows without a reload: the server says that there is something, and the list is read anew.
import htmx from "htmx.org";
import { chooseAgain, chosen } from "./choose.js";

/// Puts what the server has now in the place of these parts, and leaves the reader where they were.
async function refresh(ids) {
  const reading = location.pathname.startsWith("/mail/");
  const response = await fetch(reading ? `/mail${location.search}` : location.href, { headers: { Accept: "text/html" } });
  if (!response.ok || response.redirected) return;
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  for (const id of ids) {
    const [old, fresh] = [document.getElementById(id), page.getElementById(id)];
    if (!old || !fresh) continue;
    const focused = old.contains(document.activeElement) && document.activeElement.getAttribute("href");
    // Where the reader is now, which may be further than when the list was asked for.
    if (location.pathname.startsWith("/mail/")) fresh.querySelector(`a[href^="${CSS.escape(location.pathname)}"]`)?.setAttribute("aria-current", "true");
    const picked = chosen();
    old.replaceWith(fresh);
    if (id === "lines") chooseAgain(picked);
    htmx.process(fresh);
    if (focused) fresh.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus();
  }
}

export function listenForMail() {
  let due = false;
  const look = () => {
    due = document.hidden;
    if (!due) refresh(["lines", "mailboxes"]);
  };
  new EventSource("/mail/live").addEventListener("mail", (event) => {
    look();
    const list = document.getElementById("list");
    if (event.data === "new") document.getElementById("notices").textContent = list.dataset.news;
  });
  document.addEventListener("visibilitychange", () => due && look());
}
