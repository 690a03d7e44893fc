// What colleagues see of each other: who has a conversation open or writes an answer, and what was read. Only a page that
// is looked at says so; one that a browser fetched ahead does not.
import { complete } from "./mention.js";

const BEAT = 10_000;
const begun = new WeakSet();
let at = null;

/// The conversation that is before the reader: where to say so, and what they do.
function place() {
  const reading = document.querySelector("#reading[data-presence]");
  const form = document.querySelector("form[data-compose]");
  const source = form?.elements.namedItem("source")?.value;
  const path = source ? `/mail/messages/${source}/presence` : reading?.dataset.presence;
  const csrf = reading?.dataset.csrf ?? form?.elements.namedItem("csrf")?.value;
  return path && { path, csrf, doing: source && !form.elements.namedItem("forwards") ? "replying" : "looking" };
}

const say = ({ path, csrf }, doing) => fetch(path, { method: "POST", headers: { "x-csrf": csrf, "hx-request": "true" }, body: new URLSearchParams({ doing }) }).catch(() => null);

/// Tells that the reader is there, and shows who else is.
async function beat() {
  if (document.hidden) return;
  const now = place();
  if (at && at.path !== now?.path) say(at, "gone");
  at = now;
  if (!now) return;
  const answer = await say(now, now.doing);
  const shown = document.getElementById("lookers");
  if (!shown || !answer?.ok || at !== now) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (shown.innerHTML.trim() !== page.body.innerHTML.trim()) shown.replaceChildren(...page.body.childNodes);
}

/// What stands before the reader was read.
function read() {
  const form = document.querySelector("form[data-seen]");
  if (!form || document.hidden) return;
  const fields = new URLSearchParams(new FormData(form));
  fields.set("quietly", "1");
  form.remove();
  fetch(form.action, { method: "POST", body: fields }).catch(() => null);
}

export function takePart() {
  let shown = null;
  const look = () => {
    const now = `${document.querySelector("#reading[data-presence]")?.dataset.presence} ${!!document.querySelector("form[data-compose]")}`;
    read();
    document.querySelectorAll("textarea[data-mention]").forEach((field) => {
      if (!begun.has(field)) complete(field);
      begun.add(field);
    });
    if (now !== shown) {
      shown = now;
      beat();
    }
  };
  new MutationObserver(look).observe(document.querySelector("main"), { childList: true, subtree: true });
  document.addEventListener("visibilitychange", () => (document.hidden ? at && say(at, "gone") : (beat(), read())));
  addEventListener("pagehide", () => at && navigator.sendBeacon(at.path, new URLSearchParams({ csrf: at.csrf, doing: "gone" })));
  setInterval(beat, BEAT);
  // A list that was pulled out goes back when one presses beside it.
  document.addEventListener("click", (event) => {
    document.querySelectorAll("details.pull[open], details.deeds[open]").forEach((it) => {
      if (!it.contains(event.target)) it.open = false;
    });
  });
  look();
}
