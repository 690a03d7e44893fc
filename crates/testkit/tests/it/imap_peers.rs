use std::time::Duration;
use testkit::{
    Append, Ca, Courier, Cyrus, CyrusOptions, Dovecot, DovecotOptions, ImapClient, OauthServer, Tls, digest, mbsync,
    unix_lines,
};

const LETTER: &[u8] = b"From: Klant <klant@elders.test>\r\nTo: anna@example.test\r\nSubject: Dakgoot\r\n\
    Message-ID: <goot-1@elders.test>\r\n\r\nDe goot lekt weer.\r\n.\r\nGroet\r\n";

fn letter(flags: &[&str]) -> Append {
    let flags = flags.iter().map(|flag| (*flag).to_owned()).collect();
    Append { raw: LETTER.to_vec(), flags, date: Some("05-Mar-2026 09:30:00 +0100".into()) }
}

/// Appends, flags, moves and expunges, and sees exactly that.
fn keeps_mail(client: &ImapClient, archive: &str) {
    client.append("INBOX", &[letter(&["\\Seen"]), letter(&[]), letter(&[])]);
    let inbox = client.folder("INBOX");
    let uids: Vec<u32> = inbox.messages.iter().map(|message| message.uid).collect();
    let [first, second, third] = uids[..] else { panic!("three messages, not {uids:?}") };
    assert!(inbox.messages.iter().all(|message| message.digest == digest(LETTER)));
    assert!(inbox.messages[0].flags.contains(&"\\Seen".to_owned()));
    assert!(inbox.messages[0].date.contains("-Mar-2026"), "{}", inbox.messages[0].date);

    client.flags("INBOX", &second.to_string(), "+FLAGS", &["\\Flagged", "$Klaar"]);
    client.create(archive);
    client.move_to("INBOX", &first.to_string(), archive);
    client.expunge("INBOX", &third.to_string());
    let after = client.snapshot();
    assert_eq!(after[archive].messages[0].digest, digest(LETTER));
    assert_eq!(after["INBOX"].messages.len(), 1);
    assert!(after["INBOX"].messages[0].flags.contains(&"\\Flagged".to_owned()));
    assert!(after["INBOX"].messages[0].flags.contains(&"$Klaar".to_owned()));
    assert_eq!(client.bodies("INBOX"), [LETTER.to_vec()]);
}

#[test]
fn dovecot_keeps_mail_and_mbsync_sees_the_same() {
    let dovecot = Dovecot::start(DovecotOptions::default());
    let client = ImapClient::new(dovecot.imap_port, "anna", "geheim-1");
    keeps_mail(&client, "Werk/2026");
    assert!(client.folders()["Verzonden"].contains(&"\\Sent".to_owned()));

    let pulled = mbsync(dovecot.imap_port, "anna", "geheim-1");
    assert_eq!(pulled["INBOX"], [digest(&unix_lines(LETTER))]);
    assert_eq!(pulled["Werk/2026"], [digest(&unix_lines(LETTER))]);
}

#[test]
fn two_dovecots_run_beside_each_other() {
    let (one, other) = (Dovecot::start(DovecotOptions::default()), Dovecot::start(DovecotOptions::default()));
    ImapClient::new(one.imap_port, "anna", "geheim-1").append("INBOX", &[letter(&[])]);
    let folder = ImapClient::new(other.imap_port, "anna", "geheim-1").folder("INBOX");
    assert!(folder.messages.is_empty());
}

#[test]
fn dovecot_protects_the_line_both_ways() {
    let ca = Ca::new();
    let dir = tempfile::tempdir().unwrap();
    let trusted = dir.path().join("ca.pem");
    std::fs::write(&trusted, &ca.pem).unwrap();
    let tls = Some(ca.issue(&["localhost"]));
    let dovecot = Dovecot::start(DovecotOptions { tls, ..DovecotOptions::default() });

    let mut client = ImapClient::new(dovecot.imap_port, "bram@voorbeeld.test", "geheim-2");
    client.tls = Tls::StartTls(trusted.clone());
    assert_eq!(client.refusal(), None);
    client.port = dovecot.imaps_port;
    client.tls = Tls::Implicit(trusted);
    assert_eq!(client.refusal(), None);
}

#[test]
fn an_expired_certificate_is_refused_by_a_careful_client() {
    let ca = Ca::new();
    let dir = tempfile::tempdir().unwrap();
    let trusted = dir.path().join("ca.pem");
    std::fs::write(&trusted, &ca.pem).unwrap();
    let tls = Some(ca.issue_expired(&["localhost"]));
    let dovecot = Dovecot::start(DovecotOptions { tls, ..DovecotOptions::default() });
    let mut client = ImapClient::new(dovecot.imaps_port, "anna", "geheim-1");
    client.tls = Tls::Implicit(trusted);
    assert!(client.refusal().unwrap_or_default().contains("expired"));
}

#[test]
fn dovecot_takes_a_good_token_and_refuses_an_expired_one() {
    let provider = OauthServer::start();
    let dovecot = Dovecot::start(DovecotOptions { oauth: Some(provider.url.clone()), ..DovecotOptions::default() });
    let mut client = ImapClient::new(dovecot.imap_port, "anna", "");
    client.token = Some(provider.token("anna", 600));
    client.append("INBOX", &[letter(&[])]);
    assert_eq!(client.folder("INBOX").messages.len(), 1);

    client.token = Some(provider.token("anna", -10));
    assert!(client.refusal().unwrap_or_default().contains("AUTHENTICATIONFAILED"));
}

#[test]
fn dovecot_can_pretend_to_be_a_poorer_server() {
    let capability = Some("IMAP4rev1 UIDPLUS".to_owned());
    let dovecot = Dovecot::start(DovecotOptions { capability, ..DovecotOptions::default() });
    let client = ImapClient::new(dovecot.imap_port, "anna", "geheim-1");
    keeps_mail(&client, "Werk");
}

#[test]
fn cyrus_keeps_mail() {
    let ca = Ca::new();
    let cyrus = Cyrus::start(CyrusOptions { tls: Some(ca.issue(&["localhost"])), ..CyrusOptions::default() });
    keeps_mail(&ImapClient::new(cyrus.imap_port, "anna", "geheim-1"), "Werk/2026");
}

#[test]
fn courier_keeps_mail() {
    let courier = Courier::start(&[("anna", "geheim-1")]);
    keeps_mail(&ImapClient::new(courier.imap_port, "anna", "geheim-1"), "INBOX.Werk");
}

#[test]
fn a_stopped_server_is_gone_at_once() {
    let dovecot = Dovecot::start(DovecotOptions::default());
    let port = dovecot.imap_port;
    let begin = std::time::Instant::now();
    drop(dovecot);
    assert!(!testkit::is_listening(port));
    assert!(begin.elapsed() < Duration::from_secs(5));
}
