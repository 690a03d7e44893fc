//! How a command ends: its answer for people and for programs, and the exit status.

use crate::trouble::{of_refusal, of_store};
use mailroom::words::{Language, Phrase, Refusal};
use serde_json::{Value, json};
use std::{
    fmt::Display,
    io::{ErrorKind, Write, stdout},
    process::ExitCode,
};

/// A command's answer.
pub struct Answer {
    /// Lines for people; the last one is what scripts take.
    pub text: Phrase,
    /// The same for programs.
    pub json: Value,
}

impl Answer {
    /// An answer in words and in JSON.
    pub fn new(text: impl Into<Phrase>, json: Value) -> Answer {
        Answer { text: text.into(), json }
    }
}

/// Why a command failed.
#[derive(Debug)]
pub struct Failed {
    code: &'static str,
    message: Phrase,
    status: u8,
}

impl Failed {
    /// A failure with exit status 1.
    pub fn new(code: &'static str, message: impl Into<Phrase>) -> Failed {
        Failed { code, message: message.into(), status: 1 }
    }

    /// A verb that was refused: exit status 1.
    pub fn refused(code: &'static str, refusal: &Refusal) -> Failed {
        Failed::new(code, of_refusal(refusal))
    }

    /// The command was called wrongly: exit status 2.
    pub fn usage(message: impl Into<Phrase>) -> Failed {
        Failed { code: "usage", message: message.into(), status: 2 }
    }
}

impl From<store::StoreError> for Failed {
    fn from(error: store::StoreError) -> Failed {
        let message = of_store(&error);
        match error {
            // The data are not fit to be used: scripts must be able to tell that from an ordinary failure.
            store::StoreError::Unusable(_) => Failed { code: "unusable", message, status: 3 },
            _ => Failed::new("store", message),
        }
    }
}

/// How a command ended.
pub type Outcome = Result<Option<Answer>, Failed>;

/// Prints the answer or the failure in that language and gives the exit status.
pub fn report(outcome: Outcome, language: Language, as_json: bool) -> ExitCode {
    match outcome {
        Ok(None) => ExitCode::SUCCESS,
        Ok(Some(answer)) if as_json => print(answer.json),
        Ok(Some(answer)) => print(answer.text.say(language)),
        Err(failed) => {
            let message = failed.message.say(language);
            match as_json {
                true => _ = print(json!({ "error": { "code": failed.code, "message": message } })),
                false => eprintln!("postkamer: {message}"),
            }
            ExitCode::from(failed.status)
        }
    }
}

/// Prints a line. Whoever stopped reading, as `head` does, does not want the rest; anything else in its way is a failure.
pub fn print(line: impl Display) -> ExitCode {
    match writeln!(stdout(), "{line}") {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            eprintln!("postkamer: {error}");
            ExitCode::FAILURE
        }
        _ => ExitCode::SUCCESS,
    }
}
