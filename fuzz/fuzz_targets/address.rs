//! An address that is taken can be written, and is read back as the same one.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mail::compose::{Draft, write};

fuzz_target!(|text: &str| {
    let list = mail::Address::parse_list(text);
    for address in &list {
        assert_eq!(mail::address::fold_address(&address.folded()), address.folded());
    }
    let Some(address) = mail::Address::parse(text) else { return };
    let raw =
        write(&Draft { from: address.clone(), ..Draft::default() }).expect("an address that was taken can be written");
    let read = mail::parse::parse(&raw);
    assert_eq!(read.from.len(), 1);
    assert_eq!(read.from[0].folded(), address.folded());
});
