//! Mailgun's own client library, which we did not write.

use crate::home;
use serde_json::Value;
use std::process::Command;

/// Lets the library work on a region at an address that speaks Mailgun, with posts to `hook`, and gives what it found
/// (`mailgun/drive.mjs`).
///
/// # Panics
/// When the library is not installed, or can't read what it is answered.
pub fn mailgun_client(url: &str, key: &str, hook: &str) -> Value {
    let programs = home::need(home::home().join("mailgun/ready")).with_file_name("");
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/mailgun/drive.mjs");
    let output = Command::new("node").arg(script).arg(programs).args([url, key, hook]).output().expect("node is there");
    let said = || format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "the library failed: {}", said());
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", said()))
}
