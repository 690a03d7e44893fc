//! Letters that are too long for one request.

use crate::{
    disk::Disk,
    kept::{INFO, is_as_described, listen, simulator, transport},
    office::send::{count, parcel},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use connect::{ConnectError, Parcel, Receipt, Transport, error::Cause};
use mail::parse;
use simulator::{Fault, Kind, Simulator};
use std::sync::Arc;

const ANNA: &str = "anna@voorbeeld.test";

/// Bytes that are nowhere alike, so that a piece in the wrong place is seen.
fn bytes(length: usize, seed: u32) -> Vec<u8> {
    let mut state = seed;
    let next = |_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    };
    (0..length).map(next).collect()
}

fn part(name: &str, bytes: &[u8]) -> String {
    let lines: Vec<String> =
        STANDARD.encode(bytes).as_bytes().chunks(76).map(|line| String::from_utf8_lossy(line).into_owned()).collect();
    format!(
        "--een\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename={name}\r\nContent-Transfer-Encoding: base64\r\n\r\n{}\r\n",
        lines.join("\r\n")
    )
}

/// A letter with files of so many bytes.
fn heavy(lengths: &[usize]) -> Parcel {
    let parts: String =
        lengths.iter().zip(1..).map(|(length, n)| part(&format!("deel{n}.pdf"), &bytes(*length, n))).collect();
    let mut letter = parcel(INFO, &[ANNA]);
    letter.message = format!(
        "Message-ID: <pk.een@voorbeeld.test>\r\nFrom: {INFO}\r\nTo: {ANNA}\r\nSubject: Tekeningen\r\nReferences: <vraag@elders.test>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=een\r\n\r\n--een\r\n\r\nHierbij.\r\n{parts}--een--\r\n"
    )
    .into();
    letter
}

async fn submit(simulator: &Arc<Simulator>, parcel: &Parcel) -> Result<Receipt, ConnectError> {
    transport(simulator).submit(parcel.clone(), &Disk::default()).await
}

/// What Anna has is what was sent: once, by its Message-ID, with each file byte for byte.
fn arrived_whole(simulator: &Simulator, lengths: &[usize]) {
    assert_eq!((count(simulator, "sentitems"), count(simulator, "drafts").0), ((1, 1), 0));
    let raw = simulator.with(|cloud| {
        let anna = cloud.mailbox(ANNA).unwrap();
        anna.letters.values().next().unwrap().raw.clone()
    });
    let letter = parse::parse(&raw);
    assert_eq!(letter.message_id.unwrap().0, "pk.een@voorbeeld.test");
    assert_eq!(letter.references[0].0, "vraag@elders.test");
    assert_eq!(letter.text.unwrap().trim(), "Hierbij.");
    let mut files: Vec<(String, Vec<u8>)> = (0..letter.attachments.len())
        .map(|n| parse::attachment(&raw, n).map(|file| (file.name, file.bytes)).unwrap())
        .collect();
    files.sort();
    let sent: Vec<(String, Vec<u8>)> =
        lengths.iter().zip(1..).map(|(length, n)| (format!("deel{n}.pdf"), bytes(*length, n))).collect();
    assert!(files == sent, "{:?}", files.iter().map(|(name, bytes)| (name, bytes.len())).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn files_of_every_length_arrive_whole_and_once() {
    let simulator = simulator().await;
    let lengths = [10 << 20, 2_900_000, 3_000_000, 12, 1 << 20];
    listen(&simulator);
    let receipt = submit(&simulator, &heavy(&lengths)).await.unwrap();
    assert_eq!((receipt.code, receipt.recipients.len()), (202, 1));
    arrived_whole(&simulator, &lengths);
    let asked = |what: &str| simulator.with(|cloud| cloud.heard(what));
    assert_eq!(asked("PUT api/v2.0/AttachmentSessions/"), 5, "ten megabytes in four pieces, three in one");
    // Once more, as after a doubt: it had left.
    assert_eq!(submit(&simulator, &heavy(&lengths)).await.unwrap().server_said.0, "it had left already");
    arrived_whole(&simulator, &lengths);
    is_as_described(&simulator);
}

#[tokio::test(flavor = "multi_thread")]
async fn pieces_whose_answer_is_lost_are_neither_lost_nor_doubled() {
    let simulator = simulator().await;
    simulator.with(|cloud| {
        cloud.faults = vec![
            Fault::new(Kind::DoneThenCut, "PUT api"),
            Fault::new(Kind::Timeout, "PUT api"),
            Fault::new(Kind::DoneThen504, "PUT api"),
            Fault::new(Kind::Throttled, "PUT api"),
            Fault::new(Kind::Unavailable, "GET api"),
        ];
    });
    submit(&simulator, &heavy(&[13 << 20])).await.unwrap();
    arrived_whole(&simulator, &[13 << 20]);
    assert!(simulator.with(|cloud| cloud.faults.is_empty()), "a fault was never met");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_that_was_never_finished_is_never_sent() {
    let simulator = simulator().await;
    // The upload fails for good, and then the draft can't be taken away either, as when the power fails.
    simulator.with(|cloud| {
        cloud.faults.push(Fault::new(Kind::Denied, "PUT api").after(1));
        cloud.faults.push(Fault::new(Kind::Denied, "DELETE me/messages/"));
    });
    let error = submit(&simulator, &heavy(&[8 << 20])).await.unwrap_err();
    assert!(matches!(error, ConnectError::Later { .. }), "{error:?}");
    assert_eq!((count(&simulator, "drafts"), count(&simulator, "sentitems")), ((1, 0), (0, 0)));
    submit(&simulator, &heavy(&[8 << 20])).await.unwrap();
    arrived_whole(&simulator, &[8 << 20]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_to_the_sending_is_settled_as_ever() {
    let simulator = simulator().await;
    simulator.with(|cloud| cloud.faults.push(Fault::new(Kind::DoneThenCut, "POST /send")));
    assert_eq!(submit(&simulator, &heavy(&[4 << 20])).await.unwrap().code, 202);
    arrived_whole(&simulator, &[4 << 20]);
    let simulator = crate::kept::simulator().await;
    simulator.with(|cloud| cloud.faults.push(Fault::new(Kind::Timeout, "POST /send")));
    assert!(matches!(submit(&simulator, &heavy(&[4 << 20])).await, Err(ConnectError::Later { .. })));
    submit(&simulator, &heavy(&[4 << 20])).await.unwrap();
    arrived_whole(&simulator, &[4 << 20]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_taken_apart_is_refused_in_words_and_leaves_no_draft() {
    let simulator = simulator().await;
    let mut long = parcel(INFO, &[ANNA]);
    long.message = [long.message.as_ref(), &vec![b'x'; 4 << 20]].concat().into();
    let error = submit(&simulator, &long).await.unwrap_err();
    let ConnectError::Refused { cause: Cause::TooLarge, words: said } = &error else { panic!("{error:?}") };
    assert!(said.0.contains("can't be taken apart"), "{said}");
    assert_eq!((count(&simulator, "drafts"), count(&simulator, "sentitems")), ((0, 0), (0, 0)));
}
