// The script of every page. Each page works without it; this makes it faster and livelier.
import "htmx.org";
import "./compose/begin.js";
import { offerCopies } from "./page/copy.js";
import { listenForChoice } from "./page/choose.js";
import { listenForKeys } from "./page/keys.js";
import { listenForMail } from "./page/live.js";
import { listen, offerNotices } from "./page/notices.js";
import { takePart } from "./page/team.js";
import { tellWhenUnreachable } from "./page/unreachable.js";

listenForKeys();
offerCopies();
// Where one is stays in sight in a bar that is wider than the screen.
for (const here of document.querySelectorAll(".tabs [aria-current]")) here.scrollIntoView({ block: "nearest", inline: "center" });
// On a page with one question one can begin to type; elsewhere at what was wrong. Who began already is left alone.
if (document.activeElement === document.body) {
  (document.querySelector("[aria-invalid=true]") ?? document.querySelector("body.plain form input:not([type=hidden])"))?.focus();
}
listenForChoice();
const news = !!document.getElementById("list");
const stream = listen(news);
if (news) listenForMail(stream);
offerNotices();
takePart();
tellWhenUnreachable();
