//! Any bytes from an IMAP server are a response, if only one that we have no use for; and names come back as they went.
#![no_main]

use bytes::Bytes;
use connect::imap::{
    fetch::date,
    response::{Response, read, uid_set},
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let text = bytes.split(|byte| *byte == 0).next().unwrap_or_default();
    for start in [&b""[..], b"* ", b"* 1 FETCH (", b"* LIST (", b"* STATUS ", b"* ESEARCH ", b"k1 "] {
        let mut literals = [Bytes::from_static(b"one"), Bytes::from_static(b"two")];
        if let Response::Fetch(fetched) = read(&[start, text].concat(), &mut literals) {
            assert_ne!(fetched.uid, Some(0));
        }
    }
    let ranges = uid_set(text);
    assert!(ranges.ranges().windows(2).all(|two| two[0].1 < two[1].0));
    if let Ok(text) = std::str::from_utf8(text) {
        date(text);
    }
});
