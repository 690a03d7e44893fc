// The script of every page. Each page works without it; this makes it faster and livelier.
import "htmx.org";
import "./compose/begin.js";
import { listenForKeys } from "./page/keys.js";
import { listenForMail } from "./page/live.js";

listenForKeys();
if (document.getElementById("list")) listenForMail();
