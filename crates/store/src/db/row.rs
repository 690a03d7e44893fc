//! A row that came back, by column number.

use super::Val;

/// A row that came back. Asking a column for what the statement does not give is a mistake in the code, not in the
/// data, and panics.
#[derive(Debug)]
pub struct Row(pub(super) Vec<Val<'static>>);

impl Row {
    /// BIGINT; a BOOLEAN counts as 0 or 1.
    pub fn int(&self, at: usize) -> i64 {
        self.opt_int(at).unwrap_or_else(|| panic!("column {at} is NULL"))
    }

    /// BIGINT or NULL.
    pub fn opt_int(&self, at: usize) -> Option<i64> {
        match &self.0[at] {
            Val::Null => None,
            Val::Int(value) => Some(*value),
            Val::Bool(value) => Some((*value).into()),
            other => panic!("column {at} is no number: {other:?}"),
        }
    }

    /// BOOLEAN, which SQLite gives as a number.
    pub fn bool(&self, at: usize) -> bool {
        self.int(at) != 0
    }

    /// TEXT, taken out of the row.
    pub fn text(&mut self, at: usize) -> String {
        self.opt_text(at).unwrap_or_else(|| panic!("column {at} is NULL"))
    }

    /// TEXT or NULL, taken out of the row.
    pub fn opt_text(&mut self, at: usize) -> Option<String> {
        match std::mem::replace(&mut self.0[at], Val::Null) {
            Val::Null => None,
            Val::Text(value) => Some(value.into_owned()),
            other => panic!("column {at} is no text: {other:?}"),
        }
    }

    /// BYTEA, taken out of the row.
    pub fn bytes(&mut self, at: usize) -> Vec<u8> {
        self.opt_bytes(at).unwrap_or_else(|| panic!("column {at} is NULL"))
    }

    /// BYTEA or NULL, taken out of the row.
    pub fn opt_bytes(&mut self, at: usize) -> Option<Vec<u8>> {
        match std::mem::replace(&mut self.0[at], Val::Null) {
            Val::Null => None,
            Val::Bytes(value) => Some(value.into_owned()),
            other => panic!("column {at} is no bytes: {other:?}"),
        }
    }
}
