//! Where mail goes, and what comes of it for each recipient.

use crate::office::{Counter, Shelf, office, parcel, send, waits};
use connect::{ConnectError, Transport, error::Cause};
use std::sync::atomic::Ordering;
use testkit::{Exim, EximOptions, Internet, Postfix, PostfixOptions, Zone, inside_internet};

fn postfix(domain: &str, address: &str) -> Postfix {
    Postfix::start(PostfixOptions {
        domain: domain.into(),
        listens_at: Some(format!("{address}:25")),
        ..PostfixOptions::default()
    })
}

#[test]
fn mail_goes_to_the_servers_of_each_domain_and_each_recipient_has_its_own_answer() {
    if !inside_internet("delivery::mail_goes_to_the_servers_of_each_domain_and_each_recipient_has_its_own_answer") {
        return;
    }
    let _internet = Internet::start(&[
        // Nobody listens at the first.
        Zone::plain("good.test", "@ IN MX 10 mx1\n@ IN MX 20 mx2\nmx1 IN A 127.0.0.26\nmx2 IN A 127.0.0.25"),
        Zone::plain("bare.test", "@ IN A 127.0.0.28"),
        Zone::plain("null.test", "@ IN MX 0 ."),
        Zone::plain("inside.test", "@ IN MX 10 mx\nmx IN A 10.0.0.1"),
    ]);
    let good = postfix("good.test", "127.0.0.25");
    let exim = Exim::start(EximOptions {
        domain: "bare.test".into(),
        address: Some("127.0.0.28".into()),
        ..EximOptions::default()
    });
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let (_, hand) = office(None, &Shelf::default());
        let marks = Counter::default();
        let recipients = [
            "anna@good.test",
            "els@bare.test",
            "gone@good.test",
            "defer@good.test",
            "later@bare.test",
            "iemand@null.test",
            "iemand@bestaat-niet.test",
            "iemand@inside.test",
            "zonder-domein",
        ];
        let receipt = hand.submit(parcel(&recipients), &marks).await.unwrap();
        let said: Vec<_> = receipt.recipients.iter().map(|one| one.outcome.clone()).collect();
        assert!(said[0].is_ok() && said[1].is_ok(), "{said:?}");
        assert_eq!(marks.0.load(Ordering::SeqCst), 2, "one for each domain that took it");
        let refused = |n: usize| match &said[n] {
            Err(ConnectError::Refused { cause, words }) => (*cause, words.0.clone()),
            other => panic!("{n}: {other:?}"),
        };
        assert!(refused(2).1.starts_with("550 5.1.1"), "{:?}", said[2]);
        assert_eq!(waits(&said[3]), Some(Cause::Throttled));
        assert_eq!(waits(&said[4]), Some(Cause::Throttled));
        assert_eq!(refused(5), (Cause::NoMailThere, "the domain null.test takes no mail (null MX)".into()));
        assert_eq!(refused(6).0, Cause::NoMailThere);
        assert_eq!(refused(7).0, Cause::AddressNotAllowed, "the guard holds for exchangers too");
        assert_eq!(refused(8).0, Cause::NoMailThere);

        // The line is kept for the next one, and a server that closes it is come back to.
        assert!(send(&hand, &["bram@good.test"]).await[0].is_ok());
        let closed = send(&hand, &["hangup@good.test", "anna@good.test"]).await;
        assert!(waits(&closed[0]).is_some() && waits(&closed[1]).is_some(), "{closed:?}");
        assert!(send(&hand, &["anna@good.test"]).await[0].is_ok());
        hand.close().await;
    });
    assert_eq!(exim.arrived(1).len(), 1);
    let log = good.logged("to=<anna@good.test>", 2);
    assert_eq!(log.matches("to=<anna@good.test>").count(), 2, "{log}");
}

#[test]
fn when_nobody_anywhere_answers_on_port_25_it_is_told_as_our_own_trouble() {
    if !inside_internet("delivery::when_nobody_anywhere_answers_on_port_25_it_is_told_as_our_own_trouble") {
        return;
    }
    let _internet = Internet::start(&[
        Zone::plain("een.test", "@ IN MX 10 mx\nmx IN A 127.0.0.26"),
        Zone::plain("twee.test", "@ IN MX 10 mx\nmx IN A 127.0.0.27"),
    ]);
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let (_, hand) = office(None, &Shelf::default());
        let first = hand.submit(parcel(&["a@een.test"]), &Counter::default()).await.unwrap();
        assert_eq!(waits(&first.recipients[0].outcome), Some(Cause::MailPortClosed), "one domain waits by itself");
        let second = hand.submit(parcel(&["b@twee.test"]), &Counter::default()).await;
        assert!(matches!(second, Err(ConnectError::Later { cause: Cause::MailPortClosed, .. })), "{second:?}");
    });
}

#[test]
fn mail_goes_by_ipv6_where_there_is_nothing_else_and_by_ipv4_where_ipv6_does_not_answer() {
    if !inside_internet(
        "delivery::mail_goes_by_ipv6_where_there_is_nothing_else_and_by_ipv4_where_ipv6_does_not_answer",
    ) {
        return;
    }
    let _internet = Internet::start(&[
        Zone::plain("zes.test", "@ IN MX 10 mx\nmx IN AAAA fd00::25"),
        // Nobody listens at the first address.
        Zone::plain("beide.test", "@ IN MX 10 mx\nmx IN AAAA fd00::26\nmx IN A 127.0.0.25"),
        Zone::plain("bloot.test", "@ IN AAAA fd00::30"),
        Zone::plain("binnen.test", "@ IN MX 10 mx\nmx IN AAAA fd99::1"),
    ]);
    let server = |domain: &str, address: &str| {
        Postfix::start(PostfixOptions {
            domain: domain.into(),
            listens_at: Some(address.into()),
            extra: "inet_protocols = all\ninet_interfaces = all".into(),
            ..PostfixOptions::default()
        })
    };
    let (six, bare) = (server("zes.test", "[fd00::25]:25"), server("bloot.test", "[fd00::30]:25"));
    let both = postfix("beide.test", "127.0.0.25");
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let (_, hand) = office(None, &Shelf::default());
        let recipients = ["anna@zes.test", "anna@beide.test", "anna@bloot.test", "gone@zes.test", "iemand@binnen.test"];
        let receipt = hand.submit(parcel(&recipients), &Counter::default()).await.unwrap();
        let said: Vec<_> = receipt.recipients.iter().map(|one| one.outcome.clone()).collect();
        assert!(said[..3].iter().all(Result::is_ok), "{said:?}");
        let refused = |n: usize| matches!(&said[n], Err(ConnectError::Refused { .. }));
        assert!(refused(3) && refused(4), "{said:?}");
        // An address in place of a domain (RFC 5321 §4.1.3): it is reached, and takes no mail for that.
        let literal = send(&hand, &["anna@[IPv6:fd00::25]"]).await;
        assert!(
            matches!(&literal[0], Err(ConnectError::Refused { words, .. }) if words.0.starts_with('5')),
            "{literal:?}"
        );
        hand.close().await;
    });
    for (server, domain) in [(&six, "zes.test"), (&both, "beide.test"), (&bare, "bloot.test")] {
        let told = format!("to=<anna@{domain}>");
        assert_eq!(server.logged(&told, 1).matches(&told).count(), 1, "{}", server.mail_log());
    }
    assert!(six.mail_log().contains("[fd00::"), "{}", six.mail_log());
}
