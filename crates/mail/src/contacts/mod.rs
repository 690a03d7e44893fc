//! Contacts in a file: a table or vCards (features D4).

mod table;
mod vcard;

/// One contact of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Row {
    /// Its name; may be empty.
    pub name: String,
    /// What stands where addresses belong, unchecked.
    pub addresses: Vec<String>,
    /// Source and id of the software that it comes from.
    pub external: Option<(String, String)>,
}

/// The contacts of a CSV file or of vCards, whichever it is. `None`: a table of which no column is known. A row that can't
/// be read has no name and no address.
pub fn read(text: &str) -> Option<Vec<Row>> {
    match text.trim_start_matches('\u{feff}').trim_start().get(..11) {
        Some(start) if start.eq_ignore_ascii_case("BEGIN:VCARD") => Some(vcard::read(text)),
        _ => table::read(text),
    }
}
