//! Changes there show here (features M19), and what a history forgets to tell is found.

use crate::kept::{INFO, Kept, put, simulator, source};
use mail::Role;
use simulator::{Fault, Kind};

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
    assert_eq!(kept.folders["Archief"].letters.len(), 1);
    assert_eq!(kept.came, 8, "six, a new one, and the moved one in its new folder");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_is_never_told_of_is_found_by_comparing() {
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
    assert_eq!(kept.of(Role::Inbox).letters.len(), 6, "nothing is said of it, and mail may come in while we count");
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
