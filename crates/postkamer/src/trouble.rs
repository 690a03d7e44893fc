//! What the floors below could not do, told to a person in Dutch and English: the likely cause and what to do.

use crate::words::{self, about, around, as_it_is, lines};
use connect::ConnectError;
use mailroom::{
    accounts::diagnosis::{Circumstances, diagnose},
    incoming::PassError,
    words::{Phrase, Refusal, Text, field},
};
use std::{io, path::Path};
use store::StoreError;

/// A pass over a mailbox, or mail on its way into one.
pub fn of_pass(error: &PassError) -> Phrase {
    match error {
        PassError::Connect(error) => of_server(error),
        PassError::Store(error) => of_store(error),
    }
}

/// A mail server that would not do it.
pub fn of_server(error: &ConnectError) -> Phrase {
    let diagnosis = diagnose(error, Circumstances::default());
    diagnosis.explained.told(&diagnosis.server_said)
}

/// A verb that was refused; each field that is to be corrected has a line.
pub fn of_refusal(refusal: &Refusal) -> Phrase {
    match refusal {
        Refusal::Invalid { errors } => {
            let told: Vec<Phrase> = errors.iter().map(|error| about(&error.field, &error.message)).collect();
            lines(&told)
        }
        Refusal::Forbidden(error) | Refusal::Conflict(error) => about(&error.field, &error.message),
        Refusal::Blocked { seconds } => mailroom::words::blocked(*seconds),
        Refusal::NotFound => words::STORE_NOT_FOUND.into(),
        Refusal::StillRunning => words::STILL_RUNNING.into(),
        Refusal::Server(error) => of_server(error),
        Refusal::Store(error) => of_store(error),
    }
}

/// The store.
pub fn of_store(error: &StoreError) -> Phrase {
    let because = |words: Text, why: &str| words.with(&[("why", why)]);
    match error {
        StoreError::NotFound => words::STORE_NOT_FOUND.into(),
        StoreError::Conflict { field: name, code, message } => {
            about(name, &field::conflict(code).map_or_else(|| as_it_is(message), Phrase::from))
        }
        StoreError::Full => words::STORE_FULL.into(),
        StoreError::Unreachable(why) => because(words::STORE_SILENT, why),
        StoreError::Busy(why) => because(words::STORE_BUSY, why),
        StoreError::TakenOver => words::STORE_TAKEN.into(),
        StoreError::Closed => words::STORE_CLOSED.into(),
        StoreError::Unusable(unfit) => {
            use mailroom::words::Language::{Dutch, English};
            Phrase { nl: unfit.say(Dutch), en: unfit.say(English) }
        }
        StoreError::Damaged(why) => because(words::STORE_DAMAGED, why),
        StoreError::Broken(why) => because(words::STORE_BROKEN, why),
        StoreError::Io { doing, cause } => {
            around(words::STORE_FILE, &[("doing", &as_it_is(*doing)), ("why", &of_io(cause))])
        }
    }
}

/// What has to do with a file or folder: `{path}` and `{why}` are filled in.
pub fn of_path(words: Text, path: &Path, error: &io::Error) -> Phrase {
    around(words, &[("path", &as_it_is(path.display().to_string())), ("why", &of_io(error))])
}

/// The system, in our words where it is one of the usual reasons, else in its own.
pub fn of_io(error: &io::Error) -> Phrase {
    use io::ErrorKind::*;
    match error.kind() {
        NotFound => words::NOT_THERE.into(),
        PermissionDenied => words::NOT_ALLOWED.into(),
        AddrInUse => words::IN_USE.into(),
        NotADirectory => words::NOT_A_FOLDER.into(),
        IsADirectory => words::A_FOLDER.into(),
        StorageFull => words::DISK_FULL.into(),
        _ => as_it_is(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use connect::{ServerWords, error::Cause};

    #[test]
    fn a_server_that_refuses_is_told_with_what_to_do_and_its_own_words() {
        let words = ServerWords("NO not today".into());
        let said = of_server(&ConnectError::Credentials { cause: Cause::WrongPassword, words });
        assert!(said.nl.starts_with("De server weigert de gebruikersnaam"), "{}", said.nl);
        assert!(said.en.starts_with("The server refuses the user name"), "{}", said.en);
        assert!(said.nl.ends_with("(NO not today)") && said.en.ends_with("(NO not today)"), "{said:?}");
    }

    #[test]
    fn what_the_system_says_most_often_is_not_left_in_its_language() {
        let missing = std::fs::read("/nowhere/at all").expect_err("there is no such file");
        let said = of_path(words::NOT_READ, Path::new("/nowhere/at all"), &missing);
        assert_eq!(said.nl, "/nowhere/at all kon niet worden gelezen: bestaat niet");
        assert_eq!(said.en, "/nowhere/at all could not be read: does not exist");
        let cause = std::sync::Arc::new(missing);
        let said = of_store(&StoreError::Io { doing: "read the key file", cause });
        assert_eq!(said.nl, "Een bestand was niet te lezen of te schrijven (read the key file): bestaat niet");
    }
}
