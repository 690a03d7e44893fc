//! Gmail as it shows itself over IMAP: npm's hoodiecrow, which speaks its additions and which we did not write.

use crate::{Append, ImapClient, MessageSnapshot, Process, free_port, home};
use std::collections::BTreeSet;

/// A mailbox with labels, of `anna` with the app password `abcdefghijklmnop`.
#[derive(Debug)]
pub struct GmailImap {
    /// Plain, on localhost.
    pub port: u16,
    /// Python's imaplib in the same mailbox.
    pub client: ImapClient,
    /// The process.
    pub process: Process,
}

impl GmailImap {
    /// Who signs in.
    pub const USER: &str = "anna";
    /// By what.
    pub const PASSWORD: &str = "abcdefghijklmnop";
    /// Every letter that is neither spam nor in the bin.
    pub const ALL: &str = "[Gmail]/All Mail";
    /// The bin.
    pub const BIN: &str = "[Gmail]/Trash";
    /// Spam.
    pub const SPAM: &str = "[Gmail]/Spam";
    /// What was sent.
    pub const SENT: &str = "[Gmail]/Sent Mail";

    /// Starts one. It has the labels `Werk` and `Werk/Klanten`.
    ///
    /// # Panics
    /// When node or hoodiecrow is not installed or does not start.
    pub fn start() -> GmailImap {
        let programs = home::need(home::home().join("imap/ready"));
        let (port, dir) = (free_port(), Process::folder("gmail-imap"));
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/imap/gmail.mjs");
        let (user, password) = (GmailImap::USER, GmailImap::PASSWORD);
        let command = format!("exec node {script} {} {port} {user} {password}", programs.display());
        let mut process = Process::start("hoodiecrow", dir, &command);
        process.wait_for_ports(&[port]);
        GmailImap { port, client: ImapClient::new(port, user, password), process }
    }

    /// Puts letters under these labels; under none they lie in the archive.
    pub fn put(&self, labels: &[&str], letters: &[Append]) {
        let uids = self.client.append(labels.first().copied().unwrap_or(GmailImap::ALL), letters);
        assert!(uids.iter().all(Option::is_some), "the server tells the numbers of what it was given");
        for label in labels.iter().skip(1) {
            let digests: BTreeSet<String> = letters.iter().map(|letter| crate::digest(&letter.raw)).collect();
            let all = self.client.folder(GmailImap::ALL).messages;
            let uids: Vec<String> =
                all.iter().filter(|it| digests.contains(&it.digest)).map(|it| it.uid.to_string()).collect();
            self.client.flags(GmailImap::ALL, &uids.join(","), "+X-GM-LABELS", &[label]);
        }
    }

    /// The letters of a folder; of "All Mail" those that lie in no other one.
    pub fn lying(&self, folder: &str) -> Vec<MessageSnapshot> {
        let all = self.client.snapshot();
        let elsewhere: BTreeSet<&String> = all
            .iter()
            .filter(|(name, _)| name.as_str() != GmailImap::ALL)
            .flat_map(|(_, folder)| folder.messages.iter().map(|message| &message.digest))
            .collect();
        let here = all.get(folder).map(|folder| folder.messages.clone()).unwrap_or_default();
        here.into_iter().filter(|it| folder != GmailImap::ALL || !elsewhere.contains(&it.digest)).collect()
    }
}
