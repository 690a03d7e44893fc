//! Changes there show here, changes here show there (features M19), and what the history no longer tells is found.

use crate::kept::{Kept, id, inside, labels, put, simulator, source};
use connect::{Edit, Source};
use mail::{Flags, RemoteId, Role};

#[tokio::test(flavor = "multi_thread")]
async fn what_is_read_starred_filed_binned_or_deleted_there_is_so_here() {
    let simulator = simulator().await;
    let own = inside(&simulator, |mailbox| mailbox.make_label("Klanten").unwrap());
    let letters: Vec<u64> = (0..8).map(|n| put(&simulator, &["INBOX", "UNREAD"], &format!("brief-{n}"))).collect();
    let (mut kept, mut source) = (Kept::default(), source(&simulator));
    kept.pull(&mut source).await.unwrap();
    let asked = simulator.with(|cloud| cloud.heard.len());
    inside(&simulator, |mailbox| {
        mailbox.modify(letters[0], &[], &labels(&["UNREAD"]));
        mailbox.modify(letters[1], &labels(&["STARRED"]), &[]);
        mailbox.modify(letters[2], &labels(&[&own]), &[]);
        mailbox.modify(letters[3], &[], &labels(&["INBOX"]));
        mailbox.modify(letters[4], &labels(&["TRASH"]), &labels(&["INBOX"]));
        mailbox.remove(letters[5]);
        mailbox.modify(letters[6], &labels(&[&own, "IMPORTANT"]), &labels(&["INBOX"]));
        // There and back again.
        mailbox.modify(letters[7], &labels(&["SPAM"]), &labels(&["INBOX"]));
        mailbox.modify(letters[7], &labels(&["INBOX"]), &labels(&["SPAM"]));
    });
    put(&simulator, &["INBOX"], "nieuw");
    kept.pull(&mut source).await.unwrap();
    kept.is_as_in(&simulator);
    assert_eq!(kept.came, 8 + 5, "a new one, and four new places");
    let asked = simulator.with(|cloud| cloud.heard.len()) - asked;
    assert!(asked <= 5, "{asked} requests");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_place_in_the_history_that_is_no_longer_known_loses_nothing_and_doubles_nothing() {
    let simulator = simulator().await;
    let letters: Vec<u64> = (0..30).map(|n| put(&simulator, &["INBOX"], &format!("brief-{n}"))).collect();
    let (mut kept, mut source) = (Kept::default(), source(&simulator));
    kept.pull(&mut source).await.unwrap();
    put(&simulator, &["INBOX", "UNREAD"], "nieuw");
    inside(&simulator, |mailbox| {
        mailbox.remove(letters[4]);
        mailbox.modify(letters[5], &labels(&["STARRED", "UNREAD"]), &labels(&["INBOX"]));
        mailbox.forget_history();
    });
    kept.pull(&mut source).await.unwrap();
    kept.is_as_in(&simulator);
    assert_eq!(kept.came, 32, "a new one, and a new place");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_the_history_never_tells_is_found_by_comparing() {
    let simulator = simulator().await;
    let letters: Vec<u64> = (0..6).map(|n| put(&simulator, &["INBOX"], &format!("brief-{n}"))).collect();
    let (mut kept, mut source) = (Kept::default(), source(&simulator));
    kept.pull(&mut source).await.unwrap();
    inside(&simulator, |mailbox| {
        mailbox.modify(letters[0], &[], &labels(&["INBOX"]));
        mailbox.remove(letters[1]);
        mailbox.modify(letters[2], &labels(&["UNREAD"]), &[]);
        mailbox.events.clear();
    });
    kept.pull(&mut source).await.unwrap();
    assert_eq!(kept.of(Role::Inbox).letters.len(), 6, "the history says nothing of it");
    kept.thorough = true;
    kept.pull(&mut source).await.unwrap();
    kept.is_as_in(&simulator);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_label_that_is_new_is_a_folder_with_what_lies_under_it() {
    let simulator = simulator().await;
    let letters: Vec<u64> = (0..4).map(|n| put(&simulator, &[], &format!("brief-{n}"))).collect();
    let (mut kept, mut source) = (Kept::default(), source(&simulator));
    kept.pull(&mut source).await.unwrap();
    assert_eq!(kept.of(Role::Archive).letters.len(), 4);
    inside(&simulator, |mailbox| {
        let own = mailbox.make_label("Later").unwrap();
        mailbox.modify(letters[0], std::slice::from_ref(&own), &[]);
        mailbox.modify(letters[1], &[own], &[]);
    });
    kept.pull(&mut source).await.unwrap();
    kept.is_as_in(&simulator);
    assert_eq!(kept.of(Role::Archive).letters.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_done_here_is_done_there_and_twice_does_no_harm() {
    let simulator = simulator().await;
    let own = inside(&simulator, |mailbox| mailbox.make_label("Klanten").unwrap());
    let letters: Vec<u64> = (0..5).map(|n| put(&simulator, &["INBOX", "UNREAD"], &format!("brief-{n}"))).collect();
    let both = put(&simulator, &["INBOX", "SENT"], "aan-mijzelf");
    let (mut kept, mut source) = (Kept::default(), source(&simulator));
    kept.pull(&mut source).await.unwrap();
    let of = |role| kept.of(role).remote.clone();
    let (inbox, archive, bin) = (of(Role::Inbox), of(Role::Archive), of(Role::Trash));
    let klanten = format!("gmail:{own}");
    let at = |serial: u64| id(&simulator, serial);
    let moved = |serial, folder: &str, to: &str| Edit::Move {
        folder: folder.to_owned(),
        epoch: 1,
        remote: at(serial),
        to: to.to_owned(),
    };
    let flags = Edit::Flags {
        folder: inbox.clone(),
        epoch: 1,
        remote: at(letters[0]),
        add: labels(&["\\Seen", "\\Flagged", "\\Answered"]),
        remove: Vec::new(),
    };
    let delete = |serial, folder: &str| Edit::Delete { folder: folder.to_owned(), epoch: 1, remote: at(serial) };
    let edits = vec![
        flags,
        moved(letters[1], &inbox, &archive),
        moved(letters[2], &inbox, &klanten),
        moved(letters[3], &inbox, &bin),
        delete(letters[4], &inbox),
        delete(both, &inbox),
        Edit::CreateFolder { folder: "Leveranciers/Groot".into() },
    ];
    for round in 0..2 {
        let done: Vec<_> = source.edit(edits.clone()).await.unwrap().into_iter().map(Result::unwrap).collect();
        for nth in 1..=3 {
            assert_eq!(done[nth].new, Some((1, at(letters[nth]))), "a move keeps the identifier");
        }
        assert_eq!((done[4].missing, done[5].missing), (round == 1, round == 1));
    }
    kept.pull(&mut source).await.unwrap();
    kept.is_as_in(&simulator);
    assert_eq!(kept.of(Role::Sent).letters.len(), 1, "what was sent to oneself stays among what was sent");
    let first = kept.of(Role::Inbox).letters.values().next().unwrap().1.clone();
    assert!(first.seen && first.flagged);
    assert!(kept.folders.contains_key("Leveranciers/Groot"));
    // Out of the bin again.
    source.edit(vec![moved(letters[3], &bin, &inbox)]).await.unwrap().remove(0).unwrap();
    assert_eq!(source.find("INBOX", "<brief-3@x.test>").await.unwrap(), [(1, at(letters[3]))]);
    assert_eq!(source.find(&archive, "brief-1@x.test").await.unwrap(), [(1, at(letters[1]))]);
    assert!(source.find(&inbox, "brief-1@x.test").await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_change_of_many_letters_is_one_request() {
    let simulator = simulator().await;
    let letters: Vec<u64> = (0..40).map(|n| put(&simulator, &["INBOX", "UNREAD"], &format!("brief-{n}"))).collect();
    let mut source = source(&simulator);
    let read = |serial: &u64| Edit::Flags {
        folder: "gmail:INBOX".into(),
        epoch: 1,
        remote: id(&simulator, *serial),
        add: labels(&["\\Seen"]),
        remove: Vec::new(),
    };
    let done = source.edit(letters.iter().map(read).collect()).await.unwrap();
    assert!(done.len() == 40 && done.iter().all(Result::is_ok));
    assert_eq!(simulator.with(|cloud| cloud.heard.len()), 1);
    assert!(inside(&simulator, |mailbox| mailbox.with_labels(&["UNREAD"], true).is_empty()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_from_elsewhere_is_put_there_with_its_flags() {
    let simulator = simulator().await;
    let mut source = source(&simulator);
    let raw = "Date: Sun, 01 Nov 2026 10:00:00 +0100\r\nMessage-ID: <oud@x.test>\r\n\r\nAls altijd\r\n--\r\nJan\r\n";
    let flags = Flags { flagged: true, ..Flags::default() };
    for folder in ["gmail:ARCHIVE", "gmail:INBOX"] {
        let (folder, raw, flags) = (folder.to_owned(), raw.into(), flags.clone());
        let done = source.edit(vec![Edit::Append { folder, raw, flags, internal_at: None }]).await.unwrap();
        let Ok(connect::EditDone { new: Some((1, RemoteId::Name(_))), .. }) = &done[0] else { panic!("{done:?}") };
    }
    inside(&simulator, |mailbox| {
        assert_eq!(mailbox.messages.len(), 2);
        for message in mailbox.messages.values() {
            assert_eq!((message.raw.as_ref(), message.received_at.as_second()), (raw.as_bytes(), 1_793_523_600));
            assert!(message.labels.contains("STARRED") && message.labels.contains("UNREAD"));
        }
    });
}
