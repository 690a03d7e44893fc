//! Clients that share nothing with Postkamer: Python's imaplib, poplib and smtplib, and mbsync.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::Write;
use std::process::{Command, Stdio};

/// What the client does about TLS.
#[derive(Debug, Clone, Default)]
pub enum Tls {
    /// Nothing.
    #[default]
    Off,
    /// STARTTLS, trusting the authority in this PEM file.
    StartTls(std::path::PathBuf),
    /// TLS from the first byte, trusting the authority in this PEM file.
    Implicit(std::path::PathBuf),
}

/// One mailbox on one server, as an outsider reaches it.
#[derive(Debug, Clone)]
pub struct ImapClient {
    /// On localhost.
    pub port: u16,
    /// The name.
    pub user: String,
    /// The password; not used when there is a token.
    pub password: String,
    /// An access token, for XOAUTH2.
    pub token: Option<String>,
    /// How the line is protected.
    pub tls: Tls,
}

/// One message to put into a folder.
#[derive(Debug, Clone, Default)]
pub struct Append {
    /// The exact bytes.
    pub raw: Vec<u8>,
    /// Such as `\Seen`.
    pub flags: Vec<String>,
    /// INTERNALDATE as IMAP writes it, such as `05-Mar-2026 09:30:00 +0100`; `None` is now.
    pub date: Option<String>,
}

/// A folder as the client sees it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct FolderSnapshot {
    /// UIDVALIDITY.
    pub validity: u32,
    /// By UID.
    pub messages: Vec<MessageSnapshot>,
}

/// A message as the client sees it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct MessageSnapshot {
    /// UID.
    pub uid: u32,
    /// Sorted; `\Recent` may be among them.
    pub flags: Vec<String>,
    /// INTERNALDATE as the server wrote it.
    pub date: String,
    /// Length of the body that was fetched.
    pub size: u64,
    /// SHA-256 of the bytes, in hexadecimal ([`crate::digest`]).
    pub digest: String,
}

impl ImapClient {
    /// A client that signs in with a password over an unprotected line.
    pub fn new(port: u16, user: &str, password: &str) -> ImapClient {
        ImapClient { port, user: user.into(), password: password.into(), token: None, tls: Tls::Off }
    }

    /// Puts messages into a folder in this order and answers their UIDs (`None` without UIDPLUS).
    pub fn append(&self, folder: &str, messages: &[Append]) -> Vec<Option<u32>> {
        let messages: Vec<Value> = messages
            .iter()
            .map(|it| json!({ "raw": STANDARD.encode(&it.raw), "flags": it.flags, "date": it.date }))
            .collect();
        self.one(json!({ "do": "append", "folder": folder, "messages": messages }))
    }

    /// Every folder that can be opened, with everything in it.
    pub fn snapshot(&self) -> BTreeMap<String, FolderSnapshot> {
        self.one(json!({ "do": "snapshot" }))
    }

    /// One folder.
    pub fn folder(&self, folder: &str) -> FolderSnapshot {
        let mut all: BTreeMap<String, FolderSnapshot> = self.one(json!({ "do": "snapshot", "folders": [folder] }));
        all.remove(folder).expect("the folder that was asked for")
    }

    /// The exact bytes of every message in a folder, by UID.
    pub fn bodies(&self, folder: &str) -> Vec<Vec<u8>> {
        let all: Value = self.one(json!({ "do": "snapshot", "folders": [folder], "bodies": true }));
        let messages = all[folder]["messages"].as_array().cloned().unwrap_or_default();
        let raw = |message: &Value| STANDARD.decode(message["raw"].as_str().unwrap_or_default()).unwrap_or_default();
        messages.iter().map(raw).collect()
    }

    /// Names of all folders with what the server says about each, such as `\Sent`.
    pub fn folders(&self) -> BTreeMap<String, Vec<String>> {
        let list: Vec<Value> = self.one(json!({ "do": "list" }));
        let marks = |folder: &Value| serde_json::from_value(folder["marks"].clone()).unwrap_or_default();
        list.iter().map(|folder| (folder["name"].as_str().unwrap_or_default().to_owned(), marks(folder))).collect()
    }

    /// Changes flags: `how` is `+FLAGS`, `-FLAGS` or `FLAGS`, `uids` an IMAP set such as `1:5,9`.
    pub fn flags(&self, folder: &str, uids: &str, how: &str, flags: &[&str]) {
        self.run(vec![json!({ "do": "flags", "folder": folder, "uids": uids, "how": how, "flags": flags })]);
    }

    /// Moves messages, with MOVE where the server has it.
    pub fn move_to(&self, folder: &str, uids: &str, to: &str) {
        self.run(vec![json!({ "do": "move", "folder": folder, "uids": uids, "to": to })]);
    }

    /// Copies messages.
    pub fn copy_to(&self, folder: &str, uids: &str, to: &str) {
        self.run(vec![json!({ "do": "copy", "folder": folder, "uids": uids, "to": to })]);
    }

    /// Deletes messages and expunges them.
    pub fn expunge(&self, folder: &str, uids: &str) {
        self.run(vec![json!({ "do": "expunge", "folder": folder, "uids": uids })]);
    }

    /// Makes a folder.
    pub fn create(&self, folder: &str) {
        self.run(vec![json!({ "do": "create", "folder": folder })]);
    }

    /// Removes a folder with what is in it.
    pub fn remove_folder(&self, folder: &str) {
        self.run(vec![json!({ "do": "remove_folder", "folder": folder })]);
    }

    /// Renames a folder.
    pub fn rename(&self, folder: &str, to: &str) {
        self.run(vec![json!({ "do": "rename", "folder": folder, "to": to })]);
    }

    /// The server's refusal to let us in, or `None` when it did.
    pub fn refusal(&self) -> Option<String> {
        self.try_run(vec![json!({ "do": "list" })]).err()
    }

    fn one<T: serde::de::DeserializeOwned>(&self, step: Value) -> T {
        let answer = self.run(vec![step]).into_iter().next().unwrap_or_default();
        serde_json::from_value(answer).expect("the answer of our own script")
    }

    fn run(&self, steps: Vec<Value>) -> Vec<Value> {
        self.try_run(steps).unwrap_or_else(|words| panic!("imaplib on port {}: {words}", self.port))
    }

    fn try_run(&self, steps: Vec<Value>) -> Result<Vec<Value>, String> {
        let mut order = json!({
            "port": self.port, "user": self.user, "password": self.password, "token": self.token, "steps": steps,
        });
        self.tls.tell(&mut order);
        let answer = python("imap.py", &order)?;
        serde_json::from_value(answer).map_err(|error| error.to_string())
    }
}

impl Tls {
    fn tell(&self, order: &mut Value) {
        let (kind, ca) = match self {
            Tls::Off => return,
            Tls::StartTls(ca) => ("starttls", ca),
            Tls::Implicit(ca) => ("implicit", ca),
        };
        order["tls"] = json!(kind);
        order["ca"] = json!(ca);
    }
}

/// One POP3 mailbox, as an outsider reaches it.
#[derive(Debug, Clone, Default)]
pub struct PopClient {
    /// On localhost.
    pub port: u16,
    /// The name.
    pub user: String,
    /// The password.
    pub password: String,
    /// How the line is protected.
    pub tls: Tls,
}

/// A message as a POP3 client sees it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct PopSnapshot {
    /// Its unique id.
    pub uidl: String,
    /// Length of what was fetched.
    pub size: u64,
    /// SHA-256 of the bytes, in hexadecimal ([`crate::digest`]).
    pub digest: String,
}

impl PopClient {
    /// A client that signs in over an unprotected line.
    pub fn new(port: u16, user: &str, password: &str) -> PopClient {
        PopClient { port, user: user.into(), password: password.into(), tls: Tls::Off }
    }

    /// Everything that is there, fetched whole. What is in `delete` (by unique id) is deleted after that.
    pub fn fetch(&self, delete: &[String]) -> Vec<PopSnapshot> {
        let mut order = json!({ "port": self.port, "user": self.user, "password": self.password, "delete": delete });
        self.tls.tell(&mut order);
        let answer = python("pop3.py", &order).unwrap_or_else(|words| panic!("poplib on port {}: {words}", self.port));
        serde_json::from_value(answer).expect("the answer of our own script")
    }
}

/// Sends mail the way any program does.
#[derive(Debug, Clone, Default)]
pub struct SmtpClient {
    /// On localhost.
    pub port: u16,
    /// Name and password; `None` does not sign in.
    pub login: Option<(String, String)>,
    /// With `login`: the password is an access token for XOAUTH2.
    pub by_token: bool,
    /// How the line is protected.
    pub tls: Tls,
}

impl SmtpClient {
    /// Sends, and answers what was refused: `{}` for nothing, `{recipient: [code, words]}`, or the words of a refusal
    /// that concerned the whole message.
    pub fn send(&self, sender: &str, recipients: &[&str], raw: &[u8]) -> Result<Value, String> {
        let mut order = json!({
            "port": self.port, "sender": sender, "recipients": recipients, "raw": STANDARD.encode(raw),
        });
        if let Some((user, secret)) = &self.login {
            order["user"] = json!(user);
            order[if self.by_token { "token" } else { "password" }] = json!(secret);
        }
        self.tls.tell(&mut order);
        let answer = python("smtp.py", &order)?;
        match answer.get("refused") {
            Some(refused) => Ok(refused.clone()),
            None => Err(format!("{} {}", answer["code"], answer["words"])),
        }
    }
}

pub(crate) fn python(script: &str, order: &Value) -> Result<Value, String> {
    let script = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("py").join(script);
    let mut child = Command::new(crate::home::python())
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("Python starts");
    let mut input = child.stdin.take().expect("a pipe");
    // A script that ends early closes the pipe; what it said on its error output is the better complaint.
    let _ = input.write_all(order.to_string().as_bytes());
    drop(input);
    let output = child.wait_with_output().map_err(|error| error.to_string())?;
    let complaint = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        return Err(complaint.lines().last().unwrap_or("it failed without a word").to_owned());
    }
    serde_json::from_slice(&output.stdout).map_err(|error| format!("{error}: {complaint}"))
}
