//! Any bytes are a message, and the two ways of reading it agree.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|raw: &[u8]| {
    let message = mail::parse::parse(raw);
    let digested = mail::parse::digest(raw);
    assert_eq!(digested.message.subject, message.subject);
    assert_eq!(digested.message.attachments, message.attachments);
    for known in &message.attachments {
        let file = mail::parse::attachment(raw, known.n).expect("every listed attachment is there");
        assert_eq!(file.name, known.name);
        assert!(!file.name.is_empty() && !file.name.contains(['/', '\\', '\0', '\r', '\n']));
    }
    mail::parse::header_fields(raw);
    assert!(mail::compose::strip_bcc(raw).len() <= raw.len());
    mail::thread::base_subject(&message.subject);
});
