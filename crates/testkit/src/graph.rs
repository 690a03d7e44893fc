//! Microsoft's own client library for Graph, which we did not write, and its metadata of what is said there.

use crate::home;
use serde_json::{Value, json};
use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// Lets the library work on a mailbox at an address that speaks Graph, and gives what it found (`graph/drive.mjs`).
///
/// # Panics
/// When the library is not installed, or can't read what it is answered.
pub fn graph_client(base: &str, token: &str) -> Value {
    let programs = home::need(home::home().join("graph/ready")).with_file_name("");
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/graph/drive.mjs");
    let output = Command::new("node").arg(script).arg(programs).args([base, token]).output().expect("node is there");
    let said = || format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "the library failed: {}", said());
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", said()))
}

/// What Microsoft's metadata finds wrong with what was said: question, its body, status and answer. `None` without the
/// metadata, which is not ours to hand on.
///
/// # Panics
/// When Python can't read them.
pub fn held_against_graph_metadata(said: &[(String, String, u16, String)]) -> Option<Vec<String>> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/graph/metadata-v1.0.xml");
    let named = std::env::var_os("POSTKAMER_GRAPH_METADATA").map(PathBuf::from);
    let Some(metadata) = named.into_iter().chain([beside]).find(|file| file.exists()) else {
        println!("the metadata of Graph is not here (POSTKAMER_GRAPH_METADATA): not held against it");
        return None;
    };
    let told: Vec<Value> = said
        .iter()
        .map(
            |(asked, body, status, answer)| json!({ "asked": asked, "body": body, "status": status, "answer": answer }),
        )
        .collect();
    let home = tempfile::tempdir().expect("a folder");
    let file = home.path().join("said.json");
    std::fs::write(&file, Value::from(told).to_string()).expect("a file");
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/graph/check.py");
    let output = Command::new("python3").arg(script).arg(metadata).arg(&file).output().expect("Python is there");
    let words = || format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{}", words());
    Some(serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", words())))
}
