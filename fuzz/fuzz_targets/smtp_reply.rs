//! Any bytes from an SMTP server are replies or an end to the talking, and each reply can be shown.
#![no_main]

use bytes::BytesMut;
use connect::smtp::{reply::take_reply, wire};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut buffer = BytesMut::from(bytes);
    loop {
        let before = buffer.len();
        let Ok(Some(reply)) = take_reply(&mut buffer) else { break };
        assert!((200..600).contains(&reply.code) && buffer.len() < before);
        let words = reply.words().0;
        assert!(words.chars().count() <= 500 && !words.contains(char::is_control));
    }
    // The same bytes as a message: whatever they are, they end once and only with our own dot.
    let clean = wire::with_crlf(bytes);
    let mut sent: Vec<u8> = wire::stuffed(&clean).flatten().copied().collect();
    assert!(wire::look(&clean).clean && !sent.starts_with(b".\r\n"));
    assert!(!sent.windows(5).any(|window| window == b"\r\n.\r\n"));
    sent.extend_from_slice(wire::DOT);
    assert!(sent.ends_with(b"\r\n.\r\n"));
});
