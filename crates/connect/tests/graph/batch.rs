//! Several questions in one request: what is done with many letters, and quiet folders.

use crate::kept::{INFO, Kept, id, is_as_described, line, listen, name, put, simulator, source};
use connect::{ConnectError, Edit, EditDone, Source, error::Cause, graph::GraphSource};
use mail::{RemoteId, Role};
use simulator::{Fault, Kind, Simulator};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

const BATCH: &str = "POST $batch";

/// A mailbox with so many letters in the inbox that are known, and the identifiers.
async fn filled(count: usize) -> (Arc<Simulator>, Kept, GraphSource, Vec<RemoteId>) {
    let simulator = simulator().await;
    let letters: Vec<u64> = (0..count).map(|n| put(&simulator, "inbox", &format!("brief-{n}"))).collect();
    let (mut kept, mut source) = (Kept::default(), source(&simulator));
    kept.pull(&mut source).await.unwrap();
    let ids = letters.into_iter().map(|letter| id(&simulator, letter)).collect();
    simulator.with(|cloud| cloud.heard.clear());
    (simulator, kept, source, ids)
}

fn read(remote: &RemoteId) -> Edit {
    let add = vec!["\\Seen".to_owned()];
    Edit::Flags { folder: "INBOX".into(), epoch: 1, remote: remote.clone(), add, remove: Vec::new() }
}

fn heard(simulator: &Simulator, beginning: &str) -> usize {
    simulator.with(|cloud| cloud.heard(beginning))
}

fn fault(simulator: &Simulator, fault: Fault) {
    simulator.with(|cloud| cloud.faults.push(fault));
}

fn unread(simulator: &Simulator) -> usize {
    simulator.with(|cloud| cloud.mailbox(INFO).unwrap().letters.values().filter(|letter| !letter.is_read).count())
}

async fn well(source: &mut GraphSource, edits: Vec<Edit>) -> Vec<EditDone> {
    source.edit(edits).await.unwrap().into_iter().map(Result::unwrap).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_done_with_many_letters_is_asked_twenty_at_a_time_and_no_more_than_four_at_once() {
    let (simulator, mut kept, mut source, ids) = filled(50).await;
    listen(&simulator);
    let archive = kept.of(Role::Archive).remote.clone();
    let to_archive = |remote: &RemoteId| Edit::Move {
        folder: "INBOX".into(),
        epoch: 1,
        remote: remote.clone(),
        to: archive.clone(),
    };
    // Each letter is read and then moved: what is asked together is done in no order.
    let edits: Vec<Edit> = ids.iter().flat_map(|remote| [read(remote), to_archive(remote)]).collect();
    let done = well(&mut source, edits).await;
    for (n, remote) in ids.iter().enumerate() {
        assert_eq!((done[2 * n].new.as_ref(), &done[2 * n + 1].new), (None, &Some((1, remote.clone()))));
    }
    assert_eq!(heard(&simulator, BATCH), 6, "three for what is read, three for what is moved");
    assert_eq!((heard(&simulator, "PATCH"), heard(&simulator, "POST me/messages/")), (50, 50));
    assert_eq!(unread(&simulator), 0);
    for letter in ids.chunks(25) {
        let delete = |remote: &RemoteId| Edit::Delete { folder: archive.clone(), epoch: 1, remote: remote.clone() };
        well(&mut source, letter.iter().map(delete).collect()).await;
    }
    assert!(simulator.with(|cloud| cloud.mailbox(INFO).unwrap().letters.is_empty()));
    is_as_described(&simulator);
    kept.pull(&mut source).await.unwrap();
    kept.is_as_in(&simulator);
    let most = simulator.with(|cloud| cloud.most_at_once);
    assert!(most <= 4, "{most} at once");
}

#[tokio::test(flavor = "multi_thread")]
async fn other_questions_wait_while_a_batch_fills_the_line() {
    let (simulator, _, _, ids) = filled(40).await;
    simulator.with(|cloud| cloud.latency_ms = 20);
    let shared = line(&simulator);
    let reading = ids.chunks(10).map(|some| {
        let (shared, edits) = (shared.clone(), some.iter().map(read).collect::<Vec<_>>());
        async move { well(&mut GraphSource::new(shared, 50 << 20), edits).await.len() }
    });
    let listing = (0..6).map(|_| {
        let shared = shared.clone();
        async move { GraphSource::new(shared, 50 << 20).folders().await.unwrap().len() }
    });
    let (read, listed) =
        futures_util::future::join(futures_util::future::join_all(reading), futures_util::future::join_all(listing))
            .await;
    assert_eq!((read, listed.len()), (vec![10; 4], 6));
    assert_eq!((unread(&simulator), heard(&simulator, "PATCH")), (0, 40), "nothing was refused and asked again");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_answer_of_a_batch_is_judged_by_itself() {
    let (simulator, mut kept, mut source, ids) = filled(12).await;
    let letter = |n: usize| simulator.with(|cloud| name(cloud.mailbox(INFO).unwrap().letters.values().nth(n).unwrap()));
    let faulty: Vec<String> = (0..4).map(letter).collect();
    let at = |n: usize| format!("PATCH {}", faulty[n]);
    fault(&simulator, Fault::new(Kind::Throttled, &at(0)).seconds(1));
    fault(&simulator, Fault::new(Kind::DoneThen504, &at(1)));
    fault(&simulator, Fault::new(Kind::TokenExpired, &at(2)));
    fault(&simulator, Fault::new(Kind::Denied, &at(3)).times(0));
    let gone = ids[11].clone();
    simulator.with(|cloud| {
        let mailbox = cloud.mailbox(INFO).unwrap();
        let last = *mailbox.letters.keys().last().unwrap();
        mailbox.remove(last, &mut Vec::new());
    });
    let began = Instant::now();
    let done = source.edit(ids.iter().map(read).collect()).await.unwrap();
    assert!(began.elapsed() >= Duration::from_secs(1), "the wait that was asked for was not kept");
    let refused = done.iter().enumerate().filter(|(_, done)| done.is_err()).map(|(n, _)| n).collect::<Vec<_>>();
    assert_eq!(refused, [3]);
    assert!(matches!(&done[3], Err(ConnectError::Refused { .. })), "{:?}", done[3]);
    let missing: Vec<&RemoteId> = ids
        .iter()
        .zip(&done)
        .filter(|(_, done)| done.as_ref().is_ok_and(|done| done.missing))
        .map(|(id, _)| id)
        .collect();
    assert_eq!(missing, [&gone]);
    assert_eq!((unread(&simulator), heard(&simulator, BATCH)), (1, 1), "what met trouble was asked again by itself");
    assert_eq!(heard(&simulator, "PATCH"), 15);
    simulator.with(|cloud| cloud.faults.clear());
    kept.pull(&mut source).await.unwrap();
    kept.is_as_in(&simulator);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_whose_answer_is_lost_is_asked_again_and_one_that_is_refused_letter_by_letter() {
    for kind in
        [Kind::DoneThenCut, Kind::Half, Kind::DoneThen504, Kind::Unavailable, Kind::Throttled, Kind::TokenExpired]
    {
        let (simulator, mut kept, mut source, ids) = filled(5).await;
        fault(&simulator, Fault::new(kind, BATCH));
        assert_eq!(well(&mut source, ids.iter().map(read).collect()).await.len(), 5);
        assert_eq!((unread(&simulator), heard(&simulator, BATCH)), (0, 2), "{kind:?}");
        kept.pull(&mut source).await.unwrap();
        kept.is_as_in(&simulator);
    }
    let (simulator, _, mut source, ids) = filled(5).await;
    fault(&simulator, Fault::new(Kind::Denied, BATCH).times(0));
    assert_eq!(well(&mut source, ids.iter().map(read).collect()).await.len(), 5);
    assert_eq!((unread(&simulator), heard(&simulator, "PATCH")), (0, 5));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outage_is_told_of_every_letter_and_met_once() {
    let (simulator, _, mut source, ids) = filled(60).await;
    fault(&simulator, Fault::new(Kind::Throttled, BATCH).seconds(600).times(0));
    let done = source.edit(ids.iter().map(read).collect()).await.unwrap();
    assert_eq!(done.len(), 60);
    for one in &done {
        assert!(matches!(one, Err(ConnectError::Later { cause: Cause::Throttled, .. })), "{one:?}");
    }
    assert_eq!((heard(&simulator, BATCH), heard(&simulator, "PATCH"), unread(&simulator)), (1, 0, 60));
}

#[tokio::test(flavor = "multi_thread")]
async fn quiet_folders_are_asked_together_and_what_happened_in_one_is_not_lost() {
    let simulator = simulator().await;
    let mut source = source(&simulator);
    let names: Vec<String> = (0..45).map(|n| format!("Map {n}")).collect();
    let make = |name: &String| Edit::CreateFolder { folder: format!("Klanten/{name}") };
    well(&mut source, names.iter().map(make).collect()).await;
    let mut kept = Kept::default();
    kept.pull(&mut source).await.unwrap();
    let folders = kept.folders.len();
    assert!(folders > 50 && kept.folders.contains_key("Klanten/Map 44"));
    let inside = |name: &str| {
        simulator.with(|cloud| {
            let mailbox = cloud.mailbox(INFO).unwrap();
            mailbox.folders.iter().find(|folder| folder.name == name).unwrap().id.clone()
        })
    };
    for name in ["Map 3", "Map 17", "Map 44"] {
        put(&simulator, &inside(name), &format!("brief in {name}"));
    }
    simulator.with(|cloud| cloud.heard.clear());
    // A history that is no longer known, and one that has to be asked for again.
    fault(&simulator, Fault::new(Kind::Resync, &format!("{} deltatoken", inside("Map 3"))));
    fault(&simulator, Fault::new(Kind::Timeout, &format!("{} deltatoken", inside("Map 17"))));
    kept.pull(&mut source).await.unwrap();
    kept.is_as_in(&simulator);
    assert_eq!(kept.came, 3);
    assert!(simulator.with(|cloud| cloud.faults.is_empty()), "a fault was never met");
    simulator.with(|cloud| cloud.heard.clear());
    kept.pull(&mut source).await.unwrap();
    let (together, asked) = (heard(&simulator, BATCH), simulator.with(|cloud| cloud.heard.len()));
    // One list of the folders at each depth, and the rest in requests of twenty.
    assert!(together <= folders.div_ceil(20), "{together} batches for {folders} folders");
    assert_eq!(asked, together + folders + 2, "each folder is asked once, and listed");
}
