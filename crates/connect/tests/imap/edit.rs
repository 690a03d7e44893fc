//! What we do there.

use super::server::{Fake, POOR, RICH};
use bytes::Bytes;
use connect::{Edit, EditDone, Source};
use mail::{Flags, RemoteId};

fn uid(uid: u32) -> RemoteId {
    RemoteId::Uid(uid)
}

fn flag(epoch: i64, remote: u32, add: &str) -> Edit {
    let (folder, add) = ("INBOX".to_owned(), vec![add.to_owned()]);
    Edit::Flags { folder, epoch, remote: uid(remote), add, remove: vec!["\\Flagged".into()] }
}

#[tokio::test]
async fn flags_are_set_in_one_round_trip_and_missing_messages_are_told() {
    let fake = Fake::start(RICH).await;
    for number in 0..3 {
        fake.state().add("INBOX", format!("{number}"));
    }
    fake.state().flag("INBOX", 2, "\\Flagged", true);
    let mut source = fake.source();
    let edits = vec![flag(7, 1, "\\Seen"), flag(7, 2, "$Work"), flag(7, 99, "\\Seen"), flag(6, 3, "\\Seen")];
    let done: Vec<bool> = source.edit(edits).await.unwrap().into_iter().map(|done| done.unwrap().missing).collect();
    assert_eq!(done, [false, false, true, true]);
    let mut state = fake.state();
    let flags = |state: &mut super::server::State, uid: u32| -> Vec<String> {
        state.folder("INBOX").letters[&uid].flags.iter().cloned().collect()
    };
    assert_eq!(flags(&mut state, 1), ["\\Seen"]);
    assert_eq!(flags(&mut state, 2), ["$Work"]);
    assert_eq!(flags(&mut state, 3), [""; 0], "the id is of another epoch");
}

#[tokio::test]
async fn a_flag_that_could_end_the_command_is_refused() {
    let fake = Fake::start(RICH).await;
    fake.state().add("INBOX", "x");
    for bad in ["a b", "x)\r\nk9 LOGOUT", "", "\\", "caf\u{e9}"] {
        let done = fake.source().edit(vec![flag(7, 1, bad)]).await.unwrap();
        assert!(done[0].is_err(), "{bad}");
    }
}

#[tokio::test]
async fn a_message_moves_whatever_the_server_can_do() {
    for capabilities in [RICH, POOR] {
        let fake = Fake::start(capabilities).await;
        fake.state().add("INBOX", "one");
        fake.state().add("INBOX", "two");
        fake.state().folder("Archive");
        let edit = |remote| Edit::Move { folder: "INBOX".into(), epoch: 7, remote: uid(remote), to: "Archive".into() };
        let done = fake.source().edit(vec![edit(2), edit(2)]).await.unwrap();
        assert_eq!(done[0].as_ref().unwrap(), &EditDone { new: Some((7, uid(1))), missing: false });
        assert!(done[1].as_ref().unwrap().missing);
        let mut state = fake.state();
        assert_eq!(state.folder("INBOX").letters.len(), 1);
        assert_eq!(state.folder("Archive").letters[&1].body, "two");
    }
}

#[tokio::test]
async fn without_uidplus_nobody_elses_mail_is_expunged() {
    let fake = Fake::start(POOR).await;
    for number in 0..3 {
        fake.state().add("INBOX", format!("{number}"));
    }
    let delete = |remote| vec![Edit::Delete { folder: "INBOX".into(), epoch: 7, remote: uid(remote) }];
    let mut source = fake.source();
    source.edit(delete(1)).await.unwrap().remove(0).unwrap();
    assert_eq!(fake.state().folder("INBOX").letters.len(), 2);
    fake.state().flag("INBOX", 3, "\\Deleted", true);
    source.edit(delete(2)).await.unwrap().remove(0).unwrap();
    assert_eq!(fake.state().folder("INBOX").letters.len(), 2, "another message was marked: both stay");
    assert!(fake.state().folder("INBOX").letters[&2].flags.contains("\\Deleted"));
}

#[tokio::test]
async fn an_appended_message_is_there_with_its_bytes() {
    for capabilities in [RICH, POOR] {
        let fake = Fake::start(capabilities).await;
        fake.state().folder("Sent");
        let raw = Bytes::from("Subject: sent\r\n\r\n{5}\r\n\"quoted\"\r\n");
        let flags = Flags { seen: true, ..Flags::default() };
        let edits = vec![
            Edit::CreateFolder { folder: "New".into() },
            Edit::Append { folder: "Sent".into(), raw: raw.clone(), flags, internal_at: Some(0) },
        ];
        let done = fake.source().edit(edits).await.unwrap();
        assert_eq!(done[1].as_ref().unwrap().new, Some((7, uid(1))));
        assert_eq!(fake.state().folder("Sent").letters[&1].body, raw);
        let heard = fake.state().heard.iter().find(|line| line.starts_with("APPEND")).unwrap().clone();
        assert!(heard.starts_with("APPEND \"Sent\" (\\Seen) \"01-Jan-1970 00:00:00 +0000\""), "{heard}");
    }
}
