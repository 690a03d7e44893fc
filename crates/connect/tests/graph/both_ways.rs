//! Changes there show here, changes here show there (features M19), and what Microsoft forgets to tell is found.

use crate::kept::{INFO, Kept, simulator, source};
use connect::{ConnectError, Edit, Source};
use jiff::Timestamp;
use mail::{RemoteId, Role};
use simulator::{Fault, Kind, Simulator};

fn put(simulator: &Simulator, folder: &str, subject: &str) -> u64 {
    let raw = format!("Message-ID: <{subject}@x.test>\r\nSubject: {subject}\r\n\r\nhallo\r\n");
    simulator.with(|cloud| cloud.mailbox(INFO).unwrap().put(folder, raw, Timestamp::now()).serial)
}

fn id(simulator: &Simulator, serial: u64) -> RemoteId {
    RemoteId::Name(simulator.with(|cloud| cloud.mailbox(INFO).unwrap().letters[&serial].id(true)))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_read_flagged_moved_or_deleted_there_is_so_here() {
    let simulator = simulator().await;
    let letters: Vec<u64> = (0..6).map(|n| put(&simulator, "inbox", &format!("brief-{n}"))).collect();
    let (mut kept, mut source) = (Kept::default(), source(&simulator));
    kept.pull(&mut source).await.unwrap();
    simulator.with(|cloud| {
        let mailbox = cloud.mailbox(INFO).unwrap();
        mailbox.change(letters[0], &mut Vec::new(), |letter| letter.is_read = true);
        mailbox.change(letters[1], &mut Vec::new(), |letter| letter.flag = "flagged".to_owned());
        mailbox.relocate(letters[2], "archive", &mut Vec::new());
        mailbox.remove(letters[3], &mut Vec::new());
    });
    put(&simulator, "inbox", "nieuw");
    kept.pull(&mut source).await.unwrap();
    kept.is_as_in(&simulator);
    assert_eq!(kept.of(Role::Archive).letters.len(), 1);
    assert_eq!(kept.came, 8, "six, a new one, and the moved one in its new folder");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_delta_never_tells_is_found_by_comparing() {
    let simulator = simulator().await;
    let letters: Vec<u64> = (0..6).map(|n| put(&simulator, "inbox", &format!("brief-{n}"))).collect();
    let (mut kept, mut source) = (Kept::default(), source(&simulator));
    kept.pull(&mut source).await.unwrap();
    simulator.with(|cloud| {
        let mut lost = vec![Fault::new(Kind::LostChange, "deleted").times(0)];
        let mailbox = cloud.mailbox(INFO).unwrap();
        mailbox.relocate(letters[0], "archive", &mut lost);
        mailbox.remove(letters[1], &mut lost);
    });
    kept.pull(&mut source).await.unwrap();
    assert_eq!(kept.of(Role::Inbox).letters.len(), 6, "delta says nothing of it, and mail may come in while we count");
    kept.pull(&mut source).await.unwrap();
    kept.is_as_in(&simulator);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_place_that_is_no_longer_known_loses_nothing_and_doubles_nothing() {
    let simulator = simulator().await;
    let letters: Vec<u64> = (0..30).map(|n| put(&simulator, "inbox", &format!("brief-{n}"))).collect();
    let (mut kept, mut source) = (Kept::default(), source(&simulator));
    kept.pull(&mut source).await.unwrap();
    put(&simulator, "inbox", "nieuw");
    simulator.with(|cloud| {
        let mailbox = cloud.mailbox(INFO).unwrap();
        mailbox.generation += 1;
        mailbox.remove(letters[4], &mut Vec::new());
    });
    kept.pull(&mut source).await.unwrap();
    kept.is_as_in(&simulator);
    assert_eq!(kept.came, 31);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_done_here_is_done_there_and_twice_does_no_harm() {
    let simulator = simulator().await;
    let letters: Vec<u64> = (0..3).map(|n| put(&simulator, "inbox", &format!("brief-{n}"))).collect();
    let (mut kept, mut source) = (Kept::default(), source(&simulator));
    kept.pull(&mut source).await.unwrap();
    let (inbox, archive) = (kept.of(Role::Inbox).remote.clone(), kept.of(Role::Archive).remote.clone());
    let at = |n: usize| (inbox.clone(), 1, id(&simulator, letters[n]));
    let (folder, epoch, remote) = at(0);
    let add = vec!["\\Seen".to_owned(), "\\Flagged".to_owned(), "\\Answered".to_owned()];
    let flags = Edit::Flags { folder, epoch, remote, add, remove: Vec::new() };
    let (folder, epoch, remote) = at(1);
    let moved = Edit::Move { folder, epoch, remote: remote.clone(), to: archive };
    let (folder, epoch, gone) = at(2);
    let delete = Edit::Delete { folder, epoch, remote: gone };
    let edits = vec![flags, moved, delete.clone(), Edit::CreateFolder { folder: "Klanten/Jansen".into() }];
    for round in 0..2 {
        let done = source.edit(edits.clone()).await.unwrap();
        let done: Vec<_> = done.into_iter().map(Result::unwrap).collect();
        assert_eq!(done[1].new, Some((1, remote.clone())), "a move keeps the identifier");
        assert_eq!(done[2].missing, round == 1);
    }
    kept.pull(&mut source).await.unwrap();
    kept.is_as_in(&simulator);
    let flags = kept.of(Role::Inbox).letters.values().next().unwrap().1.clone();
    assert!(flags.seen && flags.flagged);
    assert!(kept.folders.contains_key("Klanten/Jansen"));
    let found = source.find("INBOX", "<brief-0@x.test>").await.unwrap();
    assert_eq!(found, [(1, id(&simulator, letters[0]))]);
    assert!(source.find(&inbox, "brief-1@x.test").await.unwrap().is_empty());
    // A finished letter from elsewhere would lie there as a draft: it is refused in words.
    let append = Edit::Append { folder: inbox, raw: "x".into(), flags: mail::Flags::default(), internal_at: None };
    let refused = source.edit(vec![append]).await.unwrap().remove(0);
    assert!(matches!(refused, Err(ConnectError::Refused { .. })));
}
