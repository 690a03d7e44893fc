//! Changes here show there (features M19).

use crate::kept::{Kept, id, is_as_described, listen, put, simulator, source};
use connect::{ConnectError, Edit, Source};
use mail::Role;

#[tokio::test(flavor = "multi_thread")]
async fn what_is_done_here_is_done_there_and_twice_does_no_harm() {
    let simulator = simulator().await;
    listen(&simulator);
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
    is_as_described(&simulator);
}
