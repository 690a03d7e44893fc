//! The same kind of mailbox over IMAP with an app password: by labels, from where each letter is once.

use crate::memory::Kept;
use bytes::Bytes;
use connect::{
    Credentials, Edit, Encryption, Secret, Server, Source, Transcript, Wake, World, WorldOptions,
    imap::{ImapOptions, ImapSource},
};
use mail::{Flags, RemoteId, Role};
use std::{collections::BTreeMap, time::Duration};
use testkit::{Append, GmailImap, corpus};

fn source(server: &GmailImap, transcript: &Transcript) -> ImapSource {
    let allow_networks = vec!["127.0.0.0/8".parse().unwrap(), "::1/128".parse().unwrap()];
    let world = World::new(WorldOptions { allow_networks, ..WorldOptions::default() }).unwrap();
    let host = "127.0.0.1".to_owned();
    let at = Server { host, port: server.port, encryption: Encryption::None, pinned_certificate: None };
    // As Google shows it, in groups.
    let secret = Secret::new("abcd efgh ijkl mnop");
    let credentials = Credentials::Password { username: GmailImap::USER.into(), secret };
    let options = ImapOptions { transcript: Some(transcript.clone()), ..ImapOptions::default() };
    ImapSource::new(world, at, credentials, options)
}

fn letter(subject: &str) -> Append {
    let raw =
        format!("From: a@elders.test\r\nMessage-ID: <{subject}@elders.test>\r\nSubject: {subject}\r\n\r\nDag\r\n");
    Append { raw: raw.into_bytes(), ..Append::default() }
}

/// What is kept and what another program sees are the same, place for place.
fn assert_same(kept: &Kept, server: &GmailImap) {
    for folder in kept.folders.values() {
        let mut here: Vec<(String, Flags)> =
            folder.letters.values().map(|(raw, flags)| (testkit::digest(raw), flags.clone())).collect();
        let mut there: Vec<(String, Flags)> = server
            .lying(&folder.remote)
            .into_iter()
            .map(|it| (it.digest, Flags::from_imap(it.flags.iter().map(String::as_str))))
            .collect();
        here.sort_by(|one, other| one.0.cmp(&other.0));
        there.sort_by(|one, other| one.0.cmp(&other.0));
        assert_eq!(here, there, "{}", folder.remote);
    }
}

/// How many letters were asked for with their bytes, by the commands that went over the line.
fn bytes_asked_for(transcript: &Transcript) -> usize {
    let text = transcript.text();
    let sets = text.lines().filter(|line| line.starts_with("C: ") && line.contains("BODY.PEEK[]"));
    let sets = sets.filter_map(|line| line.split("UID FETCH ").nth(1)?.split(' ').next());
    let ranges = sets.flat_map(|set| set.split(','));
    let length = |range: &str| match range.split_once(':') {
        Some((first, last)) => last.parse::<usize>().unwrap() - first.parse::<usize>().unwrap() + 1,
        None => 1,
    };
    ranges.map(length).sum()
}

fn id_of(kept: &Kept, folder: &str, subject: &str) -> RemoteId {
    let wanted = format!("Subject: {subject}\r\n");
    let letters = kept.folders.values().find(|it| it.remote == folder).unwrap();
    let is_it = |raw: &Bytes| String::from_utf8_lossy(raw).contains(&wanted);
    let found = letters.letters.iter().find(|(_, (raw, _))| is_it(raw));
    RemoteId::Name(found.unwrap_or_else(|| panic!("no {subject} in {folder}")).0.clone())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_under_several_labels_has_several_places_and_its_bytes_come_once() {
    let server = GmailImap::start();
    let letters = |seed: u64, count: usize| -> Vec<Append> {
        let raws = corpus::messages(seed, count).into_iter().enumerate();
        let flags = |n: usize| if n.is_multiple_of(2) { vec!["\\Seen".to_owned()] } else { Vec::new() };
        raws.map(|(n, raw)| Append { raw, flags: flags(n), date: None }).collect()
    };
    server.put(&["INBOX"], &letters(1, 60));
    server.put(&["INBOX", "Werk", "Werk/Klanten"], &letters(2, 30));
    server.put(&[], &letters(3, 20));
    server.put(&[GmailImap::SENT], &letters(4, 10));
    server.put(&[GmailImap::BIN], &letters(5, 5));
    server.put(&[GmailImap::SPAM], &letters(6, 5));
    let transcript = Transcript::new(1 << 20);
    let (mut kept, mut source) = (Kept::default(), source(&server, &transcript));
    kept.pull(&mut source).await.unwrap();
    assert_same(&kept, &server);
    assert_eq!(kept.came, 60 + 30 * 3 + 20 + 10 + 5 + 5);
    assert_eq!(bytes_asked_for(&transcript), 130);
    assert_eq!(kept.of(Role::Archive).letters.len(), 20, "the archive is no copy of everything");
    let names: BTreeMap<&str, Role> = kept.folders.iter().map(|(name, it)| (name.as_str(), it.role)).collect();
    let wanted = [
        ("Archive", Role::Archive),
        ("Drafts", Role::Drafts),
        ("INBOX", Role::Inbox),
        ("Sent Mail", Role::Sent),
        ("Spam", Role::Junk),
        ("Trash", Role::Trash),
        ("Werk", Role::None),
        ("Werk/Klanten", Role::None),
    ];
    assert_eq!(names, BTreeMap::from(wanted), "and what is important or starred is no folder");
    assert!(!transcript.text().contains("abcd"), "the password is in no record, in neither of its forms");

    // The ledger's side, and what came in before a moment.
    for folder in kept.folders.values() {
        let (epoch, there) = source.inventory(&folder.remote).await.unwrap();
        assert_eq!((epoch, there.names().count()), (1, folder.letters.len()), "{}", folder.remote);
        assert!(folder.letters.keys().all(|id| there.contains(&RemoteId::Name(id.clone()))));
        assert!(source.older(&folder.remote, 0).await.unwrap().is_empty());
    }
    assert_eq!(source.older("Werk", i64::MAX).await.unwrap().len(), 30);

    // Nothing happened, and nothing comes.
    kept.pull(&mut source).await.unwrap();
    assert_eq!((kept.came, bytes_asked_for(&transcript)), (190, 130));
    // Not even when all of it is compared.
    kept.thorough = true;
    kept.pull(&mut source).await.unwrap();
    assert_eq!((kept.came, bytes_asked_for(&transcript)), (190, 130));
    assert_same(&kept, &server);
    source.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_labelled_marked_binned_or_deleted_there_is_so_here() {
    let server = GmailImap::start();
    let names = ["blijft", "gelezen", "naar-werk", "archief", "weg", "prullenbak", "spam", "terug"];
    let letters: Vec<Append> = names.iter().map(|name| letter(name)).collect();
    server.put(&["INBOX"], &letters[..7]);
    server.put(&[GmailImap::BIN], &letters[7..]);
    let transcript = Transcript::new(1 << 20);
    let (mut kept, mut source) = (Kept::default(), source(&server, &transcript));
    kept.pull(&mut source).await.unwrap();
    assert_same(&kept, &server);
    let uid = |folder: &str, name: &str| {
        let digest = testkit::digest(&letter(name).raw);
        let found = server.client.folder(folder).messages.into_iter().find(|it| it.digest == digest);
        found.unwrap_or_else(|| panic!("{name} is in {folder}")).uid.to_string()
    };
    let marked = transcript.text().lines().count();
    server.client.flags("INBOX", &uid("INBOX", "gelezen"), "+FLAGS", &["\\Seen", "\\Flagged"]);
    server.client.flags(GmailImap::ALL, &uid(GmailImap::ALL, "naar-werk"), "+X-GM-LABELS", &["Werk"]);
    server.client.flags(GmailImap::ALL, &uid(GmailImap::ALL, "archief"), "-X-GM-LABELS", &["\\Inbox"]);
    server.client.move_to("INBOX", &uid("INBOX", "prullenbak"), GmailImap::BIN);
    server.client.move_to("INBOX", &uid("INBOX", "spam"), GmailImap::SPAM);
    server.client.move_to(GmailImap::BIN, &uid(GmailImap::BIN, "terug"), "INBOX");
    server.put(&["INBOX"], &[letter("nieuw")]);
    kept.pull(&mut source).await.unwrap();
    assert_same(&kept, &server);
    let told: Vec<String> = transcript.text().lines().skip(marked).map(str::to_owned).collect();
    assert!(told.iter().any(|line| line.contains("CHANGEDSINCE")), "what changed was asked for");
    let lists = |line: &&String| line.starts_with("C: ") && line.ends_with("X-GM-LABELS)") && line.contains("1:*");
    assert_eq!(told.iter().find(lists), None, "and not everything that is there");

    // Gone for good: no number tells it, so everything is compared.
    server.client.move_to("INBOX", &uid("INBOX", "weg"), GmailImap::BIN);
    server.client.expunge(GmailImap::BIN, &uid(GmailImap::BIN, "weg"));
    kept.pull(&mut source).await.unwrap();
    assert_same(&kept, &server);
    source.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_done_here_is_done_there_by_labels() {
    let server = GmailImap::start();
    let names = ["vlag", "archief", "werk", "weg", "een-van-twee", "bak", "uit-bak", "uit-archief"];
    let letters: Vec<Append> = names.iter().map(|name| letter(name)).collect();
    server.put(&["INBOX"], &letters[..4]);
    server.put(&["INBOX", "Werk"], &letters[4..5]);
    server.put(&["INBOX"], &letters[5..6]);
    server.put(&[GmailImap::BIN], &letters[6..7]);
    server.put(&[], &letters[7..]);
    let transcript = Transcript::new(1 << 20);
    let (mut kept, mut source) = (Kept::default(), source(&server, &transcript));
    kept.pull(&mut source).await.unwrap();
    let moved = |from: &str, subject: &str, to: &str| Edit::Move {
        folder: from.into(),
        epoch: 1,
        remote: id_of(&kept, from, subject),
        to: to.into(),
    };
    let deleted =
        |subject: &str| Edit::Delete { folder: "INBOX".into(), epoch: 1, remote: id_of(&kept, "INBOX", subject) };
    let edits = vec![
        Edit::Flags {
            folder: "INBOX".into(),
            epoch: 1,
            remote: id_of(&kept, "INBOX", "vlag"),
            add: vec!["\\Seen".into(), "$Forwarded".into()],
            remove: vec!["\\Flagged".into()],
        },
        moved("INBOX", "archief", GmailImap::ALL),
        moved("INBOX", "werk", "Werk/Klanten"),
        deleted("weg"),
        deleted("een-van-twee"),
        moved("INBOX", "bak", GmailImap::BIN),
        moved(GmailImap::BIN, "uit-bak", "INBOX"),
        moved(GmailImap::ALL, "uit-archief", "INBOX"),
        Edit::CreateFolder { folder: "Nieuw".into() },
        Edit::Append {
            folder: GmailImap::SENT.into(),
            raw: Bytes::from(letter("verzonden").raw),
            flags: Flags { seen: true, ..Flags::default() },
            internal_at: Some(1_772_699_400_000),
        },
    ];
    let done = source.edit(edits.clone()).await.unwrap();
    assert!(done.iter().all(|one| one.as_ref().is_ok_and(|one| !one.missing)), "{done:?}");
    for at in [1, 2, 5, 6, 7] {
        let Edit::Move { remote, .. } = &edits[at] else { panic!() };
        assert_eq!(done[at].as_ref().unwrap().new, Some((1, remote.clone())), "{at}: a letter keeps its name");
    }
    let sent = server.lying(GmailImap::SENT);
    assert_eq!(sent.len(), 1);
    assert_eq!(
        source.find(GmailImap::SENT, "<verzonden@elders.test>").await.unwrap().first(),
        done[9].as_ref().unwrap().new.as_ref()
    );
    assert_eq!(source.find("INBOX", "<verzonden@elders.test>").await.unwrap(), [], "it lies in one place");

    kept.pull(&mut source).await.unwrap();
    assert_same(&kept, &server);
    let lies = |folder: &str| server.lying(folder).len();
    assert_eq!((lies("INBOX"), lies("Werk"), lies("Werk/Klanten"), lies(GmailImap::BIN)), (3, 1, 1, 1));
    let all: usize = kept.folders.values().map(|folder| folder.letters.len()).sum();
    assert_eq!(all, 8, "one is gone for good and one was sent");

    // Twice does no harm, and nobody puts anything among what was sent.
    let again = source.edit(vec![edits[3].clone(), edits[1].clone()]).await.unwrap();
    assert!(again.iter().all(|one| one.as_ref().unwrap().missing), "{again:?}");
    let refused = source.edit(vec![moved_to_sent(&kept)]).await.unwrap();
    assert!(refused[0].is_err(), "{refused:?}");
    source.close().await;
}

fn moved_to_sent(kept: &Kept) -> Edit {
    Edit::Move { folder: "INBOX".into(), epoch: 1, remote: id_of(kept, "INBOX", "vlag"), to: GmailImap::SENT.into() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_fetch_that_dies_goes_on_where_it_was_and_old_mail_stays_there() {
    let server = GmailImap::start();
    let dated = |day: &str, seed: u64, count: usize| -> Vec<Append> {
        let date = Some(format!("{day} 10:00:00 +0000"));
        corpus::messages(seed, count)
            .into_iter()
            .map(|raw| Append { raw, date: date.clone(), ..Append::default() })
            .collect()
    };
    server.put(&["INBOX", "Werk"], &dated("05-Mar-2026", 8, 120));
    let transcript = Transcript::new(1 << 20);
    let mut kept = Kept::default();
    for dies_after in [40, 130] {
        kept.dies_after = Some(dies_after);
        let mut source = source(&server, &transcript);
        assert!(kept.pull(&mut source).await.is_err());
    }
    kept.dies_after = None;
    let mut source = source(&server, &transcript);
    kept.pull(&mut source).await.unwrap();
    assert_same(&kept, &server);
    assert_eq!(kept.came, 240, "nothing came twice into the same folder");

    server.put(&["INBOX"], &dated("01-Feb-2024", 9, 10));
    kept.since = Some(1_767_225_600_000);
    kept.pull(&mut source).await.unwrap();
    assert_eq!(kept.came, 240, "it came in before the moment that was chosen");
    assert_eq!(source.older("INBOX", 1_767_225_600_000).await.unwrap().len(), 10);
    kept.since = None;
    kept.thorough = true;
    kept.pull(&mut source).await.unwrap();
    assert_same(&kept, &server);
    source.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn new_mail_wakes_us_for_every_folder() {
    let server = GmailImap::start();
    server.put(&["INBOX"], &[letter("eerste")]);
    let transcript = Transcript::new(1 << 20);
    let (mut kept, mut source) = (Kept::default(), source(&server, &transcript));
    kept.pull(&mut source).await.unwrap();
    assert_eq!(source.wait(Duration::ZERO).await.unwrap(), Wake::Timer);
    let client = server.client.clone();
    let arrive = async {
        tokio::task::spawn_blocking(move || client.append("INBOX", &[letter("tweede")])).await.unwrap();
    };
    let (woken, ()) = tokio::join!(source.wait(Duration::from_secs(20)), arrive);
    assert_eq!(woken.unwrap(), Wake::Changed(Vec::new()), "all folders are to be looked at");
    kept.pull(&mut source).await.unwrap();
    assert_same(&kept, &server);
    source.close().await;
}
