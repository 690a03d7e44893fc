// Writing: the editor, drafts that save themselves, files, and people as one types. The form works without all of this.
import { edit } from "./editor.js";
import { takeFiles } from "./files.js";
import { complete } from "./people.js";

const QUIET = 1200;

export function begin(form) {
  const field = (name) => form.elements.namedItem(name);
  const status = form.querySelector("[data-saved]");
  let timer, running = null, dirty = false, stopped = false;

  const save = async () => {
    dirty = false;
    const data = new FormData(form);
    data.delete("files");
    data.set("action", "save");
    const answer = await fetch("/compose", { method: "POST", body: data, headers: { accept: "application/json" } }).catch(() => null);
    if (answer?.ok && answer.headers.get("content-type")?.includes("json")) {
      const said = await answer.json();
      field("version").value = said.version;
      // Another sender signs otherwise. What was typed meanwhile stays; the next time of saving says it again.
      if (said.signed && data.get("html") === field("html").value) {
        if (said.html != null) editor.put(said.html);
        field("signed").value = said.signed;
      }
      status.textContent = said.said;
      return true;
    }
    if (answer?.status === 409) {
      stopped = true;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const notice = page.querySelector("form .notice.warn");
      if (notice) form.querySelector(".line").before(document.importNode(notice, true));
    }
    status.textContent = form.dataset.unsaved;
    return false;
  };

  // One saving at a time: each says which version it was made from.
  const saved = () => {
    clearTimeout(timer);
    running = (running ?? Promise.resolve()).then(() => (stopped ? false : save()));
    return running.finally(() => { if (!dirty) running = null; });
  };
  const later = () => {
    dirty = true;
    clearTimeout(timer);
    if (!stopped) timer = setTimeout(saved, QUIET);
  };

  // What was typed before this was here is kept as what comes after it.
  const early = [...form.querySelectorAll("input, textarea")].some((it) => it.type !== "file" && it.value !== it.defaultValue);
  const editor = edit(form, later, (file) => takeFiles.picture(form, file, saved));
  const look = () => {
    const { family, points } = field("account").selectedOptions[0]?.dataset ?? {};
    editor.look(family, points);
  };
  look();
  field("account").addEventListener("change", () => { look(); saved(); });
  form.addEventListener("input", (event) => { if (event.target.type !== "file") later(); });
  form.addEventListener("change", (event) => { if (event.target.matches("select, [type=checkbox]")) later(); });

  // What is being saved is waited for, so that the mail that goes is the one that stands here.
  form.addEventListener("submit", (event) => {
    clearTimeout(timer);
    editor.sync();
    if (!running) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const by = event.submitter;
    running.then(() => { running = null; form.requestSubmit(by); });
  }, true);

  takeFiles(form, saved);
  form.querySelectorAll("[data-people]").forEach((input) => complete(input, form.dataset.suggestions, later));
  if (early) later();
  form.classList.add("lively");
  // Who began to type before this was here goes on where they are: the rest of an address must not land in the letter.
  if (form.contains(document.activeElement)) return;
  const empty = [...form.querySelectorAll("#to, #subject")].find((input) => !input.value);
  if (empty && !field("source")) empty.focus();
  else editor.focus();
}
