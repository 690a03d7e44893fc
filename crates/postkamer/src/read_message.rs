//! `postkamer read-message`: reads one message in a process of its own, which may die of it (reliability case 19).

use std::{io::Read, process::ExitCode};

/// Reads standard input as a message; success means that it can be read.
pub fn run() -> ExitCode {
    let mut raw = Vec::new();
    if std::io::stdin().lock().read_to_end(&mut raw).is_err() {
        return ExitCode::FAILURE;
    }
    mailroom::incoming::read_message(&raw);
    ExitCode::SUCCESS
}
