//! Any file is a list of contacts or none, and no row of it is longer than the file.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    for row in mail::contacts::read(text).into_iter().flatten() {
        assert!(row.name.len() <= 3 * text.len());
        assert!(row.addresses.iter().all(|address| !address.is_empty()));
    }
});
