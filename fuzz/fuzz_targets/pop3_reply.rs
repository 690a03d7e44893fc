//! Any line from a POP3 server is a reply, a question or nothing, and what it says it can do is no more than that.
#![no_main]

use connect::pop3::reply::{Capabilities, Said, read};
use libfuzzer_sys::fuzz_target;
use std::time::Duration;

fuzz_target!(|bytes: &[u8]| {
    for line in bytes.split(|byte| *byte == b'\n') {
        match read(line) {
            Some(Said::Reply(reply)) => {
                assert_eq!(reply.ok, line.starts_with(b"+OK"));
                assert!(!reply.is("AUTH") || reply.code.is_some());
            }
            Some(Said::Challenge(challenge)) => assert!(challenge.len() < line.len()),
            None => {}
        }
    }
    let lines = String::from_utf8_lossy(bytes).lines().map(str::to_owned).collect();
    let can = Capabilities::new(lines);
    assert!(can.login_delay() <= Duration::from_secs(24 * 3600));
    assert!(can.mechanisms().iter().all(|name| !name.is_empty()));
});
