//! HTML from strangers, made safe to show: the first line of defence; the page's sandbox and policy are the second.

use super::{PART_BREAK, bomb, css, html_of_text, text_of_html};
use ammonia::{Builder, UrlRelative};
use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
    sync::LazyLock,
};

/// Larger HTML is shown as text.
const SIZE_LIMIT: usize = 4 << 20;

/// HTML without anything that runs, asks or fetches: no script, style sheet, form, frame, SVG or MathML, no ids and no
/// remote pictures. Pictures of the message itself stay as `cid:` for the page to fill in, small `data:` pictures stay.
/// Links go to `http`, `https` and `mailto` only. Of classes only our own mark of a signature is left. The parts of a message are cleaned apart (see [`PART_BREAK`]).
pub fn safe_html(html: &str) -> String {
    if !html.contains(PART_BREAK) {
        return safe_part(html);
    }
    html.split(PART_BREAK).map(|part| format!("<div>{}</div>", safe_part(part))).collect()
}

/// The same with the addresses of remote pictures left in, for a reader who asked to see them. The caller puts something
/// of our own in the place of each: nobody's browser may ask a stranger's server for anything.
pub fn safe_html_with_remote_pictures(html: &str) -> String {
    let part = |part: &str| cleaned(part, &CLEANER_WITH_REMOTE_PICTURES);
    if !html.contains(PART_BREAK) {
        return part(html);
    }
    html.split(PART_BREAK).map(|it| format!("<div>{}</div>", part(it))).collect()
}

fn safe_part(html: &str) -> String {
    cleaned(html, &CLEANER)
}

fn cleaned(html: &str, cleaner: &Builder<'static>) -> String {
    if html.len() > SIZE_LIMIT || bomb::is_one(html) {
        return html_of_text(&text_of_html(html));
    }
    cleaner.clean(html).to_string()
}

static CLEANER: LazyLock<Builder<'static>> = LazyLock::new(|| cleaner(false));
static CLEANER_WITH_REMOTE_PICTURES: LazyLock<Builder<'static>> = LazyLock::new(|| cleaner(true));

fn cleaner(remote_pictures: bool) -> Builder<'static> {
    let tags = [
        "a",
        "abbr",
        "address",
        "article",
        "b",
        "bdi",
        "bdo",
        "big",
        "blockquote",
        "br",
        "caption",
        "center",
        "cite",
        "code",
        "col",
        "colgroup",
        "dd",
        "del",
        "dfn",
        "div",
        "dl",
        "dt",
        "em",
        "figcaption",
        "figure",
        "font",
        "footer",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "i",
        "img",
        "ins",
        "kbd",
        "li",
        "main",
        "mark",
        "nav",
        "ol",
        "p",
        "pre",
        "q",
        "rp",
        "rt",
        "ruby",
        "s",
        "samp",
        "section",
        "small",
        "span",
        "strike",
        "strong",
        "sub",
        "sup",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "time",
        "tr",
        "tt",
        "u",
        "ul",
        "var",
        "wbr",
    ];
    let everywhere = ["style", "title", "lang", "dir", "align", "valign", "bgcolor", "width", "height", "color"];
    let by_tag: HashMap<&str, HashSet<&str>> = HashMap::from([
        ("a", HashSet::from(["href"])),
        ("div", HashSet::from(["class"])),
        ("img", HashSet::from(["src", "alt", "border", "hspace", "vspace"])),
        ("font", HashSet::from(["face", "size"])),
        ("table", HashSet::from(["border", "cellpadding", "cellspacing", "summary"])),
        ("td", HashSet::from(["colspan", "rowspan", "nowrap"])),
        ("th", HashSet::from(["colspan", "rowspan", "nowrap"])),
        ("col", HashSet::from(["span"])),
        ("colgroup", HashSet::from(["span"])),
        ("ol", HashSet::from(["start", "type"])),
        ("ul", HashSet::from(["type"])),
    ]);
    let mut builder = Builder::empty();
    builder
        .tags(HashSet::from(tags))
        .clean_content_tags(HashSet::from([
            "script", "style", "title", "template", "svg", "math", "noframes", "iframe", "object",
        ]))
        .generic_attributes(HashSet::from(everywhere))
        .tag_attributes(by_tag)
        .url_schemes(HashSet::from(["http", "https", "mailto", "cid", "data"]))
        .url_relative(UrlRelative::Deny)
        .link_rel(Some("noopener nofollow"))
        .set_tag_attribute_value("a", "target", "_blank")
        .strip_comments(true)
        .attribute_filter(move |element, name, value| match (element, name) {
            ("img", "src") if remote_pictures && has_scheme(value, &["http:", "https:"]) => Some(Cow::Borrowed(value)),
            _ => attribute(element, name, value),
        });
    builder
}

fn attribute<'a>(element: &str, attribute: &str, value: &'a str) -> Option<Cow<'a, str>> {
    match (element, attribute) {
        (_, "style") => css::safe(value).map(Cow::Owned),
        (_, "class") => (value == "signature").then_some(Cow::Borrowed(value)),
        (_, "href") => has_scheme(value, &["http:", "https:", "mailto:"]).then_some(Cow::Borrowed(value)),
        ("img", "src") => is_own_picture(value).then_some(Cow::Borrowed(value)),
        _ if value.len() > 2000 => None,
        _ => Some(Cow::Borrowed(value)),
    }
}

fn has_scheme(value: &str, schemes: &[&str]) -> bool {
    let value = value.trim_start();
    schemes.iter().any(|scheme| value.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme)))
}

/// A picture that comes with the message.
fn is_own_picture(value: &str) -> bool {
    let raster =
        ["data:image/png;base64,", "data:image/jpeg;base64,", "data:image/gif;base64,", "data:image/webp;base64,"];
    has_scheme(value, &["cid:"]) || has_scheme(value, &raster)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_keep_their_looks() {
        let html =
            "<p align=\"center\" style=\"color: red\">Dag <b>Jan</b><br><img src=\"cid:logo@x\" alt=\"logo\"></p>";
        assert_eq!(safe_html(html), html);
    }

    #[test]
    fn nothing_runs_asks_or_fetches() {
        for bad in [
            "<script>alert(1)</script>",
            "<img src=x onerror=alert(1)>",
            "<svg onload=alert(1)><script>1</script></svg>",
            "<math><mi xlink:href=\"javascript:alert(1)\">x</mi></math>",
            "<a href=\"javascript:alert(1)\">x</a>",
            "<a href=\" java\nscript:alert(1)\">x</a>",
            "<iframe srcdoc=\"<script>1</script>\"></iframe>",
            "<form action=//x><input name=q></form>",
            "<img src=\"https://x.nl/pixel.gif\">",
            "<img src=\"//x.nl/p.gif\">",
            "<img srcset=\"https://x.nl/p.gif 1x\">",
            "<table background=\"https://x.nl/p.gif\"><tr><td>1</td></tr></table>",
            "<div style=\"background:url(https://x.nl)\">x</div>",
            "<style>@import url(https://x.nl)</style>",
            "<link rel=stylesheet href=https://x.nl>",
            "<meta http-equiv=refresh content=\"0;url=https://x.nl\">",
            "<base href=https://x.nl>",
            "<video poster=https://x.nl/p></video>",
            "<p id=login class=x name=y>1</p>",
            "<div class=\"menu signature\">1</div>",
            "<img src=\"data:text/html,<script>1</script>\">",
            "<img src=\"data:image/svg+xml;base64,AAAA\">",
            "<a href=\"data:text/html,x\">x</a>",
            "<object data=https://x.nl></object>",
            "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">",
            "<button formaction=javascript:1>x</button>",
            "<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=1 onerror=alert(1)&gt;\">",
        ] {
            let safe = safe_html(bad);
            for word in [
                "javascript:",
                "onerror=a",
                "onload",
                "x.nl",
                "<script",
                "<svg",
                "<math",
                "<form",
                "<input",
                "<iframe",
                "data:text",
                "svg+xml",
                " id=",
                " class=",
                " name=",
                "formaction",
                "<style",
            ] {
                let escaped = safe.contains("&lt;img") && word == "onerror=a";
                assert!(escaped || !safe.contains(word), "{bad} became {safe}");
            }
        }
    }

    #[test]
    fn a_remote_picture_is_kept_only_for_who_asked() {
        let html =
            "<img src=\"https://x.nl/p.gif?a=1&amp;b=2\" onerror=\"alert(1)\"><p background=\"https://x.nl/b\">x</p>";
        let kept = safe_html_with_remote_pictures(html);
        assert_eq!(kept, "<img src=\"https://x.nl/p.gif?a=1&amp;b=2\"><p>x</p>");
        assert!(!safe_html(html).contains("x.nl"));
    }

    #[test]
    fn links_lead_out_without_telling_who_came() {
        let safe = safe_html("<a href=\"https://x.nl/\" target=\"top\">x</a>");
        assert_eq!(safe, "<a href=\"https://x.nl/\" target=\"_blank\" rel=\"noopener nofollow\">x</a>");
    }

    #[test]
    fn parts_are_cleaned_apart() {
        let html = format!("<img src=\"https://x.nl/?{PART_BREAK}geheim <b>tekst</b>\">");
        let safe = safe_html(&html);
        assert!(safe.contains("geheim <b>tekst</b>") && !safe.contains("x.nl"), "{safe}");
    }
}
