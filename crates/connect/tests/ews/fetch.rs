//! Fetching, where it is Exchange's own: several letters in one question.

use crate::{
    kept::{INFO, Kept, is_as_the_schema_has_it, line, simulator, source},
    office::fetch::{fill, four_hundred_and_then_nothing},
};
use connect::ews::EwsSource;
use jiff::Timestamp;

#[tokio::test(flavor = "multi_thread")]
async fn four_hundred_letters_come_byte_for_byte_and_everything_said_is_as_the_schema_has_it() {
    let simulator = simulator().await;
    simulator.with(|cloud| cloud.exchange.record = Some(Vec::new()));
    let heard = four_hundred_and_then_nothing(&simulator).await;
    assert!(heard < 70, "{heard} requests: letters do not come several in one");
    is_as_the_schema_has_it(&simulator);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_above_the_limit_is_told_of_and_stays_there() {
    let simulator = simulator().await;
    fill(&simulator, 3);
    let long = [b"Subject: groot\r\n\r\n".as_slice(), &b"0123456789abcdef\r\n".repeat(90_000)].concat();
    simulator.with(|cloud| cloud.mailbox(INFO).unwrap().put("inbox", long, Timestamp::now()).serial);
    let mut kept = Kept::default();
    kept.pull(&mut EwsSource::new(line(&simulator), 1 << 20)).await.unwrap();
    assert_eq!((kept.came, kept.unreadable.len()), (3, 1));
    assert_eq!(kept.unreadable[0].1, "too_large");
    kept.thorough = true;
    kept.pull(&mut source(&simulator)).await.unwrap();
    kept.is_as_in(&simulator);
}
