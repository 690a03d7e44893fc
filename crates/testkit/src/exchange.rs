//! exchangelib, a client of Exchange that we did not write, Microsoft's schema of what is said there, and a door that demands
//! Extended Protection, with pyspnego as its judge.

use crate::{Process, ca::Identity, free_port, home};
use serde_json::Value;
use std::{
    path::{Path, PathBuf},
    process::Command,
};

fn python(script: &str, arguments: &[&str]) -> Value {
    let home = home::need(home::home().join("exchange/requirements.txt")).with_file_name("");
    let script = format!("{}/exchange/{script}", env!("CARGO_MANIFEST_DIR"));
    let output = Command::new(home.join("bin/python")).arg(script).args(arguments).output().expect("Python is there");
    let said = || format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "the program failed: {}", said());
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", said()))
}

/// Lets the library work on a mailbox, and gives what it found (`exchange/drive.py`). `kind` is `basic`, `ntlm`, or
/// `oauth` with a token in the password's place.
///
/// # Panics
/// When the library is not installed, or can't read what it is answered.
pub fn exchange_client(url: &str, user: &str, password: &str, kind: &str) -> Value {
    python("drive.py", &[url, user, password, kind])
}

/// Lets the library ask autodiscover, in its newer form at this address, where a mailbox is (`exchange/find.py`).
///
/// # Panics
/// When the library is not installed, or can't read what it is answered.
pub fn exchange_autodiscover(url: &str, address: &str, user: &str, password: &str, kind: &str) -> Value {
    python("find.py", &[url, address, user, password, kind])
}

/// Where Microsoft's schema of Exchange Web Services lies; it is not ours to hand on, and a clone may be without.
pub fn exchange_schema() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/ews");
    let named = std::env::var_os("POSTKAMER_EWS_SCHEMA").map(PathBuf::from);
    named.into_iter().chain([beside]).find(|folder| folder.join("messages.xsd").exists())
}

/// What the schema finds wrong with these documents; `None` without the schema.
///
/// # Panics
/// When the program that reads it is not installed.
pub fn held_against_exchange_schema(documents: &[String]) -> Option<Vec<Value>> {
    let Some(folder) = exchange_schema() else {
        println!("the schema of Exchange Web Services is not here (POSTKAMER_EWS_SCHEMA): not held against it");
        return None;
    };
    let home = tempfile::tempdir().expect("a folder");
    let file = home.path().join("said.json");
    std::fs::write(&file, serde_json::to_vec(documents).expect("text")).expect("a file");
    let wrong = python("check.py", &[&folder.to_string_lossy(), &file.to_string_lossy()]);
    Some(wrong.as_array().cloned().unwrap_or_default())
}

/// A door of TLS before a server of Exchange. It lets in who proves the password by NTLM, bound to a certificate.
#[derive(Debug)]
pub struct BoundDoor {
    /// Where it listens, on 127.0.0.1.
    pub port: u16,
    process: Process,
}

impl BoundDoor {
    /// Shows one certificate, and demands that the handshake is bound to the other: the same, unless somebody stands between.
    /// `user` is `DOMAIN\name`; whoever is let in asks the server at `url` through the door,
    /// and finds the door's address in its answers.
    ///
    /// # Panics
    /// When Python or pyspnego is not installed, or the door does not open.
    pub fn start(shown: &Identity, bound_to: &Identity, url: &str, user: &str, password: &str) -> BoundDoor {
        let home = home::need(home::home().join("exchange/requirements.txt")).with_file_name("");
        let (port, dir) = (free_port(), Process::folder("bound"));
        let (certificate, key) = shown.write(&dir);
        let other = dir.join("bound-to.pem");
        std::fs::write(&other, &bound_to.certificate).expect("a file in the peer's folder");
        let command = format!(
            "exec {}/bin/python {}/exchange/bound.py {port} {} {} {} {url} '{user}' '{password}'",
            home.display(),
            env!("CARGO_MANIFEST_DIR"),
            certificate.display(),
            key.display(),
            other.display(),
        );
        let mut process = Process::start("bound.py", dir, &command);
        process.wait_for_ports(&[port]);
        BoundDoor { port, process }
    }

    /// What it judged of each sign-in, in their order: `in`, or what was wrong.
    pub fn judged(&self) -> Vec<String> {
        let words = self.process.log();
        words.lines().filter_map(|line| line.strip_prefix("judged ")).map(str::to_owned).collect()
    }
}
