//! mbsync: pulls a whole mailbox into Maildirs, the second opinion about what a server holds.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

/// Pulls everything from the server on this port and answers, for each folder, the sorted digests of its messages.
///
/// A Maildir keeps lines without carriage returns, so that the digests are of [`unix_lines`].
///
/// # Panics
/// When mbsync is not installed or complains.
pub fn mbsync(port: u16, user: &str, password: &str) -> BTreeMap<String, Vec<String>> {
    let program = crate::home::program("mbsync", &["/usr/bin/mbsync"]);
    let dir = tempfile::tempdir().expect("a temporary folder");
    let home = dir.path().display();
    std::fs::create_dir(dir.path().join("mail")).expect("a folder inside our own");
    let settings = format!(
        "IMAPAccount server\nHost localhost\nPort {port}\nUser \"{user}\"\nPass \"{password}\"\nSSLType None\n\
         AuthMechs LOGIN\n\nIMAPStore far\nAccount server\n\nMaildirStore near\nPath {home}/mail/\n\
         Inbox {home}/mail/INBOX\nSubFolders Verbatim\n\nChannel all\nFar :far:\nNear :near:\nPatterns *\n\
         Create Near\nSync Pull\nSyncState *\n"
    );
    let rc = dir.path().join("mbsyncrc");
    std::fs::write(&rc, settings).expect("a file in our own folder");
    let output = Command::new(program).arg("-q").arg("-c").arg(&rc).arg("-a").output().expect("mbsync starts");
    assert!(output.status.success(), "mbsync: {}", String::from_utf8_lossy(&output.stderr));

    let mut folders = BTreeMap::new();
    collect(&dir.path().join("mail"), "", &mut folders);
    folders
}

/// The bytes with every CRLF made LF.
pub fn unix_lines(raw: &[u8]) -> Vec<u8> {
    let mut lines = Vec::with_capacity(raw.len());
    for (index, byte) in raw.iter().enumerate() {
        if !(*byte == b'\r' && raw.get(index + 1) == Some(&b'\n')) {
            lines.push(*byte);
        }
    }
    lines
}

/// Without the header line by which mbsync finds back what it has just stored.
fn as_sent(file: &[u8]) -> Vec<u8> {
    let mut in_head = true;
    let lines = file.split_inclusive(|byte| *byte == b'\n');
    let kept = lines.filter(|line| {
        in_head &= !matches!(line, [b'\n']);
        !(in_head && line.starts_with(b"X-TUID: "))
    });
    kept.flatten().copied().collect()
}

fn collect(dir: &Path, name: &str, folders: &mut BTreeMap<String, Vec<String>>) {
    let entries = |path: &Path| std::fs::read_dir(path).into_iter().flatten().flatten();
    if dir.join("cur").is_dir() {
        let files = ["cur", "new"].into_iter().flat_map(|part| entries(&dir.join(part)));
        let mut digests: Vec<String> = files
            .map(|file| crate::digest(&as_sent(&std::fs::read(file.path()).expect("a file of mbsync's"))))
            .collect();
        digests.sort();
        folders.insert(name.to_owned(), digests);
    }
    for entry in entries(dir) {
        let part = entry.file_name().to_string_lossy().into_owned();
        if entry.path().is_dir() && !["cur", "new", "tmp"].contains(&part.as_str()) {
            let below = if name.is_empty() { part } else { format!("{name}/{part}") };
            collect(&entry.path(), &below, folders);
        }
    }
}
