//! Measures reading: `cargo run --release -p mail --example digest FOLDER [ROUNDS]` digests every file below a folder and
//! prints messages, bytes and seconds, reading the files not counted.

use std::{
    path::Path,
    time::{Duration, Instant},
};

fn main() -> std::io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().unwrap_or_else(|| "testdata/mail".to_owned());
    let rounds = arguments.next().and_then(|rounds| rounds.parse().ok()).unwrap_or(3);
    let mut messages = Vec::new();
    read_below(Path::new(&folder), &mut messages)?;
    let bytes: usize = messages.iter().map(Vec::len).sum();
    let mut best = Duration::MAX;
    let mut words = 0;
    for _ in 0..rounds {
        let start = Instant::now();
        words = messages.iter().map(|raw| mail::parse::digest(raw).search.body.len()).sum::<usize>();
        best = best.min(start.elapsed());
    }
    let speed = bytes as f64 / 1e6 / best.as_secs_f64();
    println!("{} messages, {bytes} bytes, {words} bytes of words: {best:.3?}, {speed:.0} MB/s", messages.len());
    Ok(())
}

fn read_below(folder: &Path, messages: &mut Vec<Vec<u8>>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            read_below(&path, messages)?;
        } else {
            messages.push(std::fs::read(path)?);
        }
    }
    Ok(())
}
