// The signature of a mailbox, in the same editor as letters, and in the font that is chosen for them.
import { edit } from "./editor.js";

export function begin(form) {
  const [font, size] = ["font", "font_size"].map((name) => form.elements.namedItem(name));
  const editor = edit(form, () => {}, async () => null);
  const look = () => editor.look(font.selectedOptions[0]?.dataset.family, size.value);
  look();
  form.addEventListener("change", look);
  form.addEventListener("submit", editor.sync, true);
}
