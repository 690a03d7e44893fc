// A server that does not answer, or a web server in front of it that answers instead: said, where nothing would happen or the
// reader's page would give way to what is none of ours.
function tell() {
  const notices = document.getElementById("notices");
  const told = Object.assign(document.createElement("p"), { id: "unreachable", className: "notice bad", textContent: notices.dataset.unreachable });
  told.setAttribute("role", "alert");
  notices.replaceChildren(told);
}

export function tellWhenUnreachable() {
  document.addEventListener("htmx:error", ({ detail }) => {
    // A mistake in a page is another matter.
    if (detail.ctx && !detail.ctx.response) tell();
  });
  document.addEventListener("htmx:before:response", (event) => {
    const { status, headers } = event.detail.ctx.response;
    // What went wrong with us is told by us, there.
    if (status < 500 || headers.has("hx-retarget")) return document.getElementById("unreachable")?.remove();
    event.preventDefault();
    tell();
  });
}
