//! Changes here show there (features M19), and what is Exchange's own of those that show here.

use crate::kept::{INFO, Kept, id, is_as_the_schema_has_it, put, simulator, source};
use bytes::Bytes;
use connect::{Edit, Source};
use mail::{Flags, RemoteId, Role};

#[tokio::test(flavor = "multi_thread")]
async fn what_is_done_here_is_done_there_and_twice_does_no_harm() {
    let simulator = simulator().await;
    simulator.with(|cloud| cloud.exchange.record = Some(Vec::new()));
    let letters: Vec<u64> = (0..3).map(|n| put(&simulator, "inbox", &format!("brief-{n}"))).collect();
    let (mut kept, mut source) = (Kept::default(), source(&simulator));
    kept.pull(&mut source).await.unwrap();
    let (inbox, archive) = (kept.of(Role::Inbox).remote.clone(), kept.folders["Archief"].remote.clone());
    let at = |n: usize| (inbox.clone(), 1, id(&simulator, letters[n]));
    let (folder, epoch, remote) = at(0);
    let add = vec!["\\Seen".to_owned(), "\\Flagged".to_owned(), "\\Answered".to_owned()];
    let flags = Edit::Flags { folder, epoch, remote, add, remove: Vec::new() };
    let (folder, epoch, before) = at(1);
    let moved = Edit::Move { folder, epoch, remote: before.clone(), to: archive };
    let (folder, epoch, gone) = at(2);
    let delete = Edit::Delete { folder, epoch, remote: gone };
    let edits = vec![flags, moved, delete, Edit::CreateFolder { folder: "Klanten & co/Jansen".into() }];
    for round in 0..2 {
        let done = source.edit(edits.clone()).await.unwrap();
        let done: Vec<_> = done.into_iter().map(Result::unwrap).collect();
        let now = Some((1, id(&simulator, letters[1])));
        assert_eq!((done[1].new.clone(), done[1].missing), if round == 0 { (now, false) } else { (None, true) });
        assert_eq!(done[2].missing, round == 1);
    }
    assert_ne!(id(&simulator, letters[1]), before, "a move ends an identifier");
    kept.pull(&mut source).await.unwrap();
    kept.is_as_in(&simulator);
    let flags = kept.of(Role::Inbox).letters.values().next().unwrap().1.clone();
    assert!(flags.seen && flags.flagged);
    assert!(kept.folders.contains_key("Klanten & co/Jansen"), "{:?}", kept.folders.keys());
    let found = source.find("INBOX", "<brief-0@x.test>").await.unwrap();
    assert_eq!(found, [(1, id(&simulator, letters[0]))]);
    assert!(source.find(&inbox, "brief-1@x.test").await.unwrap().is_empty());
    is_as_the_schema_has_it(&simulator);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_finished_letter_is_put_there_as_one_and_not_as_a_draft() {
    let simulator = simulator().await;
    simulator.with(|cloud| cloud.exchange.record = Some(Vec::new()));
    let (mut kept, mut source) = (Kept::default(), source(&simulator));
    kept.pull(&mut source).await.unwrap();
    let folder = kept.folders["Archief"].remote.clone();
    let raw = Bytes::from_static(b"Message-ID: <oud@x.test>\r\nSubject: oud\r\n\r\nDag \xe9\r\n");
    let flags = Flags { seen: false, flagged: true, ..Flags::default() };
    let at = Some(1_500_000_000_000);
    let append = Edit::Append { folder, raw: raw.clone(), flags: flags.clone(), internal_at: at };
    let done = source.edit(vec![append]).await.unwrap().remove(0).unwrap();
    kept.pull(&mut source).await.unwrap();
    kept.is_as_in(&simulator);
    let (id, letter) = kept.folders["Archief"].letters.iter().next().unwrap();
    assert_eq!((done.new, letter), (Some((1, RemoteId::Name(id.clone()))), &(raw, flags)));
    let at = simulator.with(|cloud| cloud.mailbox(INFO).unwrap().letters.values().next().unwrap().received_at);
    assert_eq!(at.as_second(), 1_500_000_000);
    is_as_the_schema_has_it(&simulator);
}

#[tokio::test(flavor = "multi_thread")]
async fn that_a_letter_was_read_there_changes_no_other_flag_here() {
    let simulator = simulator().await;
    let serial = put(&simulator, "inbox", "brief");
    let (mut kept, mut source) = (Kept::default(), source(&simulator));
    simulator.with(|cloud| {
        cloud.mailbox(INFO).unwrap().change(serial, &mut Vec::new(), |letter| letter.flag = "flagged".to_owned());
    });
    kept.pull(&mut source).await.unwrap();
    simulator.with(|cloud| {
        cloud.mailbox(INFO).unwrap().change(serial, &mut Vec::new(), |letter| letter.is_read = true);
    });
    kept.pull(&mut source).await.unwrap();
    kept.is_as_in(&simulator);
    assert!(kept.of(Role::Inbox).letters.values().all(|(_, flags)| flags.seen && flags.flagged));
}

#[tokio::test(flavor = "multi_thread")]
async fn that_a_letter_was_answered_or_forwarded_shows_on_both_sides() {
    let simulator = simulator().await;
    simulator.with(|cloud| cloud.exchange.record = Some(Vec::new()));
    let letters: Vec<u64> = (0..3).map(|n| put(&simulator, "inbox", &format!("brief-{n}"))).collect();
    let (mut kept, mut source) = (Kept::default(), source(&simulator));
    kept.pull(&mut source).await.unwrap();
    let verb = |n: usize| simulator.with(|cloud| cloud.mailbox(INFO).unwrap().letters[&letters[n]].last_verb);
    // Done there.
    simulator.with(|cloud| {
        cloud.mailbox(INFO).unwrap().change(letters[0], &mut Vec::new(), |letter| letter.last_verb = Some(103));
    });
    // Done here.
    let folder = kept.of(Role::Inbox).remote.clone();
    let marked = |n: usize, add: &[&str], remove: &[&str]| {
        let all = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let (folder, remote) = (folder.clone(), id(&simulator, letters[n]));
        Edit::Flags { folder, epoch: 1, remote, add: all(add), remove: all(remove) }
    };
    let edits = vec![marked(1, &["\\Answered"], &[]), marked(2, &["$Forwarded"], &[])];
    assert!(source.edit(edits).await.unwrap().into_iter().all(|done| done.is_ok()));
    kept.pull(&mut source).await.unwrap();
    kept.is_as_in(&simulator);
    assert_eq!((verb(0), verb(1), verb(2)), (Some(103), Some(102), Some(104)));
    assert!(source.edit(vec![marked(1, &[], &["\\Answered"])]).await.unwrap().remove(0).is_ok());
    kept.pull(&mut source).await.unwrap();
    kept.is_as_in(&simulator);
    assert_eq!(verb(1), None);
    is_as_the_schema_has_it(&simulator);
}
