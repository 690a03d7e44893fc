//! The words of the index: one folding for what is stored and what is asked, so that both databases find the same.
//!
//! A token is lower case, without accents, of letters and digits only, and at most 64 bytes. The databases get tokens
//! joined by blanks and must not fold any further (SQLite's `ascii` tokenizer, a PostgreSQL vector made of tokens).

use unicode_normalization::char::{decompose_compatible, is_combining_mark};

/// Longest token in bytes; what is longer is cut.
pub const TOKEN_LIMIT: usize = 64;

/// What the index holds of one message; every field is folded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SearchText {
    /// Subject.
    pub subject: String,
    /// Names and addresses of From, Sender and Reply-To.
    pub from: String,
    /// Names and addresses of To, Cc and Bcc.
    pub to: String,
    /// The text people read, cut at 256 KiB.
    pub body: String,
    /// Names of the attachments.
    pub attachments: String,
}

/// `text` as tokens joined by one blank: lower case, without accents, only letters and digits.
pub fn fold(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    fold_into(text, &mut out, usize::MAX);
    out
}

/// The tokens of a folded text.
pub fn tokens(folded: &str) -> impl Iterator<Item = &str> {
    folded.split(' ').filter(|token| !token.is_empty())
}

/// Several texts folded into one.
pub(crate) fn fold_all<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    let mut out = String::new();
    texts.for_each(|text| fold_into(text, &mut out, usize::MAX));
    out
}

/// Appends the tokens of `text` to `out`, until `out` is `limit` bytes long.
pub(crate) fn fold_into(text: &str, out: &mut String, limit: usize) {
    let mut writer = Writer { start: out.len(), between: true, out };
    let mut rest = text;
    while !rest.is_empty() && writer.out.len() < limit {
        let plain = rest.bytes().position(|byte| !byte.is_ascii()).unwrap_or(rest.len());
        writer.ascii(&rest.as_bytes()[..plain], limit);
        rest = &rest[plain..];
        let foreign = rest.bytes().position(|byte| byte.is_ascii()).unwrap_or(rest.len());
        rest[..foreign].chars().for_each(|c| writer.foreign(c));
        rest = &rest[foreign..];
    }
}

/// For each ASCII byte: what it becomes, and 0 for what stands between tokens.
const fn ascii_table() -> [u8; 128] {
    let mut table = [0; 128];
    let mut byte = 0u8;
    while byte < 128 {
        if byte.is_ascii_alphanumeric() {
            table[byte as usize] = byte.to_ascii_lowercase();
        }
        byte += 1;
    }
    table
}

static ASCII: [u8; 128] = ascii_table();

struct Writer<'a> {
    out: &'a mut String,
    /// Where the token being written begins.
    start: usize,
    /// Nothing of the next token is written yet.
    between: bool,
}

impl Writer<'_> {
    fn ascii(&mut self, bytes: &[u8], limit: usize) {
        for byte in bytes {
            match ASCII[usize::from(byte & 0x7F)] {
                0 => {
                    self.between = true;
                    if self.out.len() >= limit {
                        return;
                    }
                }
                folded => self.put(char::from(folded)),
            }
        }
    }

    fn put(&mut self, c: char) {
        if self.between {
            self.between = false;
            if !self.out.is_empty() {
                self.out.push(' ');
            }
            self.start = self.out.len();
        }
        if self.out.len() - self.start + c.len_utf8() <= TOKEN_LIMIT {
            self.out.push(c);
        }
    }

    fn foreign(&mut self, c: char) {
        match c {
            '\u{AD}' | '\u{200B}'..='\u{200D}' | '\u{2060}' | '\u{FEFF}' => {}
            '’' | '‘' | '–' | '—' | '“' | '”' | '…' | '•' | '\u{A0}' | '€' => self.between = true,
            _ => match plain(c) {
                Some(letters) => letters.chars().for_each(|c| self.put(c)),
                None => self.decomposed(c),
            },
        }
    }

    fn decomposed(&mut self, c: char) {
        // Hangul comes apart into letters, which would make words three times as long and none easier to find.
        if ('\u{AC00}'..='\u{D7A3}').contains(&c) {
            return self.put(c);
        }
        decompose_compatible(c, |c| {
            if is_combining_mark(c) {
                return;
            }
            if !c.is_alphanumeric() {
                self.between = true;
                return;
            }
            // Chinese and Japanese have no blanks between words: each character is a token, and a word is a phrase.
            let alone = matches!(c, '\u{3040}'..='\u{30FF}' | '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}'
                | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{3FFFF}');
            self.between |= alone;
            match plain(c) {
                Some(letters) => letters.chars().for_each(|c| self.put(c)),
                None => c.to_lowercase().filter(|c| c.is_alphanumeric()).for_each(|c| self.put(c)),
            }
            self.between |= alone;
        });
    }
}

/// Letters of Western Europe, by far the most frequent ones outside ASCII, and those that don't come apart into a letter
/// and a mark.
fn plain(c: char) -> Option<&'static str> {
    Some(match c {
        'à'..='å' | 'À'..='Å' => "a",
        'è'..='ë' | 'È'..='Ë' => "e",
        'ì'..='ï' | 'Ì'..='Ï' | 'ı' => "i",
        'ò'..='ö' | 'Ò'..='Ö' | 'ø' | 'Ø' => "o",
        'ù'..='ü' | 'Ù'..='Ü' => "u",
        'ç' | 'Ç' => "c",
        'ñ' | 'Ñ' => "n",
        'ß' | 'ẞ' => "ss",
        'æ' | 'Æ' => "ae",
        'œ' | 'Œ' => "oe",
        'ĳ' | 'Ĳ' => "ij",
        'ł' | 'Ł' => "l",
        'đ' | 'Đ' | 'ð' | 'Ð' => "d",
        'þ' | 'Þ' => "th",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn words_are_found_however_they_are_written() {
        assert_eq!(fold("Geïnteresseerd in ÉÉN café-crème?"), "geinteresseerd in een cafe creme");
        assert_eq!(fold("IJsland ĳs Straße SØREN œuvre Łódź"), "ijsland ijs strasse soren oeuvre lodz");
        assert_eq!(fold("re\u{301}union"), fold("réunion"));
        assert_eq!(fold("Jan <jan.smit@voorbeeld.nl>"), "jan jan smit voorbeeld nl");
        assert_eq!(fold("€ 1.234,50 ﬁnanciën ½"), "1 234 50 financien 1 2");
        assert_eq!(fold("Ελλάδα Москва 東京 서울"), "ελλαδα москва 東 京 서울");
        assert_eq!(fold(&"x".repeat(100)).len(), TOKEN_LIMIT);
        assert_eq!(fold("auto\u{AD}matisch"), "automatisch");
    }

    #[test]
    fn texts_stay_apart_when_they_are_joined() {
        assert_eq!(fold_all(["a", "", "b!", "é"].into_iter()), "a b e");
    }

    proptest! {
        #[test]
        fn folding_twice_changes_nothing(text: String) {
            let once = fold(&text);
            prop_assert_eq!(fold(&once), once.clone());
            prop_assert!(!once.starts_with(' ') && !once.ends_with(' ') && !once.contains("  "));
            prop_assert!(tokens(&once).all(|token| token.len() <= TOKEN_LIMIT));
        }
    }
}
