// New mail shows without a reload: the server says that there is something, and the list is read anew.
import htmx from "htmx.org";
import { chooseAgain, chosen } from "./choose.js";

const PARTS = ["lines", "mailboxes"];
// Counts what changed the list on its own account: an answer that was asked for before that tells of what was.
let turn = 0;
let reading = false;
let again = false;

/// Puts what the server has now in the place of what is shown, and leaves the reader where they were.
async function refresh() {
  if (reading) return void (again = true);
  reading = true;
  try {
    do {
      again = false;
      const begun = turn;
      const page = await ask().catch(() => null);
      if (begun !== turn) again = true;
      else if (page) PARTS.forEach((id) => show(id, page));
    } while (again);
  } finally {
    // Whatever went wrong with this one, the next news is shown.
    reading = false;
  }
}

async function ask() {
  const inside = location.pathname.startsWith("/mail/");
  const response = await fetch(inside ? `/mail${location.search}` : location.href, { headers: { Accept: "text/html" } });
  if (!response.ok || response.redirected) return null;
  return new DOMParser().parseFromString(await response.text(), "text/html");
}

function show(id, page) {
  const [here, fresh] = [document.getElementById(id), page.getElementById(id)];
  if (!here || !fresh) return;
  const focused = here.contains(document.activeElement) && document.activeElement.getAttribute("href");
  // Where the reader is now, which may be further than when the list was asked for.
  if (location.pathname.startsWith("/mail/")) fresh.querySelector(`a[href^="${CSS.escape(location.pathname)}"]`)?.setAttribute("aria-current", "true");
  const picked = chosen();
  // The part itself stays: htmx throws an answer away, the way back with it, when what it aims at is gone.
  here.replaceChildren(...fresh.childNodes);
  if (id === "lines") chooseAgain(picked);
  htmx.process(here);
  if (focused) here.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus();
}

/// Beside what stands there: that may be the only way back from a deed.
function tell(words) {
  const notices = document.getElementById("notices");
  const news = document.getElementById("news") ?? notices.appendChild(Object.assign(document.createElement("span"), { id: "news" }));
  news.textContent = words;
}

export function listenForMail(stream) {
  let due = false;
  const look = () => {
    due = document.hidden;
    if (!due) refresh();
  };
  document.addEventListener("htmx:before:swap", () => { turn += 1; });
  stream.addEventListener("mail", (event) => {
    look();
    if (event.data === "new") tell(document.getElementById("list").dataset.news);
  });
  document.addEventListener("visibilitychange", () => due && look());
}
