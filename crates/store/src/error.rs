//! Why the store could not do what it was asked, by what the caller should do next.

use crate::Unfit;
use std::sync::Arc;

/// Why the store could not do what it was asked, by what the caller should do next.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// What was named is not there, or may not be seen by whoever asks: the two look alike on purpose.
    #[error("not found")]
    NotFound,
    /// It would break a rule of the data: the person must choose something else.
    #[error("{field}: {message}")]
    Conflict {
        /// The field to correct.
        field: &'static str,
        /// A code for programs.
        code: &'static str,
        /// In words.
        message: String,
    },
    /// No room on the disk: nothing was stored; it will go again when there is room.
    #[error("the disk is full")]
    Full,
    /// The database or the blob store does not answer now: try again.
    #[error("the store does not answer: {0}")]
    Unreachable(String),
    /// Another unit of work was in the way: run it again.
    #[error("the store is busy: {0}")]
    Busy(String),
    /// Another worker has this account by now: stop, and write nothing more.
    #[error("another node works on this account now")]
    TakenOver,
    /// The program is ending.
    #[error("the store is closed")]
    Closed,
    /// The installation can't be used as it is: an administrator must act.
    #[error("{0}")]
    Unusable(Unfit),
    /// Stored bytes are not what was stored: damage, or another key.
    #[error("damaged: {0}")]
    Damaged(String),
    /// A mistake of ours.
    #[error("internal: {0}")]
    Broken(String),
    /// Reading or writing a file failed.
    #[error("could not {doing}: {cause}")]
    Io {
        /// What was tried.
        doing: &'static str,
        /// What the system said.
        cause: Arc<std::io::Error>,
    },
}

impl StoreError {
    /// Makes the error of a failed file operation, to be given to `map_err`.
    pub fn io(doing: &'static str) -> impl Fn(std::io::Error) -> StoreError {
        move |cause| match cause.kind() {
            std::io::ErrorKind::StorageFull => StoreError::Full,
            _ => StoreError::Io { doing, cause: Arc::new(cause) },
        }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> StoreError {
        use rusqlite::ErrorCode;
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => StoreError::Full,
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StoreError::Busy(error.to_string()),
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => StoreError::Damaged(error.to_string()),
            _ => StoreError::Broken(error.to_string()),
        }
    }
}

impl From<tokio_postgres::Error> for StoreError {
    fn from(error: tokio_postgres::Error) -> StoreError {
        use tokio_postgres::error::SqlState;
        let told = error.as_db_error().map_or_else(|| error.to_string(), ToString::to_string);
        match error.code() {
            Some(code) if *code == SqlState::DISK_FULL => StoreError::Full,
            Some(code) if *code == SqlState::T_R_DEADLOCK_DETECTED || *code == SqlState::T_R_SERIALIZATION_FAILURE => {
                StoreError::Busy(told)
            }
            // Connection exceptions, no resources, an administrator who stops the server, its own disk.
            Some(code) if ["08", "53", "57", "58"].contains(&&code.code()[..2]) => StoreError::Unreachable(told),
            Some(_) => StoreError::Broken(told),
            None => StoreError::Unreachable(told),
        }
    }
}
