//! What the server said, in our words (RFC 9051 §7).

mod status;

pub use status::{Code, Condition, Status};

use super::{
    fetch::{self, Fetched},
    token::Scanner,
};
use bytes::Bytes;
use mail::RemoteSet;

/// One response.
#[derive(Debug, Clone, PartialEq)]
pub enum Response {
    /// The end of the command with this number.
    Tagged(u32, Status),
    /// `+`: go on; the text is a SASL challenge, else for people.
    Continue(Vec<u8>),
    /// An untagged OK, NO, BAD, BYE or PREAUTH.
    Status(Status),
    /// CAPABILITY, upper case.
    Capability(Vec<String>),
    /// ENABLED, upper case.
    Enabled(Vec<String>),
    /// LIST or XLIST.
    List(Listed),
    /// STATUS of a folder.
    Counts(String, Counts),
    /// The prefixes of our own folders, of other users' and of shared ones.
    Namespace([Vec<String>; 3]),
    /// SEARCH or ESEARCH: ids, rising. With the number of the command when the server says it.
    Search(Option<u32>, RemoteSet),
    /// So many messages are in the selected folder.
    Exists(u32),
    /// The message in this place is gone, and all behind it moved up.
    Expunge(u32),
    /// These UIDs are gone; `earlier` when the server tells the past (RFC 7162).
    Vanished {
        /// Before now, in answer to what we asked.
        earlier: bool,
        /// Which.
        uids: RemoteSet,
    },
    /// FETCH. Boxed: most responses are small.
    Fetch(Box<Fetched>),
    /// Something that we have no use for.
    Other,
}

/// A folder in a LIST response.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listed {
    /// Attributes, lower case (`\noselect`, `\sent`).
    pub attributes: Vec<String>,
    /// Between the levels of the name.
    pub separator: Option<char>,
    /// The name on the wire.
    pub name: String,
    /// The name is text; a name that isn't can't be asked for again.
    pub readable: bool,
}

/// The numbers of a STATUS response; what the server left out is `None`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// MESSAGES.
    pub messages: Option<u32>,
    /// UIDNEXT.
    pub uidnext: Option<u32>,
    /// UIDVALIDITY.
    pub uidvalidity: Option<u32>,
    /// HIGHESTMODSEQ.
    pub highestmodseq: Option<u64>,
}

/// Reads one response; never fails: what makes no sense is [`Response::Other`].
pub fn read(text: &[u8], literals: &mut [Bytes]) -> Response {
    if let Some(rest) = text.strip_prefix(b"+") {
        return Response::Continue(rest.trim_ascii().to_vec());
    }
    let Some(untagged) = text.strip_prefix(b"* ") else {
        return read_tagged(text).unwrap_or(Response::Other);
    };
    if let Some(status) = status::read(untagged) {
        return Response::Status(status);
    }
    let mut scanner = Scanner::new(untagged, literals);
    let word = scanner.atom();
    if let Some(number) = std::str::from_utf8(word).ok().and_then(|word| word.parse::<u32>().ok()) {
        return match scanner.atom().to_ascii_uppercase().as_slice() {
            b"EXISTS" => Response::Exists(number),
            b"EXPUNGE" => Response::Expunge(number),
            b"FETCH" => Response::Fetch(Box::new(fetch::read(number, &mut scanner))),
            _ => Response::Other,
        };
    }
    match word.to_ascii_uppercase().as_slice() {
        b"CAPABILITY" => Response::Capability(status::upper_words(scanner.rest())),
        b"ENABLED" => Response::Enabled(status::upper_words(scanner.rest())),
        b"LIST" | b"XLIST" => read_list(&mut scanner).map_or(Response::Other, Response::List),
        b"STATUS" => read_counts(&mut scanner).unwrap_or(Response::Other),
        b"NAMESPACE" => Response::Namespace([(); 3].map(|()| read_prefixes(&mut scanner))),
        b"SEARCH" => read_search(&mut scanner),
        b"ESEARCH" => read_esearch(&mut scanner),
        b"VANISHED" => {
            let earlier = scanner.eat(b'(');
            if earlier {
                scanner.atom();
                scanner.eat(b')');
            }
            Response::Vanished { earlier, uids: uid_set(scanner.atom()) }
        }
        _ => Response::Other,
    }
}

fn read_tagged(text: &[u8]) -> Option<Response> {
    let blank = text.iter().position(|byte| *byte == b' ')?;
    let number = std::str::from_utf8(text[..blank].strip_prefix(b"k")?).ok()?.parse().ok()?;
    Some(Response::Tagged(number, status::read(&text[blank + 1..])?))
}

/// The name of a folder at the end of a line. Some servers forget the quotes around names with blanks.
fn read_name(scanner: &mut Scanner<'_>, until: impl Fn(&[u8]) -> usize) -> Option<(String, bool)> {
    let bytes = match scanner.peek()? {
        b'"' | b'{' => {
            let word = scanner.word()?;
            match &word {
                super::token::Word::Literal(bytes) => bytes.to_vec(),
                super::token::Word::Quoted(bytes) => bytes.to_vec(),
                _ => return None,
            }
        }
        _ => {
            let rest = scanner.rest();
            let line = rest.iter().position(|byte| matches!(byte, b'\r' | b'\n')).unwrap_or(rest.len());
            let name = rest[..until(&rest[..line])].trim_ascii_end();
            let text = name.to_vec();
            for _ in name.split(|byte| *byte == b' ') {
                scanner.item_name();
            }
            text
        }
    };
    let readable = std::str::from_utf8(&bytes).is_ok_and(|name| !name.is_empty());
    Some((String::from_utf8_lossy(&bytes).into_owned(), readable))
}

fn read_list(scanner: &mut Scanner<'_>) -> Option<Listed> {
    let mut attributes = Vec::new();
    if scanner.eat(b'(') {
        while let Some(word) = scanner.word() {
            attributes.extend(word.text().map(|name| name.to_ascii_lowercase()));
        }
        scanner.eat(b')');
    }
    let separator = scanner.word()?.text().and_then(|text| text.chars().next());
    let extended = |line: &[u8]| line.windows(2).position(|two| two == b" (").unwrap_or(line.len());
    let (name, readable) = read_name(scanner, extended)?;
    Some(Listed { attributes, separator, name, readable })
}

fn read_counts(scanner: &mut Scanner<'_>) -> Option<Response> {
    let before_list = |line: &[u8]| line.iter().rposition(|byte| *byte == b'(').unwrap_or(line.len());
    let (name, _) = read_name(scanner, before_list)?;
    let mut counts = Counts::default();
    scanner.eat(b'(');
    while !matches!(scanner.peek(), None | Some(b')')) {
        let item = scanner.item_name().to_ascii_uppercase();
        let small = |number: Option<u64>| number.and_then(|number| u32::try_from(number).ok());
        match item.as_slice() {
            b"MESSAGES" => counts.messages = small(scanner.number()),
            b"UIDNEXT" => counts.uidnext = small(scanner.number()),
            b"UIDVALIDITY" => counts.uidvalidity = small(scanner.number()),
            b"HIGHESTMODSEQ" => counts.highestmodseq = scanner.number(),
            _ => scanner.skip(),
        }
    }
    Some(Response::Counts(name, counts))
}

fn read_prefixes(scanner: &mut Scanner<'_>) -> Vec<String> {
    let mut prefixes = Vec::new();
    if !scanner.eat(b'(') {
        scanner.skip();
        return prefixes;
    }
    while scanner.eat(b'(') {
        prefixes.extend(scanner.word().and_then(|word| word.text().map(|text| text.into_owned())));
        while !matches!(scanner.peek(), None | Some(b')')) {
            scanner.skip();
        }
        scanner.eat(b')');
    }
    scanner.eat(b')');
    prefixes
}

fn read_search(scanner: &mut Scanner<'_>) -> Response {
    let mut numbers = Vec::new();
    while !matches!(scanner.peek(), None | Some(b'(' | b')')) {
        numbers.extend(scanner.number().and_then(|number| u32::try_from(number).ok()));
    }
    Response::Search(None, numbers.into_iter().collect())
}

fn read_esearch(scanner: &mut Scanner<'_>) -> Response {
    let mut command = None;
    let mut all = RemoteSet::new();
    if scanner.eat(b'(') {
        scanner.atom();
        let tag = scanner.word();
        command = tag.and_then(|tag| tag.text()?.strip_prefix('k')?.parse().ok());
        scanner.eat(b')');
    }
    while scanner.peek().is_some() {
        let name = scanner.atom().to_ascii_uppercase();
        match name.as_slice() {
            b"UID" => {}
            b"ALL" => all = uid_set(scanner.atom()),
            b"" => {
                scanner.skip();
                if scanner.eat(b')') {
                    break;
                }
            }
            _ => scanner.skip(),
        }
    }
    Response::Search(command, all)
}

/// Reads a set of UIDs (`1:7,9`); parts that are no numbers are left out.
pub fn uid_set(text: &[u8]) -> RemoteSet {
    let number = |text: &str| text.parse::<u32>().ok();
    let mut ranges: Vec<(u32, u32)> = String::from_utf8_lossy(text)
        .split(',')
        .filter_map(|part| match part.split_once(':') {
            Some((first, last)) => Some((number(first)?, number(last)?)),
            None => number(part).map(|uid| (uid, uid)),
        })
        .map(|(first, last)| (first.min(last), first.max(last)))
        .collect();
    ranges.sort_unstable();
    let mut set = RemoteSet::new();
    for (first, last) in ranges {
        set.insert_range(first, last);
    }
    set
}

#[cfg(test)]
mod recorded;
#[cfg(test)]
mod tests;
