//! The body of a stranger's mail: plain text in our own page, HTML for the box it is shown in.

use super::Say;
use std::fmt::Write;

/// A stretch of plain text: somebody's own words, or what they quote.
pub(super) struct Piece {
    pub(super) quoted: bool,
    /// Escaped, with its addresses as links.
    pub(super) html: String,
}

/// So many quoted lines in a row are folded; fewer are read in passing.
const FOLDED_FROM: usize = 4;

/// Plain text in pieces.
pub(super) fn pieces(text: &str) -> Vec<Piece> {
    let mut runs: Vec<(bool, Vec<&str>)> = Vec::new();
    for line in text.trim_end().lines() {
        let quoted = line.starts_with('>');
        match runs.last_mut() {
            Some((was, lines)) if *was == quoted => lines.push(line),
            _ => runs.push((quoted, vec![line])),
        }
    }
    let piece = |(quoted, lines): (bool, Vec<&str>)| Piece {
        quoted: quoted && lines.len() >= FOLDED_FROM,
        html: linked(&lines.join("\n")),
    };
    runs.into_iter().map(piece).collect()
}

/// The text escaped, with what begins with `http://` or `https://` as a link that says where it goes.
fn linked(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    let mut rest = text;
    while let Some(at) = rest.find("http").filter(|_| rest.contains("://")) {
        let (before, tail) = rest.split_at(at);
        out.push_str(&escaped(before));
        let end = tail.find(|c: char| c.is_whitespace() || "<>\"'()[]{}|\\^`".contains(c)).unwrap_or(tail.len());
        let word = tail[..end].trim_end_matches(['.', ',', ';', ':', '!', '?']);
        if word.starts_with("http://") || word.starts_with("https://") {
            let address = escaped(word);
            let _ = write!(
                out,
                "<a href=\"{address}\" target=\"_blank\" rel=\"noopener noreferrer nofollow\">{address}</a>"
            );
            rest = &tail[word.len()..];
        } else {
            out.push_str("http");
            rest = &tail[4..];
        }
    }
    out + &escaped(rest)
}

pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for letter in text.chars() {
        match letter {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(letter),
        }
    }
    out
}

/// The addresses of the pictures from elsewhere in HTML that was cleaned with them left in.
pub(super) fn remote_pictures(html: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for piece in html.split("src=\"http").skip(1) {
        let address = format!("http{}", piece.split('"').next().unwrap_or_default()).replace("&amp;", "&");
        if !found.contains(&address) {
            found.push(address);
        }
    }
    found
}

/// Puts what we fetched in the place of each picture's address, and nothing in the place of the others.
pub(super) fn with_fetched(html: &str, picture: impl Fn(&str) -> Option<String>) -> String {
    let mut out = String::with_capacity(html.len());
    let mut rest = html;
    while let Some((before, tail)) = rest.split_once("src=\"http") {
        let (address, after) = tail.split_once('"').unwrap_or((tail, ""));
        let address = format!("http{address}").replace("&amp;", "&");
        let _ = write!(out, "{before}src=\"{}\"", picture(&address).unwrap_or_default());
        rest = after;
    }
    out + rest
}

/// How the box looks: the sender's own colours on white, because mail is written for white paper.
const STYLE: &str = "html{background:#fff;color:#1c2124;font:15px/1.6 system-ui,'Segoe UI',Roboto,'Noto Sans',sans-serif}\
    body{margin:0;overflow-wrap:break-word}img{max-width:100%;height:auto}table{max-width:100%}\
    pre{white-space:pre-wrap}summary{cursor:pointer;color:#5a646b;font-size:13px;margin:8px 0}\
    .elsewhere{background:#fdf1dc;color:#6b4000;font-size:12px;padding:0 4px;border-radius:3px;margin-left:4px}";

/// The document in the box. `html` has been through `display::safe_html`; `picture` gives a picture of the message itself
/// as a `data:` address.
pub(super) fn document(html: &str, say: Say, picture: impl Fn(&str) -> Option<String>) -> String {
    let html = with_own_pictures(html, picture);
    let html = with_honest_links(&html, say);
    let html = with_folded_quotes(&html, say);
    format!("<!doctype html><meta charset=\"utf-8\"><title>-</title><style>{STYLE}</style><body>{html}</body>")
}

/// The same for paper, where nothing can be unfolded.
pub(super) fn on_paper(html: &str, say: Say, picture: impl Fn(&str) -> Option<String>) -> String {
    with_honest_links(&with_own_pictures(html, picture), say)
}

/// Puts the pictures that came with the message in the place of their names.
fn with_own_pictures(html: &str, picture: impl Fn(&str) -> Option<String>) -> String {
    let mut out = String::with_capacity(html.len());
    let mut rest = html;
    while let Some((before, tail)) = rest.split_once("src=\"cid:") {
        let (name, after) = tail.split_once('"').unwrap_or((tail, ""));
        let _ = write!(out, "{before}src=\"{}\"", picture(name).unwrap_or_default());
        rest = after;
    }
    out + rest
}

/// Says where a link goes when its text names another host.
fn with_honest_links(html: &str, say: Say) -> String {
    let mut out = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(at) = rest.find("<a href=\"") {
        let (before, tail) = rest.split_at(at + 9);
        let Some(end) = tail.find("</a>") else { break };
        let (link, after) = tail.split_at(end + 4);
        out.push_str(before);
        out.push_str(link);
        let (address, inside) = link.split_once('"').unwrap_or((link, ""));
        let text = inside.split_once('>').map_or("", |(_, text)| text);
        if let (Some(goes), Some(says)) = (host(address), claimed_host(&plain(text)))
            && goes != says
            && !goes.ends_with(&format!(".{says}"))
        {
            let _ = write!(out, "<span class=\"elsewhere\">{}</span>", escaped(&say.goes_to(goes)));
        }
        rest = after;
    }
    out + rest
}

fn plain(html: &str) -> String {
    let mut text = String::new();
    for piece in html.split('<') {
        text.push_str(piece.split_once('>').map_or(if text.is_empty() { piece } else { "" }, |(_, text)| text));
    }
    text
}

fn host(address: &str) -> Option<String> {
    let (scheme, rest) = address.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?.rsplit('@').next()?;
    let host = authority.split(':').next()?.trim_start_matches("www.").to_lowercase();
    (scheme.starts_with("http") && !host.is_empty()).then_some(host)
}

/// The host that a link's text claims to lead to, when it looks like an address of the web.
fn claimed_host(text: &str) -> Option<String> {
    let text = text.trim();
    let bare = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")).unwrap_or(text);
    let name = bare.split(['/', '?', '#', ':']).next()?.trim_start_matches("www.").to_lowercase();
    let labels: Vec<&str> = name.split('.').collect();
    let is_name = |label: &&str| !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-');
    let top_is_letters = labels.last().is_some_and(|top| top.len() >= 2 && top.chars().all(char::is_alphabetic));
    (labels.len() >= 2 && top_is_letters && labels.iter().all(is_name)).then_some(name)
}

/// Folds what is quoted: it is there, but not in the way.
fn with_folded_quotes(html: &str, say: Say) -> String {
    const OPEN: &str = "<blockquote";
    const CLOSE: &str = "</blockquote>";
    let mut out = String::with_capacity(html.len() + 100);
    let mut rest = html;
    while let Some(begin) = rest.find(OPEN) {
        let (mut depth, mut at) = (0usize, begin);
        let end = loop {
            let next_open = rest[at..].find(OPEN).map(|found| at + found);
            let Some(next_close) = rest[at..].find(CLOSE).map(|found| at + found) else { break rest.len() };
            match next_open {
                Some(open) if open < next_close => {
                    depth += 1;
                    at = open + OPEN.len();
                }
                _ => {
                    depth = depth.saturating_sub(1);
                    at = next_close + CLOSE.len();
                    if depth == 0 {
                        break at;
                    }
                }
            }
        };
        let _ = write!(
            out,
            "{}<details><summary>{}</summary>{}</details>",
            &rest[..begin],
            say.quoted_text(),
            &rest[begin..end]
        );
        rest = &rest[end..];
    }
    out + rest
}

/// How high the box should be, in pixels: nobody can measure what is inside, so this is read off the words.
pub(super) fn height(html: &str) -> usize {
    let shown = html.split("<blockquote").next().unwrap_or(html);
    let text = mail::display::text_of_html(shown);
    let lines: usize = text.lines().map(|line| 1 + line.chars().count() / 75).sum();
    let pictures = shown.matches("<img").count();
    let tables = shown.matches("<tr").count();
    (64 + lines * 25 + pictures * 96 + tables * 8).clamp(112, 6000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use mailroom::words::Language;

    const SAY: Say = Say(Language::English);

    #[test]
    fn text_can_not_become_markup() {
        let pieces = pieces("<script>alert(1)</script> \"x\" https://x.nl/?a=1&b=\"onload=1");
        assert_eq!(pieces.len(), 1);
        assert!(!pieces[0].html.contains("<script"));
        assert!(pieces[0].html.contains("href=\"https://x.nl/?a=1&amp;b=\""), "{}", pieces[0].html);
    }

    #[test]
    fn a_long_quotation_is_folded_and_a_short_one_is_not() {
        let found = pieces("Ja\n> een\n> twee\nNee\n> 1\n> 2\n> 3\n> 4\nGroet");
        let folded: Vec<bool> = found.iter().map(|piece| piece.quoted).collect();
        assert_eq!(folded, [false, false, false, true, false]);
    }

    #[test]
    fn a_link_that_says_another_host_than_it_goes_to_is_marked() {
        let lie = "<a href=\"https://kwaad.example/x\" rel=\"nofollow\"><b>https://www.bank.nl</b></a>";
        assert!(document(lie, SAY, |_| None).contains("goes to kwaad.example"));
        for honest in [
            "<a href=\"https://www.bank.nl/inloggen\">bank.nl</a>",
            "<a href=\"https://mijn.bank.nl/\">https://bank.nl/</a>",
            "<a href=\"https://elders.example/\">klik hier</a>",
            "<a href=\"mailto:jan@x.nl\">x.nl</a>",
        ] {
            assert!(!document(honest, SAY, |_| None).contains("class=\"elsewhere\""), "{honest}");
        }
    }

    #[test]
    fn quotations_within_quotations_fold_once_and_nothing_is_lost() {
        let html = "<p>a</p><blockquote>b<blockquote>c</blockquote>d</blockquote><p>e</p><blockquote>f</blockquote>";
        let page = with_folded_quotes(html, SAY);
        assert_eq!(page.matches("<details>").count(), 2);
        for letter in ["<p>a</p>", "b<blockquote>c", "</blockquote>d</blockquote></details>", "<p>e</p>", ">f<"] {
            assert!(page.contains(letter), "{letter} is lost in {page}");
        }
    }

    #[test]
    fn no_address_of_a_picture_is_left() {
        let html = "<img src=\"https://a.nl/1?x=1&amp;y=2\"><img src=\"http://b.nl/2\" alt=\"2\">";
        assert_eq!(remote_pictures(html), ["https://a.nl/1?x=1&y=2", "http://b.nl/2"]);
        let filled =
            with_fetched(html, |address| address.starts_with("https").then(|| "data:image/gif;base64,AA".into()));
        assert_eq!(filled, "<img src=\"data:image/gif;base64,AA\"><img src=\"\" alt=\"2\">");
    }

    #[test]
    fn pictures_of_the_message_itself_are_put_in_their_place() {
        let html = "<img src=\"cid:logo@x\" alt=\"logo\"><img src=\"cid:weg\">";
        let page = document(html, SAY, |name| (name == "logo@x").then(|| "data:image/png;base64,AA".to_owned()));
        assert!(page.contains("src=\"data:image/png;base64,AA\" alt=\"logo\""), "{page}");
        assert!(!page.contains("cid:"));
    }
}
