// The editor: Squire, with everything that comes into it cleaned by DOMPurify. The server cleans again.
import DOMPurify from "dompurify";
import Squire from "squire-rte";

const TAGS = ["a", "b", "blockquote", "br", "code", "div", "em", "h1", "h2", "h3", "hr", "i", "img", "li", "ol", "p", "pre", "s", "span",
  "strong", "sub", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "u", "ul"];
const ATTRIBUTES = ["href", "src", "alt", "colspan", "rowspan", "align", "valign", "border", "width", "height", "cellpadding", "cellspacing"];

// What comes from the server was made safe there, and keeps its looks and the mark of a signature; what is pasted does not.
const clean = (html, own) => {
  const fragment = DOMPurify.sanitize(html, {
    ALLOWED_TAGS: own ? [...TAGS, "font", "small", "center"] : TAGS,
    ALLOWED_ATTR: own ? [...ATTRIBUTES, "class", "style", "color"] : ATTRIBUTES, ALLOW_DATA_ATTR: false, ALLOW_ARIA_ATTR: false,
    RETURN_DOM_FRAGMENT: true, WHOLE_DOCUMENT: false,
    ALLOWED_URI_REGEXP: /^(?:https?:|mailto:|cid:|data:image\/(?:png|jpeg|gif|webp);base64,|\/drafts\/)/i,
  });
  // A picture of another place would be fetched by whoever reads it: only what goes with the mail stays.
  fragment.querySelectorAll("img").forEach((img) => {
    if (!/^(cid:|data:|\/drafts\/)/.test(img.getAttribute("src") ?? "")) img.remove();
  });
  // Word and Excel say in style sheets what a table looks like; here it keeps its lines.
  fragment.querySelectorAll("table").forEach((table) => {
    table.setAttribute("border", "1");
    table.setAttribute("cellpadding", "4");
    table.setAttribute("cellspacing", "0");
  });
  const looks = [...fragment.querySelectorAll("[style]")].map((it) => {
    const look = it.getAttribute("style");
    it.removeAttribute("style");
    return [it, look];
  });
  const taken = document.adoptNode(fragment);
  // Our policy stops style attributes that are parsed, and not a style that is set.
  for (const [it, look] of looks) it.style.cssText = look;
  return taken;
};

export function edit(form, changed, sendPicture) {
  const plain = form.querySelector("[data-plain]");
  const kept = form.querySelector("[data-html]");
  const tools = form.querySelector("[data-tools]");
  const pictures = new Map();
  form.querySelectorAll("[data-cid]").forEach((it) => pictures.set(it.dataset.cid, it.dataset.at));

  const root = document.createElement("div");
  root.className = "editor";
  root.setAttribute("role", "textbox");
  root.setAttribute("aria-multiline", "true");
  root.setAttribute("aria-label", form.dataset.label);
  plain.after(root);
  // What somebody typed before this was here stands before the rest.
  const typing = document.activeElement === plain;
  const [now, given] = [plain.value, plain.defaultValue];
  const typed = now !== given && now.endsWith(given) ? now.slice(0, now.length - given.length) : "";
  plain.hidden = plain.disabled = true;
  form.querySelector(`label[for=${plain.id}]`)?.remove();
  kept.disabled = false;
  tools.hidden = false;

  let own = false;
  const editor = new Squire(root, { sanitizeToDOMFragment: (html) => clean(html, own), blockTag: "DIV", addLinks: true });
  const escaped = (text) => { const it = document.createElement("i"); it.textContent = text; return it.innerHTML; };
  const lines = (text) => text.split("\n").map((line) => `<div>${escaped(line).replace(/ $/, "&nbsp;") || "<br>"}</div>`).join("");
  const put = (html) => {
    for (const [cid, at] of pictures) html = html.replaceAll(`"cid:${cid}"`, `"${at}"`);
    own = true;
    editor.setHTML(html);
    own = false;
    editor.moveCursorToStart();
  };
  const formed = kept.value.trim() !== "";
  if (typed) put(lines(typed) + (formed ? kept.value : lines(given)));
  else put(formed && now === given ? kept.value : lines(now));
  if (typing) {
    // Where their cursor was, as far as the text stands here line by line as it stood there.
    const at = plain.selectionStart;
    const same = typed || (formed && now === given ? "" : now);
    const before = same.slice(0, at).split("\n");
    const line = at <= same.length && root.children[before.length - 1];
    if (same && line) {
      const range = document.createRange();
      const words = line.firstChild instanceof Text ? line.firstChild : line;
      range.setStart(words, words === line ? 0 : Math.min(before.at(-1).length, words.length));
      editor.setSelection(range);
    } else if (at === now.length) editor.moveCursorToEnd();
    editor.focus();
  }

  const sync = () => {
    let html = editor.getHTML();
    for (const [cid, at] of pictures) html = html.replaceAll(`"${at}"`, `"cid:${cid}"`);
    kept.value = html;
  };
  sync();
  editor.addEventListener("input", () => { sync(); changed(); });

  const picture = async (file) => {
    const sent = await sendPicture(file);
    if (!sent) return;
    pictures.set(sent.content_id, sent.at);
    editor.insertImage(sent.at, { alt: sent.name });
    sync();
    changed();
  };
  editor.addEventListener("pasteImage", (event) => {
    const items = [...(event.detail?.clipboardData?.items ?? [])];
    items.filter((item) => item.type.startsWith("image/")).forEach((item) => picture(item.getAsFile()));
  });

  const on = { bold: "B", italic: "I", underline: "U", bullets: "UL", numbers: "OL", quote: "BLOCKQUOTE", link: "A" };
  const has = (tag) => editor.hasFormat(tag) || (tag === "B" && editor.hasFormat("STRONG")) || (tag === "I" && editor.hasFormat("EM"));
  const within = (tag) => new RegExp(`(^|>)${tag}`).test(editor.getPath());
  const row = tools.querySelector("[data-link]");
  const address = tools.querySelector("[data-address]");
  const linkButton = tools.querySelector("[data-do=link]");
  const open = (is) => {
    row.hidden = !is;
    linkButton.setAttribute("aria-expanded", String(is));
    if (is) address.focus();
  };
  const deeds = {
    bold: () => (has("B") ? editor.removeBold() : editor.bold()),
    italic: () => (has("I") ? editor.removeItalic() : editor.italic()),
    underline: () => (has("U") ? editor.removeUnderline() : editor.underline()),
    bullets: () => (within("UL") ? editor.removeList() : editor.makeUnorderedList()),
    numbers: () => (within("OL") ? editor.removeList() : editor.makeOrderedList()),
    quote: () => (within("BLOCKQUOTE") ? editor.decreaseQuoteLevel() : editor.increaseQuoteLevel()),
    clear: () => editor.removeAllFormatting(),
    link: () => (has("A") ? editor.removeLink() : open(row.hidden)),
    "put-link": () => {
      const typed = address.value.trim();
      open(false);
      if (!typed) return editor.focus();
      const url = /^(https?:|mailto:)/i.test(typed) ? typed : typed.includes("@") ? `mailto:${typed}` : `https://${typed}`;
      address.value = "";
      editor.focus();
      editor.getSelection().collapsed ? editor.insertHTML(`<a href="${escaped(url).replaceAll('"', "%22")}">${escaped(typed)}</a>`) : editor.makeLink(url);
    },
  };
  const mark = () => tools.querySelectorAll("[data-do]").forEach((button) => {
    const tag = on[button.dataset.do];
    if (tag && button.dataset.do !== "link") button.setAttribute("aria-pressed", String(has(tag) || within(tag)));
  });
  // The place in the text is not lost by pressing a button.
  tools.addEventListener("mousedown", (event) => { if (event.target.closest("button")) event.preventDefault(); });
  tools.addEventListener("click", (event) => {
    const button = event.target.closest("[data-do]");
    if (!button) return;
    deeds[button.dataset.do]();
    if (!["link"].includes(button.dataset.do)) editor.focus();
    mark();
    sync();
    changed();
  });
  address.addEventListener("keydown", (event) => {
    if (event.key === "Enter") { event.preventDefault(); deeds["put-link"](); sync(); changed(); }
    if (event.key === "Escape") { open(false); editor.focus(); }
  });
  editor.addEventListener("pathChange", mark);
  editor.addEventListener("select", mark);
  mark();
  const look = (family, points) => {
    root.style.fontFamily = family ?? "";
    root.style.fontSize = points ? `${points}pt` : "";
  };
  return { sync, look, put: (html) => { put(html); sync(); }, focus: () => editor.focus() };
}
