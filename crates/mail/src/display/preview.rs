//! The line that stands under a subject in a list.

use crate::parse::word::is_deceiving;

/// The first words of a body as one line of at most `limit` characters, without the greeting and without what is quoted:
/// a list of mail that all begins with "Geachte heer" tells nothing.
pub fn preview(text: &str, limit: usize) -> String {
    let mut line = Line { out: String::new(), left: limit };
    for source in text.lines().map(str::trim) {
        if source.starts_with('>') {
            continue;
        }
        if is_end(source) {
            if line.out.is_empty() {
                continue;
            }
            break;
        }
        let words = if line.out.is_empty() { after_greeting(source) } else { source };
        line.add(words);
        if line.left == 0 {
            break;
        }
    }
    if line.out.is_empty() {
        text.lines().for_each(|source| line.add(source));
    }
    line.out
}

struct Line {
    out: String,
    left: usize,
}

impl Line {
    fn add(&mut self, words: &str) {
        for word in words.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()) {
            if word.len() > 2 && word.bytes().all(|byte| b"-_=*~#".contains(&byte)) {
                continue;
            }
            let mut between = !self.out.is_empty();
            for c in word.chars().filter(|c| !is_padding(*c)) {
                if self.left == 0 {
                    return;
                }
                if std::mem::take(&mut between) {
                    self.out.push(' ');
                    self.left -= 1;
                    if self.left == 0 {
                        self.out.pop();
                        return;
                    }
                }
                self.out.push(c);
                self.left -= 1;
            }
        }
    }
}

/// Invisible characters with which mailings push their footer out of the preview.
fn is_padding(c: char) -> bool {
    is_deceiving(c) || matches!(c, '\u{34F}' | '\u{AD}' | '\u{200C}' | '\u{200D}' | '\u{FFFC}' | '\u{2800}')
}

/// A line after which come the signature or older mail.
fn is_end(line: &str) -> bool {
    if line == "--" || line == "-- " {
        return true;
    }
    let lower: String = line.chars().take(200).flat_map(char::to_lowercase).collect();
    let wrote = ["schreef:", "wrote:", "schrieb:", "a écrit :", "heeft geschreven:"];
    lower.starts_with("-----")
        && ["origin", "oorspronkelijk", "doorgestuurd", "forwarded"].iter().any(|word| lower.contains(word))
        || (lower.starts_with("op ")
            || lower.starts_with("on ")
            || lower.starts_with("am ")
            || lower.starts_with("le "))
            && (wrote.iter().any(|end| lower.ends_with(end)) || lower.contains(" schreef ") && lower.ends_with(':'))
        || ["van: ", "from: "].iter().any(|field| lower.starts_with(field) && lower.contains('@'))
}

const GREETINGS: [&str; 26] = [
    "beste",
    "geachte",
    "hallo",
    "hoi",
    "hi",
    "hello",
    "hey",
    "dear",
    "dag",
    "lieve",
    "goedemorgen",
    "goedemiddag",
    "goedenmiddag",
    "goedenavond",
    "goedendag",
    "goede",
    "good",
    "morgen",
    "middag",
    "l.s.",
    "ls",
    "heer",
    "mijne",
    "sir",
    "bonjour",
    "guten",
];

/// The line without its greeting, when it begins with one that ends in a comma or is all there is.
fn after_greeting(line: &str) -> &str {
    let first: String = line.chars().take(14).take_while(|c| c.is_alphabetic() || *c == '.').collect();
    if !GREETINGS.contains(&first.to_lowercase().as_str()) {
        return line;
    }
    match line.char_indices().take(60).find(|(_, c)| matches!(c, ',' | '!' | ':')) {
        Some((at, mark)) => line[at + mark.len_utf8()..].trim_start(),
        None if line.chars().count() <= 40 && !line.ends_with(['.', '?']) => "",
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::preview;

    #[test]
    fn a_preview_says_what_the_mail_is_about() {
        let text = "Geachte heer De Vries,\n\nHierbij de   factuur\nvan mei.\n\nOp 3 mei 2026 om 10:00 schreef Jan <j@x.nl>:\n> oud\n";
        assert_eq!(preview(text, 200), "Hierbij de factuur van mei.");
        assert_eq!(preview("> oud\nAkkoord!\n-- \nJan", 200), "Akkoord!");
        assert_eq!(preview("Beste Jan, kun je bellen?", 200), "kun je bellen?");
        assert_eq!(preview("Dag hoor", 200), "Dag hoor");
        assert_eq!(preview("Goede vraag. Ik zoek het uit.", 200), "Goede vraag. Ik zoek het uit.");
    }

    #[test]
    fn a_preview_is_never_longer_than_asked() {
        assert_eq!(preview("één twee", 5), "één t");
        assert_eq!(preview("één twee", 4), "één");
        assert_eq!(preview("", 10), "");
        assert_eq!(preview("a\u{200C}\u{34F} \u{34F}b", 10), "a b");
    }
}
