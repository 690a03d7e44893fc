use super::super::fetch::Body;
use super::*;
use tokio::io::{AsyncWriteExt, DuplexStream};

fn pair() -> (Wire, DuplexStream) {
    let (here, there) = tokio::io::duplex(1 << 20);
    (Wire::new(Pipe::Memory(here), None), there)
}

fn intake(permits: u32, limit_bytes: u64) -> Intake {
    Intake { room: Arc::new(Semaphore::new(permits as usize)), total: permits, limit_bytes }
}

async fn say(bytes: &[u8]) -> Wire {
    let (wire, mut server) = pair();
    server.write_all(bytes).await.unwrap();
    wire
}

#[tokio::test]
async fn a_body_is_whole_however_it_is_cut() {
    let text = b"* 1 FETCH (UID 9 BODY[] {11}\r\nhello\r\nyou\n FLAGS (\\Seen))\r\n* 2 EXISTS\n";
    for cut in 0..text.len() {
        let (mut wire, mut server) = pair();
        wire.intake = Some(intake(100, 1000));
        server.write_all(&text[..cut]).await.unwrap();
        let early = tokio::select! { biased;
            frame = wire.next() => Some(frame.unwrap()),
            () = std::future::ready(()) => None,
        };
        server.write_all(&text[cut..]).await.unwrap();
        let mut frame = match early {
            Some(frame) => frame,
            None => wire.next().await.unwrap(),
        };
        let Response::Fetch(fetched) = frame.response() else { panic!("{cut}") };
        assert_eq!(fetched.body, Some(Body::Bytes(Bytes::from_static(b"hello\r\nyou\n"))));
        assert!(frame.room.is_some() && fetched.flags.unwrap().seen);
        assert_eq!(wire.next().await.unwrap().response(), Response::Exists(2));
    }
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_by_its_announcement() {
    for size in ["4294967295", "99999999999999999999", "1001"] {
        let mut wire = say(format!("* 1 FETCH (UID 77 BODY[] {{{size}}}\r\n").as_bytes()).await;
        wire.intake = Some(intake(10, 1000));
        assert!(matches!(wire.next().await, Err(Broken::TooLarge { uid: Some(77), .. })), "{size}");
    }
}

#[tokio::test]
async fn a_long_literal_that_nobody_asked_for_ends_the_connection() {
    for line in ["* 1 FETCH (BODY[] {70000}\r\n", "* LIST () \"/\" {4294967295}\r\n", "* STATUS {65537+}\r\n"] {
        let mut wire = say(line.as_bytes()).await;
        assert!(matches!(wire.next().await, Err(Broken::Malformed(_))), "{line}");
    }
}

#[tokio::test]
async fn words_for_people_may_end_in_braces() {
    let mut wire = say(b"* OK see {12}\r\n+ {5}\r\nk1 NO {7}\r\n").await;
    assert!(matches!(wire.next().await.unwrap().response(), Response::Status(_)));
    assert!(matches!(wire.next().await.unwrap().response(), Response::Continue(_)));
    assert!(matches!(wire.next().await.unwrap().response(), Response::Tagged(1, _)));
}

#[tokio::test]
async fn a_line_without_end_is_refused() {
    let (mut wire, mut server) = pair();
    let flood = async { while server.write_all(&[b'x'; 10_000]).await.is_ok() {} };
    let read = async {
        let result = wire.next().await;
        drop(wire);
        result
    };
    let (_, result) = tokio::join!(flood, read);
    assert!(matches!(result, Err(Broken::Malformed("a line without end"))));
}

#[tokio::test]
async fn a_connection_closed_within_a_literal_delivers_nothing() {
    let (mut wire, mut server) = pair();
    wire.intake = Some(intake(100, 1000));
    server.write_all(b"* 1 FETCH (UID 9 BODY[] {11}\r\nhello").await.unwrap();
    drop(server);
    assert!(matches!(wire.next().await, Err(Broken::Closed)));
}

#[tokio::test]
async fn a_body_waits_until_there_is_room() {
    let (mut wire, mut server) = pair();
    let place = intake(1, 1_000_000);
    let taken = place.room.clone().acquire_owned().await.unwrap();
    wire.intake = Some(place.clone());
    server.write_all(b"* 1 FETCH (BODY[] {3}\r\nabc)\r\n").await.unwrap();
    tokio::select! { biased;
        _ = wire.next() => panic!("there was no room"),
        () = tokio::task::yield_now() => {}
    }
    drop(taken);
    let frame = wire.next().await.unwrap();
    assert_eq!(place.room.available_permits(), 0);
    drop(frame);
    assert_eq!(place.room.available_permits(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_drip_is_a_stall_and_a_slow_download_is_not() {
    let (mut wire, mut server) = pair();
    wire.intake = Some(intake(10_000, 10_000_000));
    wire.patience = Patience::progress(Duration::from_secs(300));
    server.write_all(b"* 1 FETCH (BODY[] {700000}\r\n").await.unwrap();
    let slow = async {
        for _ in 0..700 {
            tokio::time::sleep(Duration::from_millis(900)).await;
            server.write_all(&[b'x'; 1000]).await.unwrap();
        }
        server.write_all(b")\r\n").await.unwrap();
        server
    };
    let (mut server, frame) = tokio::join!(slow, wire.next());
    assert_eq!(frame.unwrap().literals[0].len(), 700_000);

    let drip = async {
        loop {
            tokio::time::sleep(Duration::from_secs(1)).await;
            server.write_all(b"x").await.unwrap();
        }
    };
    tokio::select! {
        () = drip => unreachable!(),
        result = wire.next() => assert!(matches!(result, Err(Broken::TimedOut))),
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_never_comes_is_given_up() {
    let (mut wire, _server) = pair();
    wire.patience = Patience::within(Duration::from_secs(60));
    assert!(matches!(wire.next().await, Err(Broken::TimedOut)));
}
