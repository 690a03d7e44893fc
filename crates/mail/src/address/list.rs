//! Address lists as people and programs write them (RFC 5322 §3.4, §4.4): a scanner that takes what it understands.

/// One entry of a list: the words before the address, still encoded, and the address. Either may be empty, not both.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Mailbox {
    pub(crate) name: String,
    pub(crate) address: String,
    /// Written as the standard has it, so that a typed entry may be taken at its word.
    pub(crate) sound: bool,
}

/// Entries of a list that are looked at; far more than are kept.
const ENTRY_LIMIT: usize = 5_000;

#[derive(Default)]
struct Entry {
    /// The words, without quotes and comments.
    words: String,
    /// The same with the quotes, for an address without angle brackets.
    bare: String,
    comment: String,
    angle: Option<String>,
    broken: bool,
}

/// The entries of a list. Groups are dissolved, comments name what has no other name.
pub(crate) fn mailboxes(text: &str) -> Vec<Mailbox> {
    let mut found = Vec::new();
    let mut entry = Entry::default();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' => {
                entry.bare.push('"');
                let mut closed = false;
                while let Some(c) = chars.next() {
                    let c = match c {
                        '"' => {
                            closed = true;
                            break;
                        }
                        '\\' => chars.next().unwrap_or(' '),
                        c => c,
                    };
                    entry.words.push(c);
                    entry.bare.push(c);
                }
                entry.bare.push('"');
                entry.broken |= !closed;
            }
            '(' => entry.comment.push_str(&comment(&mut chars)),
            '<' if entry.angle.is_none() => {
                let mut angle = String::new();
                let mut quoted = false;
                let mut closed = false;
                for c in chars.by_ref() {
                    match c {
                        '>' if !quoted => {
                            closed = true;
                            break;
                        }
                        '"' => quoted = !quoted,
                        _ => {}
                    }
                    angle.push(c);
                }
                entry.broken |= !closed;
                entry.angle = Some(angle);
            }
            ',' | ';' => {
                found.extend(std::mem::take(&mut entry).finish());
                if found.len() >= ENTRY_LIMIT {
                    return found;
                }
            }
            ':' if entry.angle.is_none() && !entry.bare.contains(['@', '[']) => entry = Entry::default(),
            _ => {
                entry.words.push(c);
                entry.bare.push(c);
            }
        }
    }
    found.extend(entry.finish());
    found
}

fn comment(chars: &mut impl Iterator<Item = char>) -> String {
    let mut depth = 1;
    let mut text = String::new();
    while let Some(c) = chars.next() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            '\\' => text.extend(chars.next()),
            _ => text.push(c),
        }
        if depth == 0 {
            break;
        }
    }
    text.push(' ');
    text
}

impl Entry {
    fn finish(self) -> Option<Mailbox> {
        let mut name = self.words.trim().to_owned();
        let mut sound = !self.broken;
        let address = match self.angle {
            Some(angle) => {
                let keeps_blanks = angle.contains('"');
                let kept = |c: &char| !is_noise(*c) && (keeps_blanks || *c != ' ');
                without_route(angle.trim()).chars().filter(kept).collect()
            }
            None => {
                let bare = self.bare.trim();
                let token = bare.split_ascii_whitespace().rfind(|token| token.contains('@') && token.len() > 1);
                match token {
                    // A quoted local part may have blanks in it.
                    _ if bare.starts_with('"') && bare.contains("\"@") => {
                        name.clear();
                        bare.to_owned()
                    }
                    Some(token) => {
                        sound &= token == bare;
                        name = bare.replacen(token, "", 1).trim().trim_matches('"').to_owned();
                        token.chars().filter(|c| !is_noise(*c)).collect()
                    }
                    None if !bare.contains(char::is_whitespace) && !bare.contains('"') => {
                        name.clear();
                        bare.chars().filter(|c| !is_noise(*c)).collect()
                    }
                    None => String::new(),
                }
            }
        };
        if name.is_empty() {
            name = self.comment.trim().to_owned();
        }
        // What is cut off in the middle is shown, but it is nobody's address.
        let address = if self.broken && !address.contains('@') { String::new() } else { address };
        (!name.is_empty() || !address.is_empty()).then_some(Mailbox { name, address, sound })
    }
}

/// Source routes are taken off (RFC 5321 appendix C).
fn without_route(angle: &str) -> &str {
    match angle.split_once(':') {
        Some((route, rest)) if route.starts_with('@') => rest,
        _ => angle,
    }
}

fn is_noise(c: char) -> bool {
    c.is_control() || crate::parse::word::is_deceiving(c) || (c.is_whitespace() && c != ' ')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_read_in_every_spelling() {
        let read = |text: &str| -> Vec<(String, String)> {
            mailboxes(text).into_iter().map(|mailbox| (mailbox.name, mailbox.address)).collect()
        };
        let pair = |name: &str, address: &str| (name.to_owned(), address.to_owned());
        assert_eq!(read("Jan <a@x.nl>, b@x.nl"), [pair("Jan", "a@x.nl"), pair("", "b@x.nl")]);
        assert_eq!(read("\"Smit, \\\"J\\\"\" <a@x.nl>"), [pair("Smit, \"J\"", "a@x.nl")]);
        assert_eq!(
            read("team: a@x.nl, B <b@x.nl>;, c@x.nl"),
            [pair("", "a@x.nl"), pair("B", "b@x.nl"), pair("", "c@x.nl")]
        );
        assert_eq!(read("undisclosed-recipients:;"), []);
        assert_eq!(read("a@x.nl (Jan (de) Smit)"), [pair("Jan de Smit", "a@x.nl")]);
        assert_eq!(read("<@relay.nl,@b.nl:a@x.nl>"), [pair("", "a@x.nl")]);
        assert_eq!(read("Jan Smit a@x.nl"), [pair("Jan Smit", "a@x.nl")]);
        assert_eq!(read("MAILER-DAEMON"), [pair("", "MAILER-DAEMON")]);
        assert_eq!(read("\"a@x.nl\" <b@y.nl>"), [pair("a@x.nl", "b@y.nl")]);
        assert_eq!(read("\"jan smit\"@x.nl"), [pair("", "\"jan smit\"@x.nl")]);
        assert_eq!(read("a@x.nl <b@y.nl"), [pair("a@x.nl", "b@y.nl")]);
    }
}
