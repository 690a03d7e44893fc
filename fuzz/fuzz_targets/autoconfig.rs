//! Any file that a stranger publishes gives settings that are whole and protected, or none.
#![no_main]

use connect::{Encryption, discover::read_autoconfig};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|xml: &[u8]| {
    for candidate in read_autoconfig(xml, "info@shop.example") {
        for endpoint in candidate.incoming.iter().chain(&candidate.outgoing) {
            assert!(endpoint.port > 0 && endpoint.encryption != Encryption::None);
            assert!(!endpoint.host.is_empty() && !endpoint.host.contains(char::is_whitespace));
        }
    }
});
