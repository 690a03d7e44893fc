//! Any bytes may be a report, and what it names is sound.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|raw: &[u8]| {
    let message = mail::parse::parse(raw);
    mail::report::is_automatic(&message);
    if let Some(report) = mail::report::read(&message, raw) {
        assert!(report.recipients.iter().all(|recipient| recipient.address.contains('@')));
    }
});
