//! How a command ends: its answer for people and for programs, and the exit status.

use mailroom::words::Refusal;
use serde_json::{Value, json};
use std::process::ExitCode;

/// A command's answer.
pub struct Answer {
    /// Lines for people; the last one is what scripts take.
    pub text: String,
    /// The same for programs.
    pub json: Value,
}

impl Answer {
    /// An answer in words and in JSON.
    pub fn new(text: impl Into<String>, json: Value) -> Answer {
        Answer { text: text.into(), json }
    }
}

/// Why a command failed.
#[derive(Debug)]
pub struct Failed {
    code: &'static str,
    message: String,
    status: u8,
}

impl Failed {
    /// A failure with exit status 1.
    pub fn new(code: &'static str, message: impl Into<String>) -> Failed {
        Failed { code, message: message.into(), status: 1 }
    }

    /// The command was called wrongly: exit status 2.
    pub fn usage(message: impl Into<String>) -> Failed {
        Failed { code: "usage", message: message.into(), status: 2 }
    }
}

impl From<store::StoreError> for Failed {
    fn from(error: store::StoreError) -> Failed {
        match error {
            // The data are not fit to be used: scripts must be able to tell that from an ordinary failure.
            store::StoreError::Unusable(words) => Failed { code: "unusable", message: words.to_string(), status: 3 },
            other => Failed::new("store", other.to_string()),
        }
    }
}

/// A refusal with every field that is to be corrected, a line each.
pub fn in_words(refusal: &Refusal) -> String {
    match refusal {
        Refusal::Invalid { errors } => {
            let lines: Vec<String> =
                errors.iter().map(|error| format!("{}: {}", error.field, error.message.en)).collect();
            lines.join("\n")
        }
        other => other.to_string(),
    }
}

/// How a command ended.
pub type Outcome = Result<Option<Answer>, Failed>;

/// Prints the answer or the failure and gives the exit status.
pub fn report(outcome: Outcome, as_json: bool) -> ExitCode {
    match outcome {
        Ok(None) => ExitCode::SUCCESS,
        Ok(Some(answer)) if as_json => {
            println!("{}", answer.json);
            ExitCode::SUCCESS
        }
        Ok(Some(answer)) => {
            println!("{}", answer.text);
            ExitCode::SUCCESS
        }
        Err(failed) => {
            match as_json {
                true => println!("{}", json!({ "error": { "code": failed.code, "message": failed.message } })),
                false => eprintln!("postkamer: {}", failed.message),
            }
            ExitCode::from(failed.status)
        }
    }
}
