//! Why a verb did not do what was asked, by what the person should do next.

use super::{Phrase, Text, field};
use connect::ConnectError;
use store::StoreError;

/// One field of the input that can't be used as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// The field by its name in the API, with dots: `incoming.host`.
    pub field: String,
    /// A code for programs.
    pub code: &'static str,
    /// In words.
    pub message: Phrase,
}

impl FieldError {
    /// An error of that field, with the words of the catalogue.
    pub fn new(field: impl Into<String>, (code, message): (&'static str, Text)) -> FieldError {
        FieldError { field: field.into(), code, message: message.into() }
    }
}

/// Why a verb did not do what was asked, by what the person should do next.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Refusal {
    /// What was named is not there, or may not be seen: the two look alike on purpose.
    #[error("not found")]
    NotFound,
    /// Correct these fields and try again.
    #[error("the input has {} field(s) to correct", errors.len())]
    Invalid {
        /// Which, and why.
        errors: Vec<FieldError>,
    },
    /// The person may see it but not do this; someone with more rights can.
    #[error("not allowed: {}", .0.message.en)]
    Forbidden(FieldError),
    /// It can't be done in the state things are in.
    #[error("refused: {}", .0.message.en)]
    Conflict(FieldError),
    /// Too many wrong passwords or codes.
    #[error("too many wrong tries")]
    Blocked {
        /// Seconds to wait; `None`: only the link for a forgotten password helps.
        seconds: Option<u64>,
    },
    /// The same request is being worked on: ask again in a moment.
    #[error("the same request is still running")]
    StillRunning,
    /// The mail server would not do it.
    #[error(transparent)]
    Server(#[from] ConnectError),
    /// The store could not: try again, or an administrator must act.
    #[error(transparent)]
    Store(StoreError),
}

impl Refusal {
    /// A refusal of one field.
    pub fn field(name: impl Into<String>, why: (&'static str, Text)) -> Refusal {
        Refusal::Invalid { errors: vec![FieldError::new(name, why)] }
    }

    /// A refusal for want of rights.
    pub fn forbidden(name: impl Into<String>, why: (&'static str, Text)) -> Refusal {
        Refusal::Forbidden(FieldError::new(name, why))
    }

    /// A refusal because of the state things are in.
    pub fn conflict(name: impl Into<String>, why: (&'static str, Text)) -> Refusal {
        Refusal::Conflict(FieldError::new(name, why))
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Refusal {
        match error {
            StoreError::NotFound => Refusal::NotFound,
            StoreError::Conflict { field, code, message } => {
                let words = field::conflict(code).map_or(Phrase { nl: message.clone(), en: message }, Phrase::from);
                Refusal::Conflict(FieldError { field: field.to_owned(), code, message: words })
            }
            other => Refusal::Store(other),
        }
    }
}

/// `Ok` when nothing is wrong, else all that is wrong at once, so that a person corrects it in one go.
pub(crate) fn all_well(errors: Vec<FieldError>) -> Result<(), Refusal> {
    if errors.is_empty() { Ok(()) } else { Err(Refusal::Invalid { errors }) }
}
