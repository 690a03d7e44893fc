use std::collections::BTreeMap;
use testkit::{Append, Cyrus, CyrusOptions, Dovecot, DovecotOptions, ImapClient, corpus, digest, mbsync, unix_lines};

fn load(client: &ImapClient, mailbox: &BTreeMap<String, Vec<Append>>) {
    let there = client.folders();
    for (folder, messages) in mailbox {
        if !there.contains_key(folder) {
            client.create(folder);
        }
        client.append(folder, messages);
    }
}

#[test]
fn dovecot_gives_back_every_byte_of_the_corpus_and_mbsync_agrees() {
    let dovecot = Dovecot::start(DovecotOptions::default());
    let client = ImapClient::new(dovecot.imap_port, "anna", "geheim-1");
    let mailbox = corpus::mailbox(11, 300);
    load(&client, &mailbox);
    let (seen, pulled) = (client.snapshot(), mbsync(dovecot.imap_port, "anna", "geheim-1"));
    for (folder, messages) in &mailbox {
        let sent: Vec<String> = messages.iter().map(|message| digest(&message.raw)).collect();
        let got: Vec<String> = seen[folder].messages.iter().map(|message| message.digest.clone()).collect();
        assert_eq!(got, sent, "{folder}");
        let mut lines: Vec<String> = messages.iter().map(|message| digest(&unix_lines(&message.raw))).collect();
        lines.sort();
        let shown = pulled.iter().find(|(name, _)| name.starts_with(&folder[..3]));
        assert_eq!(shown.map(|(_, digests)| digests), Some(&lines), "{folder} in {:?}", pulled.keys());
    }
}

#[test]
fn cyrus_takes_the_corpus_too() {
    let cyrus = Cyrus::start(CyrusOptions::default());
    let client = ImapClient::new(cyrus.imap_port, "anna", "geheim-1");
    let mailbox = corpus::mailbox(12, 120);
    load(&client, &mailbox);
    let seen = client.snapshot();
    for (folder, messages) in &mailbox {
        let sent: Vec<String> = messages.iter().map(|message| digest(&message.raw)).collect();
        let got: Vec<String> = seen[folder].messages.iter().map(|message| message.digest.clone()).collect();
        assert_eq!(got, sent, "{folder}");
    }
}
