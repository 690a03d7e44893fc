//! The log, however long it is.

use crate::{
    disk::Disk,
    kept::{eu, simulator},
};
use connect::{
    Parcel, Transport,
    mailgun::{Log, MailgunTransport},
};
use simulator::{Fault, Kind, Simulator};

/// Everything that it tells, and up to when it was read.
pub(crate) async fn whole<T>(mut log: Log<'_, T>) -> (Vec<T>, Option<i64>) {
    let (mut found, mut until) = (Vec::new(), None);
    while let Some(page) = log.next().await.unwrap() {
        found.extend(page.entries);
        assert!(page.until >= until, "it goes back");
        until = page.until;
    }
    (found, until)
}

/// A letter is sent by us, and its first event stands there so many times, a second after each other; gives when the last is.
async fn busy(simulator: &Simulator, count: i64) -> i64 {
    let message = b"Message-ID: <pk.een@voorbeeld.test>\r\nFrom: info@voorbeeld.test\r\n\r\nDag!\r\n";
    let parcel = Parcel {
        return_path: "info@voorbeeld.test".into(),
        recipients: vec!["els@klant.test".into()],
        message: message.to_vec().into(),
        envelope_id: None,
        notify_success: false,
    };
    MailgunTransport::new(eu(simulator)).submit(parcel, &Disk::default()).await.unwrap();
    simulator.with(|cloud| {
        let mut event = cloud.mailgun.events[0].clone();
        let begin = event.at - 3_600_000 * 24;
        let one = |n| {
            (event.id, event.at) = (format!("event-{n}"), begin + n * 1000);
            event.clone()
        };
        cloud.mailgun.events = (0..count).map(one).collect();
        begin + (count - 1) * 1000
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_log_is_read_to_its_end() {
    let simulator = simulator().await;
    let last = busy(&simulator, 5_300).await;
    let line = eu(&simulator);
    for fault in [None, Some(Fault::new(Kind::Denied, "POST analytics/logs").times(0))] {
        simulator.with(|cloud| cloud.faults.extend(fault));
        let (found, until) = whole(line.happened(0)).await;
        assert_eq!((found.len(), until), (5_300, Some(last)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn how_far_it_was_read_is_told_where_nothing_stands_that_is_wanted() {
    let simulator = simulator().await;
    let last = busy(&simulator, 150).await;
    // What we sent is accepted too, and is none of the mail that came in.
    let (came, until) = whole(eu(&simulator).came(0)).await;
    assert_eq!((came.len(), until), (0, Some(last)));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_went_before_trouble_is_told_before_it() {
    let simulator = simulator().await;
    busy(&simulator, 250).await;
    simulator.with(|cloud| cloud.faults.push(Fault::new(Kind::Unavailable, "POST analytics/logs").times(0).after(2)));
    let line = eu(&simulator);
    let mut log = line.happened(0);
    for _ in 0..2 {
        assert_eq!(log.next().await.unwrap().unwrap().entries.len(), 100);
    }
    assert!(log.next().await.is_err());
}
