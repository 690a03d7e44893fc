// Notices of the browser itself, for whoever asked for them: told by the same stream that keeps the page fresh.
const may = () => ("Notification" in window && window.isSecureContext ? Notification.permission : "missing");

function show(event) {
  const { title, body, tag, path } = JSON.parse(event.data);
  const notice = new Notification(title, { body, tag, lang: document.documentElement.lang });
  notice.addEventListener("click", () => {
    notice.close();
    focus();
    location.assign(path);
  });
}

/// The stream of what happens; with notices where the browser may show them. A page without news of its own listens for
/// nothing else.
export function listen(hasNews) {
  const shows = may() === "granted" && !!document.querySelector("header.menu");
  if (!hasNews && !shows) return null;
  // From what the page shows on: mail that came before the stream began would wait for the next.
  const seen = document.getElementById("list")?.dataset.seen;
  const wish = new URLSearchParams({ ...(shows && { notices: "true" }), ...(seen && { since: seen }) });
  const stream = new EventSource(`/mail/live?${wish}`);
  stream.addEventListener("notice", show);
  return stream;
}

/// The one place where the browser is asked: by the press of a button.
export function offerNotices() {
  const place = document.querySelector("[data-notices]");
  if (!place) return;
  const [words, button] = [place.querySelector("p"), place.querySelector("button")];
  const tell = () => {
    words.textContent = place.dataset[may()];
    button.hidden = may() !== "default";
  };
  button.addEventListener("click", async () => {
    await Notification.requestPermission();
    tell();
    listen(false);
  });
  place.hidden = false;
  tell();
}
