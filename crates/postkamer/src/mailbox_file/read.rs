//! Reads mbox, Maildir and .eml files, one message at a time.

use bytes::Bytes;
use indicatif::ProgressBar;
use mail::Flags;
use mailroom::incoming::Imported;
use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read},
    path::{Path, PathBuf},
};
use tokio::sync::mpsc::Sender;

/// A message above this is not read, in bytes.
const LIMIT: u64 = 50 << 20;

/// What there is to read.
pub struct Files {
    sources: Vec<Source>,
    /// All of them together.
    pub bytes: u64,
}

enum Source {
    Mbox { path: PathBuf, folder: String },
    One { path: PathBuf, folder: String, flags: Flags },
}

/// Looks what lies under the path.
pub fn files(path: &Path, folder: &str) -> io::Result<Files> {
    let mut files = Files { sources: Vec::new(), bytes: 0 };
    files.look(path, folder, true)?;
    Ok(files)
}

impl Files {
    fn look(&mut self, path: &Path, folder: &str, top: bool) -> io::Result<()> {
        let about = std::fs::metadata(path)?;
        if about.is_file() {
            self.bytes += about.len();
            let eml = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("eml"));
            let path = path.to_owned();
            self.sources.push(match eml {
                true => Source::One { path, folder: folder.to_owned(), flags: Flags::default() },
                false => Source::Mbox { folder: if top { folder.to_owned() } else { stem(&path) }, path },
            });
            return Ok(());
        }
        if path.join("cur").is_dir() {
            return self.look_in_maildir(path, folder);
        }
        let mut entries: Vec<PathBuf> =
            std::fs::read_dir(path)?.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>()?;
        entries.sort();
        for entry in entries {
            let name = stem(&entry);
            let inside =
                if entry.is_dir() { name.trim_start_matches('.').replace('.', "/") } else { folder.to_owned() };
            self.look(&entry, &inside, false)?;
        }
        Ok(())
    }

    fn look_in_maildir(&mut self, path: &Path, folder: &str) -> io::Result<()> {
        for part in ["cur", "new"] {
            let Ok(entries) = std::fs::read_dir(path.join(part)) else { continue };
            for entry in entries {
                let entry = entry?;
                self.bytes += entry.metadata()?.len();
                let flags = maildir_flags(&entry.file_name().to_string_lossy());
                self.sources.push(Source::One { path: entry.path(), folder: folder.to_owned(), flags });
            }
        }
        let mut inner: Vec<PathBuf> =
            std::fs::read_dir(path)?.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>()?;
        inner.retain(|entry| entry.is_dir() && !["cur", "new", "tmp"].contains(&stem(entry).as_str()));
        inner.sort();
        for entry in inner {
            let name = stem(&entry).trim_start_matches('.').replace('.', "/");
            self.look(&entry, &name, false)?;
        }
        Ok(())
    }

    /// Hands every message over; gives how many.
    pub fn read(self, to: &Sender<Imported>, bar: &ProgressBar) -> io::Result<u64> {
        let mut count = 0;
        for source in self.sources {
            match source {
                Source::One { path, folder, flags } => {
                    let mut raw = Vec::new();
                    File::open(&path)?.take(LIMIT).read_to_end(&mut raw)?;
                    bar.inc(raw.len() as u64);
                    count += u64::from(hand_over(to, &folder, &raw, flags));
                }
                Source::Mbox { path, folder } => count += read_mbox(&path, &folder, to, bar)?,
            }
        }
        bar.finish_and_clear();
        Ok(count)
    }
}

/// mboxrd and its relatives: a line `From ` begins a message, one `>` is taken off before `>*From `.
fn read_mbox(path: &Path, folder: &str, to: &Sender<Imported>, bar: &ProgressBar) -> io::Result<u64> {
    let mut lines = BufReader::with_capacity(1 << 20, File::open(path)?);
    let (mut line, mut raw, mut count) = (Vec::new(), Vec::new(), 0);
    let mut inside = false;
    loop {
        line.clear();
        let read = lines.by_ref().take(LIMIT).read_until(b'\n', &mut line)?;
        bar.inc(read as u64);
        if read == 0 || line.starts_with(b"From ") {
            if inside {
                // The blank line before the next message belongs to the file, not to the message.
                let end = if raw.ends_with(b"\r\n\r\n") { 2 } else { usize::from(raw.ends_with(b"\n\n")) };
                raw.truncate(raw.len() - end);
                count += u64::from(hand_over(to, folder, &raw, mbox_flags(&raw)));
            }
            if read == 0 {
                return Ok(count);
            }
            inside = true;
            raw.clear();
            continue;
        }
        let quotes = line.iter().take_while(|byte| **byte == b'>').count();
        let quoted = quotes > 0 && line[quotes..].starts_with(b"From ");
        if (raw.len() as u64) < LIMIT {
            raw.extend_from_slice(&line[usize::from(quoted)..]);
        }
    }
}

fn hand_over(to: &Sender<Imported>, folder: &str, raw: &[u8], flags: Flags) -> bool {
    let raw = Bytes::from(with_crlf(raw));
    let internal_at = mail::parse::parse(&raw).date;
    to.blocking_send(Imported { folder: folder.to_owned(), raw, flags, internal_at }).is_ok()
}

/// Files of Unix programs end their lines with LF; mail on a server has CRLF.
fn with_crlf(raw: &[u8]) -> Vec<u8> {
    let mut result = Vec::with_capacity(raw.len() + raw.len() / 32);
    let mut before = 0;
    for byte in raw {
        if *byte == b'\n' && before != b'\r' {
            result.push(b'\r');
        }
        result.push(*byte);
        before = *byte;
    }
    result
}

fn maildir_flags(name: &str) -> Flags {
    let letters = name.rsplit_once(":2,").map_or("", |(_, letters)| letters);
    Flags {
        seen: letters.contains('S'),
        flagged: letters.contains('F'),
        answered: letters.contains('R'),
        draft: letters.contains('D'),
        ..Flags::default()
    }
}

/// The `Status` fields that Unix mail programs keep inside the message.
fn mbox_flags(raw: &[u8]) -> Flags {
    let fields = mail::parse::header_fields(raw);
    let of = |wanted: &str| {
        let found = fields.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted));
        found.map_or(String::new(), |(_, value)| value.clone())
    };
    let (status, more) = (of("Status"), of("X-Status"));
    Flags {
        seen: status.contains('R'),
        answered: more.contains('A'),
        flagged: more.contains('F'),
        draft: more.contains('T'),
        ..Flags::default()
    }
}

fn stem(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    name.strip_suffix(".mbox").or(name.strip_suffix(".eml")).unwrap_or(&name).to_owned()
}
