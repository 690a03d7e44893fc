//! The record of a session, secrets blanked: log, bug report and test fixture in one.

use crate::Secret;
use base64::{Engine, engine::general_purpose::STANDARD};
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

/// How much of one line is kept.
const LINE_BYTES: usize = 2000;

/// The last lines of a session, as many as fit; clones write into the same record.
#[derive(Debug, Clone)]
pub struct Transcript(Arc<Mutex<Record>>);

#[derive(Debug)]
struct Record {
    lines: VecDeque<String>,
    bytes: usize,
    limit_bytes: usize,
    /// What must never be in the record, in each form that it has on the wire.
    hidden: Vec<Vec<u8>>,
}

impl Transcript {
    /// An empty record that keeps the newest `limit_bytes`.
    pub fn new(limit_bytes: usize) -> Transcript {
        let record = Record { lines: VecDeque::new(), bytes: 0, limit_bytes, hidden: Vec::new() };
        Transcript(Arc::new(Mutex::new(record)))
    }

    /// From now on this secret is written as `***`, also where a server echoes it or it stands in base 64.
    pub fn hide(&self, secret: &Secret) {
        let bytes = secret.reveal();
        if bytes.is_empty() {
            return;
        }
        let mut record = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        record.hidden.push(bytes.to_vec());
        record.hidden.push(STANDARD.encode(bytes).into_bytes());
    }

    /// Writes down what we sent.
    pub fn sent(&self, bytes: &[u8]) {
        self.write("C: ", bytes);
    }

    /// Writes down that we sent something that nobody may read.
    pub fn sent_secret(&self) {
        self.write("C: ", b"***");
    }

    /// Writes down what the server sent.
    pub fn received(&self, bytes: &[u8]) {
        self.write("S: ", bytes);
    }

    /// The record as text, oldest line first.
    pub fn text(&self) -> String {
        let record = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        record.lines.iter().flat_map(|line| [line.as_str(), "\n"]).collect()
    }

    fn write(&self, mark: &str, bytes: &[u8]) {
        let mut record = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut clean = bytes.to_vec();
        for secret in &record.hidden {
            let mut from = 0;
            while let Some(at) = memchr::memmem::find(&clean[from..], secret) {
                clean.splice(from + at..from + at + secret.len(), *b"***");
                from += at + 3;
            }
        }
        for line in String::from_utf8_lossy(&clean).split_terminator('\n') {
            let mut kept = line.trim_end_matches('\r').replace(|c: char| c.is_control(), "\u{fffd}");
            if kept.len() > LINE_BYTES {
                kept.truncate(kept.floor_char_boundary(LINE_BYTES));
                kept.push('…');
            }
            let line = format!("{mark}{kept}");
            record.bytes += line.len() + 1;
            record.lines.push_back(line);
        }
        while record.bytes > record.limit_bytes {
            let Some(oldest) = record.lines.pop_front() else { break };
            record.bytes -= oldest.len() + 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_blank_in_every_form() {
        let transcript = Transcript::new(10_000);
        transcript.hide(&Secret::new("canary!"));
        transcript.sent(b"a LOGIN bob \"canary!\"\r\n");
        transcript.received(b"a NO canary! is wrong (Y2FuYXJ5IQ==)\r\n");
        assert_eq!(transcript.text(), "C: a LOGIN bob \"***\"\nS: a NO *** is wrong (***)\n");
    }

    #[test]
    fn only_the_newest_lines_are_kept() {
        let transcript = Transcript::new(100);
        for number in 0..1000 {
            transcript.received(format!("line {number}\r\n").as_bytes());
        }
        assert!(transcript.text().len() <= 100);
        assert!(transcript.text().ends_with("S: line 999\n"));
        transcript.received(&vec![b'x'; 100_000]);
        assert!(transcript.text().len() <= 100);
    }
}
