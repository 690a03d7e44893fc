//! Google's own client library for Gmail, which we did not write, with the document that describes the interface.

use crate::home;
use serde_json::Value;
use std::{path::Path, process::Command};

/// Lets the library work on a mailbox at an address that speaks Gmail, and gives what it found (`py/gmail.py`). Everything that
/// it is answered is held against Google's own description.
///
/// # Panics
/// When the library is not installed, or can't read what it is answered.
pub fn gmail_client(base: &str, token: &str) -> Value {
    library("gmail.py", &[base, token])
}

/// What the library is given when it proves with a service account's key file that it may act for this person
/// (`py/service_account.py`): a `token`, or what it was `refused` with.
///
/// # Panics
/// When the library is not installed, or can't read the file.
pub fn service_account_client(file: &str, person: &str, scope: &str) -> Value {
    library("service_account.py", &[file, person, scope])
}

/// Lets the library fetch from a subscription of Pub/Sub with a service account's key file, and gives what it found
/// (`py/pubsub.py`).
///
/// # Panics
/// When the library is not installed, or can't read what it is answered.
pub fn news_client(base: &str, file: &str, subscription: &str) -> Value {
    library("pubsub.py", &[base, file, subscription])
}

/// What a program that works with the library wrote down.
fn library(program: &str, given: &[&str]) -> Value {
    let python = home::need(home::home().join("gmail/bin/python"));
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("py").join(program);
    let output = Command::new(python).arg(program).args(given).output().expect("python is there");
    let said = || format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "the library failed ({}): {}", output.status, said());
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", said()))
}
