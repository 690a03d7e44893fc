//! Any text is a question, and folding words twice changes nothing.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let query = mail::query::parse(text, mail::query::Now { at_ms: 1_795_269_600_000, offset_seconds: 3600 });
    assert!(query.terms.len() <= 50);
    let folded = mail::search::fold(text);
    assert_eq!(mail::search::fold(&folded), folded);
});
