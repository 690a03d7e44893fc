//! The IMAP source against real servers, compared with what a client that shares nothing with it sees.

#[path = "../imap/mirror.rs"]
mod mirror;

use bytes::Bytes;
use connect::{
    Credentials, Edit, Encryption, Secret, Server, Source, Wake, World,
    imap::{ImapOptions, ImapSource},
    settings::WorldOptions,
};
use mail::{Flags, RemoteId, RemoteSet};
use mirror::Mirror;
use std::{path::PathBuf, time::Duration};
use testkit::{Append, Ca, Courier, Cyrus, CyrusOptions, Dovecot, DovecotOptions, ImapClient};

const USER: (&str, &str) = ("anna", "ge\"he\\im 1*");

fn source(port: u16, encryption: Encryption, ca: Option<PathBuf>, options: ImapOptions) -> ImapSource {
    let allow_networks = vec!["127.0.0.0/8".parse().unwrap(), "::1/128".parse().unwrap()];
    let world = World::new(WorldOptions { allow_networks, extra_ca: ca, message_limit_bytes: 0 }).unwrap();
    let server = Server { host: "localhost".into(), port, encryption, pinned_certificate: None };
    let credentials = Credentials::Password { username: USER.0.into(), secret: Secret::new(USER.1) };
    ImapSource::new(world, server, credentials, options)
}

fn letters(count: usize) -> Vec<Append> {
    let one = |number: usize| Append {
        raw: format!(
            "Message-ID: <{number}@shop>\r\nSubject: {number}\r\n\r\n{}\r\n",
            "é\r\n".repeat(number * 7 % 400)
        )
        .into_bytes(),
        flags: [vec![], vec!["\\Seen".to_owned()], vec!["\\Flagged".to_owned(), "Work".to_owned()]][number % 3].clone(),
        date: Some("05-Mar-2026 09:30:00 +0100".into()),
    };
    (0..count).map(one).collect()
}

/// Both sides hold the same messages with the same flags.
fn assert_same(mirror: &Mirror, client: &ImapClient) {
    for (name, folder) in client.snapshot() {
        let Some(kept) = mirror.folders.get(&name) else {
            assert!(folder.messages.is_empty(), "{name} is missing");
            continue;
        };
        assert_eq!(kept.letters.len(), folder.messages.len(), "{name}: {:?}", mirror.log);
        for message in folder.messages {
            let (raw, flags) = kept.letters.get(&message.uid).unwrap_or_else(|| panic!("{name} {}", message.uid));
            assert_eq!(testkit::digest(raw), message.digest, "{name} {}", message.uid);
            let there = Flags::from_imap(message.flags.iter().map(String::as_str));
            assert_eq!(*flags, there, "{name} {}", message.uid);
        }
    }
}

/// What every server must survive, with folders `inbox` and `other`.
async fn story(port: u16, other: &str, pushes: bool) {
    let client = ImapClient::new(port, USER.0, USER.1);
    client.create(other);
    client.append("INBOX", &letters(150));
    client.append(other, &letters(5));
    let mut source = source(port, Encryption::None, None, ImapOptions::default());
    let mut mirror = Mirror::default();
    mirror.pull(&mut source).await.unwrap();
    assert_same(&mirror, &client);

    client.flags("INBOX", "1:3", "+FLAGS", &["\\Answered"]);
    client.expunge("INBOX", "7");
    client.move_to("INBOX", "9", other);
    client.append("INBOX", &letters(2));
    mirror.pull(&mut source).await.unwrap();
    assert_same(&mirror, &client);

    let epoch = mirror.folders["INBOX"].epoch;
    let edits = vec![
        Edit::Flags {
            folder: "INBOX".into(),
            epoch,
            remote: RemoteId::Uid(20),
            add: vec!["\\Seen".into(), "$Forwarded".into()],
            remove: vec!["\\Flagged".into()],
        },
        Edit::Move { folder: "INBOX".into(), epoch, remote: RemoteId::Uid(21), to: other.into() },
        Edit::Delete { folder: "INBOX".into(), epoch, remote: RemoteId::Uid(22) },
        Edit::Append {
            folder: other.into(),
            raw: Bytes::from("Message-ID: <sent@us>\r\nSubject: caf\u{e9}\r\n\r\nsent\r\n"),
            flags: Flags { seen: true, ..Flags::default() },
            internal_at: Some(1_772_699_400_000),
        },
        Edit::CreateFolder { folder: "Nieuw".into() },
        Edit::CreateFolder { folder: "Nieuw".into() },
    ];
    let done = source.edit(edits).await.unwrap();
    assert!(done.iter().all(|one| one.as_ref().is_ok_and(|one| !one.missing)), "{done:?}");
    mirror.pull(&mut source).await.unwrap();
    assert_same(&mirror, &client);
    let there = source.find(other, "<sent@us>").await.unwrap();
    assert_eq!(there.first().map(|(_, id)| id), done[3].as_ref().unwrap().new.as_ref().map(|(_, id)| id));
    let (_, all) = source.inventory("INBOX").await.unwrap();
    assert_eq!(all, mirror.folders["INBOX"].letters.keys().copied().collect::<RemoteSet>());

    assert_eq!(source.wait(Duration::ZERO).await.unwrap(), Wake::Timer);
    let arrive = async {
        let client = client.clone();
        tokio::task::spawn_blocking(move || client.append("INBOX", &letters(1))).await.unwrap();
    };
    let (woken, ()) = tokio::join!(source.wait(Duration::from_secs(if pushes { 20 } else { 1 })), arrive);
    let wanted = if pushes { Wake::Changed(vec!["INBOX".into()]) } else { Wake::Timer };
    assert_eq!(woken.unwrap(), wanted);
    mirror.pull_these(&mut source, &["INBOX".into()]).await.unwrap();
    assert_same(&mirror, &client);
    source.close().await;
}

/// Mail of a day, as many as `count`, with bytes of their own.
fn dated(date: &str, count: usize) -> Vec<Append> {
    let raw =
        |number| format!("Message-ID: <{number}.{}@shop>\r\n\r\n{number}\r\n", date.replace(' ', ".")).into_bytes();
    (0..count).map(|number| Append { raw: raw(number), flags: Vec::new(), date: Some(date.to_owned()) }).collect()
}

/// Mail from before the moment stays on the server, though its days are counted in other time zones.
async fn old_mail_stays(port: u16) {
    let client = ImapClient::new(port, USER.0, USER.1);
    client.append("INBOX", &dated("01-Feb-2024 10:00:00 +0000", 200));
    // 2025-01-01T00:00:00Z lies between the second and the third.
    client.append("INBOX", &dated("31-Dec-2024 23:59:59 +0000", 1));
    client.append("INBOX", &dated("01-Jan-2025 09:59:59 +1000", 1));
    client.append("INBOX", &dated("31-Dec-2024 19:00:00 -0500", 1));
    client.append("INBOX", &dated("01-Jan-2025 10:00:01 +1000", 1));
    client.append("INBOX", &dated("05-Mar-2026 09:30:00 +0100", 5));
    let mut source = source(port, Encryption::None, None, ImapOptions::default());
    let moment = 1_735_689_600_000;
    let older = source.older("INBOX", moment).await.unwrap();
    assert_eq!(older.ranges(), &[(1, 202)]);
    let mut mirror = Mirror { since: Some(moment), ..Mirror::default() };
    mirror.pull(&mut source).await.unwrap();
    let came = |mirror: &Mirror| mirror.folders["INBOX"].letters.keys().copied().collect::<RemoteSet>();
    assert_eq!(came(&mirror).ranges(), &[(203, 209)]);
    mirror.pull(&mut source).await.unwrap();
    assert_eq!(mirror.fresh, [0; 0]);

    client.append("INBOX", &dated("02-Feb-2024 10:00:00 +0000", 100));
    mirror.pull(&mut source).await.unwrap();
    assert_eq!(mirror.fresh, [0; 0], "not even when it comes later");
    (mirror.since, mirror.thorough) = (Some(1_706_800_000_000), true);
    mirror.pull(&mut source).await.unwrap();
    assert_eq!(mirror.fresh.len(), 102, "what is later than that day of 2024, asked for by comparing everything");
    mirror.since = None;
    mirror.pull(&mut source).await.unwrap();
    assert_eq!(mirror.fresh.len(), 200);
    assert_same(&mirror, &client);
    source.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn dovecot_keeps_old_mail_to_itself() {
    old_mail_stays(Dovecot::start(dovecot()).imap_port).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_poor_dovecot_keeps_old_mail_to_itself() {
    let capability = Some("IMAP4rev1".to_owned());
    old_mail_stays(Dovecot::start(DovecotOptions { capability, ..dovecot() }).imap_port).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn cyrus_keeps_old_mail_to_itself() {
    let cyrus = Cyrus::start(cyrus());
    old_mail_stays(cyrus.imap_port).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn courier_keeps_old_mail_to_itself() {
    old_mail_stays(Courier::start(&[USER]).imap_port).await;
}

/// Somebody who does one thing after another comes in between while we are only just beginning to listen.
async fn listening_ends_at_any_moment(port: u16) {
    ImapClient::new(port, USER.0, USER.1).append("INBOX", &letters(1));
    let mut source = source(port, Encryption::None, None, ImapOptions::default());
    let mut mirror = Mirror::default();
    mirror.pull(&mut source).await.unwrap();
    let epoch = mirror.folders["INBOX"].epoch;
    for number in 0..60 {
        drop(tokio::time::timeout(Duration::from_micros(50 * number), source.wait(Duration::from_secs(600))).await);
        let (folder, remote, add, remove) = ("INBOX".into(), RemoteId::Uid(1), vec!["\\Flagged".into()], Vec::new());
        let done = source.edit(vec![Edit::Flags { folder, epoch, remote, add, remove }]);
        let done = tokio::time::timeout(Duration::from_secs(20), done).await.expect("it is done at once");
        assert!(matches!(done.unwrap()[..], [Ok(_)]), "{number}");
    }
    source.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn dovecot_is_listened_to_until_any_moment() {
    listening_ends_at_any_moment(Dovecot::start(dovecot()).imap_port).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn cyrus_is_listened_to_until_any_moment() {
    let cyrus = Cyrus::start(cyrus());
    listening_ends_at_any_moment(cyrus.imap_port).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn courier_is_listened_to_until_any_moment() {
    listening_ends_at_any_moment(Courier::start(&[USER]).imap_port).await;
}

fn cyrus() -> CyrusOptions {
    CyrusOptions { users: vec![(USER.0.into(), USER.1.into())], ..CyrusOptions::default() }
}

fn dovecot() -> DovecotOptions {
    DovecotOptions { users: vec![(USER.0.into(), USER.1.into())], ..DovecotOptions::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn dovecot_and_we_agree() {
    let dovecot = Dovecot::start(dovecot());
    story(dovecot.imap_port, "Klanten/M&APw-ller", true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_poor_dovecot_and_we_agree() {
    let capability = Some("IMAP4rev1 IDLE".to_owned());
    let dovecot = Dovecot::start(DovecotOptions { capability, mechanisms: "plain login".into(), ..dovecot() });
    story(dovecot.imap_port, "Sent", true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn cyrus_and_we_agree() {
    let cyrus = Cyrus::start(cyrus());
    story(cyrus.imap_port, "INBOX.Sent", true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn courier_and_we_agree() {
    // Its IDLE only looks once a minute unless a file monitor runs beside it.
    let courier = Courier::start(&[USER]);
    story(courier.imap_port, "INBOX.Sent", false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn encryption_and_compression_change_nothing() {
    let ca = Ca::new();
    let folder = tempfile::tempdir().unwrap();
    let authority = folder.path().join("ca.pem");
    std::fs::write(&authority, &ca.pem).unwrap();
    let tls = Some(ca.issue(&["localhost"]));
    let extra = "protocol imap {\n  mail_plugins = imap_zlib\n}\n".to_owned();
    let dovecot = Dovecot::start(DovecotOptions { tls, extra, ..dovecot() });
    let client = ImapClient::new(dovecot.imap_port, USER.0, USER.1);
    client.append("INBOX", &letters(200));
    for (port, encryption) in [(dovecot.imaps_port, Encryption::Tls), (dovecot.imap_port, Encryption::Starttls)] {
        for compress in [false, true] {
            let options = ImapOptions { compress, ..ImapOptions::default() };
            let mut source = source(port, encryption, Some(authority.clone()), options);
            let mut mirror = Mirror::default();
            mirror.pull(&mut source).await.unwrap();
            assert_same(&mirror, &client);
            source.close().await;
        }
    }
}
