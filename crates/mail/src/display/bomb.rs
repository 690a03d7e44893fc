//! Finds HTML whose tree would take far more time or memory than any letter needs, before the tree is built.
//!
//! A browser's rules (HTML standard §13.2.6) have three costs that grow faster than the text: a tag may look through all
//! open elements; formatting that was not closed is opened again in every block; attributes are compared with each other.
//! This walks the tags by a rough form of the same rules and adds the costs up. Where it is not exact it counts too much.

use memchr::memchr;

/// Open elements at one time.
const DEPTH_LIMIT: usize = 2_000;
/// Looks at open elements, and bytes of tags.
const WORK_LIMIT: usize = 60_000_000;
/// Formatting elements that are opened again.
const REPEAT_LIMIT: usize = 500_000;
/// Attributes of one tag.
const ATTRIBUTE_LIMIT: usize = 500;
/// Each further `<html>` or `<body>` adds its attributes to the first one.
const ROOT_LIMIT: usize = 50;

const FORMATTING: [&str; 14] =
    ["a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u"];
/// Elements without an end tag, or that the next of their kind closes.
const UNCLOSED: [&str; 19] = [
    "area", "base", "br", "col", "dd", "dt", "embed", "frame", "hr", "img", "input", "li", "link", "meta", "option",
    "p", "param", "source", "wbr",
];
const CELLS: [&str; 3] = ["caption", "td", "th"];
const ROWS: [&str; 5] = ["colgroup", "tbody", "tfoot", "thead", "tr"];
/// End tags don't reach through these.
const WALLS: [&str; 5] = ["applet", "button", "marquee", "object", "template"];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Unclosed,
    Root,
    Formatting,
    Cell,
    Row,
    Table,
    Wall,
    Ordinary,
}

fn kind(name: &[u8]) -> Kind {
    let is_one_of = |list: &[&str]| list.iter().any(|known| known.as_bytes() == name);
    match name {
        b"table" => Kind::Table,
        b"html" | b"body" => Kind::Root,
        _ if is_one_of(&UNCLOSED) => Kind::Unclosed,
        _ if is_one_of(&FORMATTING) => Kind::Formatting,
        _ if is_one_of(&CELLS) => Kind::Cell,
        _ if is_one_of(&ROWS) => Kind::Row,
        _ if is_one_of(&WALLS) => Kind::Wall,
        _ => Kind::Ordinary,
    }
}

/// A tag's name, lower case and cut; names that differ only behind the cut count as one.
type Name = [u8; 12];

#[derive(Default)]
struct Walk {
    open: Vec<(Name, Kind)>,
    /// Formatting that was opened and not closed; `None` where a cell or a wall begins.
    formatting: Vec<Option<Name>>,
    work: usize,
    repeats: usize,
    roots: usize,
}

/// Whether the HTML should not be made into a tree.
pub(super) fn is_one(html: &str) -> bool {
    let html = html.as_bytes();
    let mut walk = Walk::default();
    let mut at = 0;
    while let Some(found) = html.get(at..).and_then(|rest| memchr(b'<', rest)) {
        at += found + 1;
        let closing = html.get(at) == Some(&b'/');
        let rest = &html[at + usize::from(closing)..];
        if !rest.first().is_some_and(u8::is_ascii_alphabetic) {
            continue;
        }
        let mut name = Name::default();
        for (place, byte) in rest.iter().take(name.len()).take_while(|byte| byte.is_ascii_alphanumeric()).enumerate() {
            name[place] = byte.to_ascii_lowercase();
        }
        let length = name.iter().position(|byte| *byte == 0).unwrap_or(name.len());
        let kind = kind(&name[..length]);
        if walk.has_too_many_attributes(rest) {
            return true;
        }
        let formatting = walk.formatting.iter().rev().take_while(|entry| entry.is_some()).count();
        walk.repeats += formatting;
        walk.work += formatting;
        if closing {
            walk.close(name, kind)
        } else {
            walk.start(name, kind)
        }
        let deep = walk.open.len() > DEPTH_LIMIT || walk.roots > ROOT_LIMIT;
        if deep || walk.work > WORK_LIMIT || walk.repeats > REPEAT_LIMIT {
            return true;
        }
    }
    false
}

impl Walk {
    fn start(&mut self, name: Name, kind: Kind) {
        self.work += self.open.len();
        match kind {
            Kind::Unclosed => {}
            Kind::Root => self.roots += 1,
            Kind::Row => self.end_cell(),
            Kind::Cell => {
                self.end_cell();
                if self.open.iter().any(|(_, kind)| *kind == Kind::Table) {
                    self.open.push((name, kind));
                    self.formatting.push(None);
                }
            }
            Kind::Wall => {
                self.open.push((name, kind));
                self.formatting.push(None);
            }
            Kind::Formatting => {
                self.open.push((name, kind));
                self.formatting.push(Some(name));
            }
            Kind::Table | Kind::Ordinary => self.open.push((name, kind)),
        }
    }

    fn close(&mut self, name: Name, kind: Kind) {
        self.work += self.open.len();
        match kind {
            Kind::Unclosed | Kind::Root => {}
            Kind::Cell | Kind::Row => self.end_cell(),
            Kind::Table => {
                if let Some(table) = self.open.iter().rposition(|(_, kind)| *kind == Kind::Table) {
                    self.shorten(table);
                }
            }
            Kind::Wall | Kind::Formatting | Kind::Ordinary => {
                let reach =
                    self.open.iter().rposition(|(_, kind)| matches!(kind, Kind::Table | Kind::Cell | Kind::Wall));
                let found = self.open.iter().rposition(|(open, _)| *open == name);
                // What stands outside of the cell or wall that we are in is not closed from here.
                let Some(place) = found.filter(|place| reach.is_none_or(|wall| *place >= wall)) else {
                    if found.is_none() {
                        self.forget(name);
                    }
                    return;
                };
                self.shorten(place);
                if kind == Kind::Formatting {
                    self.forget(name);
                }
            }
        }
    }

    /// Ends the cell of the innermost table, if one is open.
    fn end_cell(&mut self) {
        let place = self.open.iter().rposition(|(_, kind)| matches!(kind, Kind::Cell | Kind::Table));
        if let Some(place) = place.filter(|place| self.open[*place].1 == Kind::Cell) {
            self.shorten(place);
        }
    }

    /// Takes off all elements from `place` on. The formatting of a cell ends with it; other formatting lives on.
    fn shorten(&mut self, place: usize) {
        for (_, kind) in self.open.drain(place..) {
            if matches!(kind, Kind::Cell | Kind::Wall) {
                while self.formatting.pop().flatten().is_some() {}
            }
        }
    }

    fn forget(&mut self, name: Name) {
        let from = self.formatting.iter().rposition(Option::is_none).map_or(0, |wall| wall + 1);
        if let Some(place) = self.formatting[from..].iter().rposition(|entry| *entry == Some(name)) {
            self.formatting.remove(from + place);
        }
    }

    /// Reads a tag from its name on; the bytes read count as work, because tags can be made to overlap.
    fn has_too_many_attributes(&mut self, tag: &[u8]) -> bool {
        let is_space = |byte: &u8| byte.is_ascii_whitespace() || *byte == b'/';
        let mut at = tag.iter().position(|byte| is_space(byte) || *byte == b'>').unwrap_or(tag.len());
        let mut count = 0;
        let mut after_equals = false;
        while let Some(byte) = tag.get(at).filter(|byte| **byte != b'>') {
            if count > ATTRIBUTE_LIMIT || self.work + at > WORK_LIMIT {
                return true;
            }
            at += 1;
            match byte {
                b'"' | b'\'' if after_equals => {
                    at += memchr(*byte, &tag[at..]).map_or(tag.len() - at, |end| end + 1);
                    after_equals = false;
                }
                b'=' => after_equals = true,
                byte if is_space(byte) => {}
                _ => {
                    count += usize::from(!after_equals);
                    let ends = |byte: &u8| is_space(byte) || *byte == b'>' || *byte == b'=' && !after_equals;
                    at += tag[at..].iter().position(ends).unwrap_or(tag.len() - at);
                    after_equals = false;
                }
            }
        }
        self.work += at;
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::display::safe_html;
    use std::time::{Duration, Instant};

    #[test]
    fn bombs_become_text_in_no_time() {
        let numbered = |piece: &str| (0..40_000).map(|n| piece.replace('#', &n.to_string())).collect::<String>();
        for bomb in [
            "<div>".repeat(100_000),
            "<div></x>".repeat(100_000),
            "<div><table></div></table>".repeat(60_000),
            numbered("<b a=#>") + &"<p>".repeat(100_000),
            numbered("<div><b a=#><table><tr><td></b></table></div>"),
            numbered("<div><b a=#></div>"),
            "<table><tr><td>".repeat(50_000),
            format!("<p {}>", numbered(" a#")),
            format!("<p {}>", numbered(" a#=\"\"")),
            numbered("<body a#=1>"),
            "<a".repeat(500_000),
            "<a b=\"".repeat(300_000),
        ] {
            let start = Instant::now();
            assert!(is_one(&bomb), "{}", &bomb[..60]);
            safe_html(&bomb);
            assert!(start.elapsed() < Duration::from_secs(15), "{:?} for {}", start.elapsed(), &bomb[..60]);
        }
    }

    #[test]
    fn large_letters_are_no_bombs() {
        let cell =
            "<tr><td width=\"10\" style=\"color: red\"><font face=\"a\"><b>dag</b> <a href=\"https://x.nl\">x</a></td>";
        let table = format!("<table>{}</table>", cell.repeat(20_000));
        let word = "<p class=\"MsoNormal\"><span style=\"a\"><b>tekst<o:p></o:p></b></span></p>".repeat(20_000);
        let picture = format!("<img src=\"data:image/png;base64,{}\">", "AB/+".repeat(500_000));
        let nested = format!("{}dag{}", "<table><tr><td>".repeat(100), "</td></tr></table>".repeat(100));
        let list = "<ul><li>een<li><b>twee</b></ul><hr>".repeat(20_000);
        for letter in [table, word, picture, nested, list, "<p>alinea<br>regel".repeat(50_000)] {
            assert!(!is_one(&letter), "{}", &letter[..60]);
        }
    }
}
