//! Any bytes as a sign-in provider's keys and as its word about somebody: nobody gets in by them.
#![no_main]

use connect::oidc::{Expected, Keys, check};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|both: (&[u8], &str)| {
    let (document, token) = both;
    let Some(keys) = Keys::parse(document) else { return };
    let expected = Expected { issuer: "https://id.example", client_id: "postkamer", nonce: "n", now: 1_795_269_600_000 };
    assert!(check(token, &keys, &expected).is_err());
});
