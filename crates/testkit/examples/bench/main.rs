//! Measures Postkamer beside other programs, in one run on one machine, and writes docs/performance.md: `make bench`.
//!
//! Variables: `BENCH_MESSAGES` (5000), `BENCH_RUNS` (3), `BENCH_PROGRAM` (the release build).

mod fetching;
mod index;
mod report;
mod sending;
mod waiting;

use std::path::PathBuf;

/// What every measurement needs to know.
pub struct Bench {
    /// How many messages are in the mailbox.
    pub messages: usize,
    /// How often each measurement is repeated; medians count.
    pub runs: usize,
    /// The program.
    pub program: PathBuf,
}

fn number(variable: &str, default: usize) -> usize {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

fn main() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    let bench = Bench {
        messages: number("BENCH_MESSAGES", 5_000),
        runs: number("BENCH_RUNS", 3),
        program: std::env::var_os("BENCH_PROGRAM").map_or_else(|| root.join("target/release/postkamer"), PathBuf::from),
    };
    let mut report = report::Report::new(&bench);
    fetching::measure(&bench, &mut report);
    index::measure(&bench, &mut report);
    sending::measure(&bench, &mut report);
    waiting::measure(&bench, &mut report);
    let text = report.text();
    std::fs::write(root.join("docs/performance.md"), &text).expect("docs/performance.md");
    println!("{text}");
}
