// Files: chosen or dropped, sent up while one goes on writing, with a bar that says how far it is.
const send = (form, file, shown, saved, progress) => saved().then((is) => new Promise((done) => {
  if (!is) return done(null);
  const data = new FormData();
  data.set("csrf", form.elements.namedItem("csrf").value);
  if (shown) data.set("shown", "1");
  data.set("file", file, file.name || "afbeelding.png");
  const draft = form.elements.namedItem("draft").value;
  const request = new XMLHttpRequest();
  request.open("POST", `/drafts/${draft}/attachments`);
  request.upload.onprogress = (event) => { if (event.lengthComputable) progress(event.loaded / event.total); };
  request.onloadend = () => {
    if (request.status !== 200) return done(null);
    const [kept] = JSON.parse(request.responseText);
    done(kept && { ...kept, at: `/drafts/${draft}/attachments/${kept.n}` });
  };
  request.send(data);
}));

export function takeFiles(form, saved) {
  const list = form.querySelector("[data-files] ul");
  const input = form.querySelector("[name=files]");
  let turn = Promise.resolve();
  const take = (file) => {
    const line = document.createElement("li");
    line.className = "file";
    const bar = document.createElement("progress");
    bar.max = 1;
    bar.value = 0;
    bar.setAttribute("aria-label", file.name);
    line.append(file.name, " ", bar);
    list.append(line);
    turn = turn.then(() => send(form, file, false, saved, (part) => { bar.value = part; })).then((kept) => {
      if (!kept) {
        const words = document.createElement("span");
        words.className = "wrong";
        words.textContent = form.dataset.failed;
        return bar.replaceWith(words);
      }
      const link = document.createElement("a");
      link.href = kept.at;
      link.download = "";
      link.textContent = kept.name;
      const size = document.createElement("span");
      size.className = "quiet small";
      size.textContent = ` ${kept.size}`;
      const remove = document.createElement("button");
      remove.className = "bare";
      remove.name = "action";
      remove.value = `remove-${kept.n}`;
      remove.textContent = "×";
      remove.setAttribute("aria-label", form.dataset.remove.replace("{}", kept.name));
      line.replaceChildren(link, size, remove);
      form.querySelector("[data-forgotten]")?.remove();
    });
  };
  input.addEventListener("change", () => {
    [...input.files].forEach(take);
    input.value = "";
  });
  const carries = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
  form.addEventListener("dragover", (event) => {
    if (!carries(event)) return;
    event.preventDefault();
    form.classList.add("dropping");
  }, true);
  form.addEventListener("dragleave", (event) => { if (!form.contains(event.relatedTarget)) form.classList.remove("dropping"); });
  form.addEventListener("drop", (event) => {
    if (!carries(event)) return;
    event.preventDefault();
    event.stopPropagation();
    form.classList.remove("dropping");
    [...event.dataTransfer.files].forEach(take);
  }, true);
  // Who sends while a file is on its way waits for it.
  form.addEventListener("submit", (event) => {
    if (!form.querySelector("[data-files] progress")) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const by = event.submitter;
    turn.then(() => form.requestSubmit(by));
  }, true);
}

// A picture for the text itself.
takeFiles.picture = (form, file, saved) => send(form, file, true, saved, () => {});
