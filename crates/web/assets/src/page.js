// The script of every page. Each page works without it; this makes it faster and livelier.
import "htmx.org";
