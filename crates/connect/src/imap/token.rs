//! Reading one response word by word, believing the server as far as it makes any sense.
//!
//! Real servers send unbalanced parentheses, 8-bit characters in quoted strings, brackets in flags and items we never
//! asked for. Nothing here fails: what can't be read is skipped, so that one odd item never costs a whole FETCH.

use bytes::Bytes;
use std::borrow::Cow;

/// Deeper nesting than this is an attack; the rest of the response is then ignored.
const DEEPEST: usize = 50;

/// A string, however the server chose to write it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Word<'a> {
    /// NIL: not there.
    Nil,
    /// Unquoted.
    Atom(&'a [u8]),
    /// Quoted, without the quotes and backslashes.
    Quoted(Cow<'a, [u8]>),
    /// A literal.
    Literal(Bytes),
}

impl Word<'_> {
    /// The text; `None` for NIL.
    pub fn text(&self) -> Option<Cow<'_, str>> {
        match self {
            Word::Nil => None,
            Word::Atom(bytes) => Some(String::from_utf8_lossy(bytes)),
            Word::Quoted(bytes) => Some(String::from_utf8_lossy(bytes)),
            Word::Literal(bytes) => Some(String::from_utf8_lossy(bytes)),
        }
    }
}

/// A place in a response.
#[derive(Debug)]
pub struct Scanner<'a> {
    text: &'a [u8],
    at: usize,
    literals: std::slice::IterMut<'a, Bytes>,
}

impl<'a> Scanner<'a> {
    /// Begins at the start of `text`; each `{n}` before a line end stands for the next of `literals`.
    pub fn new(text: &'a [u8], literals: &'a mut [Bytes]) -> Scanner<'a> {
        Scanner { text, at: 0, literals: literals.iter_mut() }
    }

    /// What is not read yet.
    pub fn rest(&self) -> &'a [u8] {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// The next byte that is not a blank.
    pub fn peek(&mut self) -> Option<u8> {
        while matches!(self.text.get(self.at), Some(b' ' | b'\t')) {
            self.at += 1;
        }
        self.text.get(self.at).copied().filter(|byte| !matches!(byte, b'\r' | b'\n'))
    }

    /// Reads this one character if it comes next.
    pub fn eat(&mut self, wanted: u8) -> bool {
        let found = self.peek() == Some(wanted);
        self.at += usize::from(found);
        found
    }

    /// An atom: all up to a blank, a parenthesis or the end.
    pub fn atom(&mut self) -> &'a [u8] {
        self.peek();
        let rest = self.rest();
        let end = rest.iter().position(|byte| matches!(byte, b' ' | b'(' | b')' | b'\r' | b'\n' | b'\t'));
        let atom = &rest[..end.unwrap_or(rest.len())];
        self.at += atom.len();
        atom
    }

    /// The name of a FETCH item, with the blanks and parentheses of its section: `BODY[HEADER.FIELDS (TO CC)]<0>`.
    pub fn item_name(&mut self) -> &'a [u8] {
        self.peek();
        let rest = self.rest();
        let mut inside = false;
        let end = rest.iter().position(|byte| match byte {
            b'[' => {
                inside = true;
                false
            }
            b']' => {
                inside = false;
                false
            }
            b'\r' | b'\n' => true,
            b' ' | b'(' | b')' | b'\t' => !inside,
            _ => false,
        });
        let name = &rest[..end.unwrap_or(rest.len())];
        self.at += name.len();
        name
    }

    /// A number; anything else is skipped and gives `None`.
    pub fn number(&mut self) -> Option<u64> {
        match self.peek()? {
            b'(' | b')' => None,
            _ => std::str::from_utf8(self.atom()).ok()?.parse().ok(),
        }
    }

    /// A string in any of its forms, or `None` at a parenthesis or the end.
    pub fn word(&mut self) -> Option<Word<'a>> {
        match self.peek()? {
            b'(' | b')' => None,
            b'"' => Some(self.quoted()),
            b'{' | b'~' => Some(self.literal()),
            _ => {
                let atom = self.atom();
                Some(if atom.eq_ignore_ascii_case(b"NIL") { Word::Nil } else { Word::Atom(atom) })
            }
        }
    }

    /// Steps over one value, whatever it is.
    pub fn skip(&mut self) {
        let mut depth = 0usize;
        loop {
            match self.peek() {
                None => return,
                Some(b'(') => {
                    self.at += 1;
                    depth += 1;
                    if depth > DEEPEST {
                        self.at = self.text.len();
                        return;
                    }
                }
                Some(b')') if depth == 0 => return,
                Some(b')') => {
                    self.at += 1;
                    depth -= 1;
                }
                Some(_) => {
                    self.word();
                }
            }
            if depth == 0 {
                return;
            }
        }
    }

    fn quoted(&mut self) -> Word<'a> {
        self.at += 1;
        let rest = self.rest();
        let Some(plain) = rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | b'\r' | b'\n')) else {
            self.at = self.text.len();
            return Word::Quoted(Cow::Borrowed(rest));
        };
        if rest[plain] != b'\\' {
            self.at += plain + usize::from(rest[plain] == b'"');
            return Word::Quoted(Cow::Borrowed(&rest[..plain]));
        }
        let mut text = Vec::with_capacity(rest.len().min(256));
        let mut at = 0;
        while let Some(byte) = rest.get(at) {
            match byte {
                b'"' => {
                    at += 1;
                    break;
                }
                b'\r' | b'\n' => break,
                b'\\' => {
                    text.extend(rest.get(at + 1).filter(|next| !matches!(next, b'\r' | b'\n')));
                    at += 2;
                }
                other => {
                    text.push(*other);
                    at += 1;
                }
            }
        }
        self.at += at.min(rest.len());
        Word::Quoted(Cow::Owned(text))
    }

    fn literal(&mut self) -> Word<'a> {
        let rest = self.rest();
        let line = rest.iter().position(|byte| *byte == b'\n').filter(|_| literal_length(rest).is_some());
        match line.and_then(|line| Some((line, self.literals.next()?))) {
            Some((line, literal)) => {
                self.at += line + 1;
                Word::Literal(std::mem::take(literal))
            }
            None => Word::Atom(self.atom()),
        }
    }
}

/// The length that `{n}`, `{n+}` or `~{n}` at the start of `text` announces, when a line end follows.
fn literal_length(text: &[u8]) -> Option<u64> {
    let line = text.split(|byte| *byte == b'\n').next()?;
    announced(line)
}

/// The length of the literal that a line announces at its end.
pub fn announced(line: &[u8]) -> Option<u64> {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let inner = line.strip_suffix(b"}")?;
    let inner = inner.strip_suffix(b"+").unwrap_or(inner);
    let open = inner.iter().rposition(|byte| *byte == b'{')?;
    let digits = &inner[open + 1..];
    if digits.is_empty() || digits.len() > 20 || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    Some(std::str::from_utf8(digits).ok()?.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_come_in_every_form() {
        let mut literals = [Bytes::from_static(b"lit\r\neral")];
        let mut scanner = Scanner::new(b"plain \"qu\\\"o\\\\ted\" NIL {8}\r\n \"\xe9\" \"open", &mut literals);
        assert_eq!(scanner.word(), Some(Word::Atom(b"plain")));
        assert_eq!(scanner.word(), Some(Word::Quoted(Cow::Borrowed(b"qu\"o\\ted"))));
        assert_eq!(scanner.word(), Some(Word::Nil));
        assert_eq!(scanner.word(), Some(Word::Literal(Bytes::from_static(b"lit\r\neral"))));
        assert_eq!(scanner.word(), Some(Word::Quoted(Cow::Borrowed(b"\xe9"))));
        assert_eq!(scanner.word(), Some(Word::Quoted(Cow::Borrowed(b"open"))));
        assert_eq!(scanner.word(), None);
    }

    #[test]
    fn any_value_can_be_stepped_over() {
        let mut scanner = Scanner::new(b"((a (b)) \"(\" NIL) next) more", &mut []);
        scanner.skip();
        assert_eq!(scanner.atom(), b"next");
        scanner.skip();
        assert!(scanner.eat(b')'));
        assert_eq!(scanner.atom(), b"more");
    }

    #[test]
    fn deep_nesting_ends_the_reading() {
        let deep = "(".repeat(100_000);
        let mut scanner = Scanner::new(deep.as_bytes(), &mut []);
        scanner.skip();
        assert_eq!(scanner.peek(), None);
    }

    #[test]
    fn a_literal_is_announced_only_by_digits_in_braces_at_the_end() {
        assert_eq!(announced(b"* 1 FETCH (BODY[] {12}\r"), Some(12));
        assert_eq!(announced(b"x ~{12+}"), Some(12));
        assert_eq!(announced(b"x {99999999999999999999}"), Some(u64::MAX));
        assert_eq!(announced(b"x {12} y"), None);
        assert_eq!(announced(b"x {1-2}"), None);
        assert_eq!(announced(b"x {}"), None);
    }
}
