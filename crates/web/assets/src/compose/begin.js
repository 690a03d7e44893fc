// Fetches what writing takes when a form to write in is on the page, or comes onto it, and not before.
const begin = () => {
  for (const form of document.querySelectorAll("form[data-compose]:not([data-begun])")) {
    form.dataset.begun = "";
    import("./compose.js").then((it) => it.begin(form));
  }
  for (const form of document.querySelectorAll("form[data-signature]:not([data-begun])")) {
    form.dataset.begun = "";
    import("./signature.js").then((it) => it.begin(form));
  }
};
new MutationObserver(begin).observe(document.documentElement, { childList: true, subtree: true });
begin();
