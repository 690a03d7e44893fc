//! Cuts a question into its pieces.

/// `-prefix:"value"`, each but the value left out at will.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) negated: bool,
    /// A known prefix, lower case.
    pub(super) prefix: Option<String>,
    pub(super) value: String,
    /// Ended in `*`.
    pub(super) open_ended: bool,
}

const PREFIXES: [&str; 27] = [
    "from",
    "van",
    "to",
    "aan",
    "subject",
    "onderwerp",
    "file",
    "filename",
    "bestand",
    "has",
    "met",
    "before",
    "voor",
    "after",
    "since",
    "na",
    "sinds",
    "is",
    "in",
    "map",
    "contact",
    "dossier",
    "account",
    "mailbox",
    "postvak",
    "label",
    "folder",
];

/// Longest question that is read.
const LENGTH_LIMIT: usize = 4096;

pub(super) fn pieces(text: &str) -> Vec<Piece> {
    let mut rest = text[..text.floor_char_boundary(LENGTH_LIMIT)].trim_start();
    let mut found = Vec::new();
    while !rest.is_empty() {
        found.push(next(&mut rest));
        rest = rest.trim_start();
    }
    found
}

fn next(rest: &mut &str) -> Piece {
    let mut piece = Piece::default();
    let after_minus = rest.strip_prefix(['-', '−']);
    if let Some(after) = after_minus.filter(|after| after.starts_with(|c: char| !c.is_whitespace() && c != '-')) {
        piece.negated = true;
        *rest = after;
    }
    if let Some((word, after)) = rest.split_once(':') {
        let word = word.to_lowercase();
        if PREFIXES.contains(&word.as_str()) {
            piece.prefix = Some(if matches!(word.as_str(), "label" | "folder") { "in".to_owned() } else { word });
            *rest = after;
        }
    }
    let (value, after) = match rest.strip_prefix(is_quote) {
        Some(quoted) => quoted.split_once(is_quote).unwrap_or((quoted, "")),
        None => rest.split_at(rest.find(char::is_whitespace).unwrap_or(rest.len())),
    };
    piece.value = value.to_owned();
    *rest = after;
    if let Some(after) = rest.strip_prefix('*') {
        piece.open_ended = true;
        *rest = after;
    }
    if piece.value.ends_with('*') {
        piece.open_ended = true;
    }
    piece
}

/// Straight quotes and the ones that phones and word processors make of them.
fn is_quote(c: char) -> bool {
    matches!(c, '"' | '“' | '”' | '„')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_piece_ends_where_a_reader_thinks_it_does() {
        let values = |text: &str| pieces(text).into_iter().map(|piece| piece.value).collect::<Vec<_>>();
        assert_eq!(values("a \"b c\"d “e f” - g"), ["a", "b c", "d", "e f", "-", "g"]);
        assert_eq!(values("van:\"Jan Smit\" x"), ["Jan Smit", "x"]);
        assert_eq!(values("\"open"), ["open"]);
    }
}
