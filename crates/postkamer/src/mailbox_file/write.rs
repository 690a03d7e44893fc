//! Writes an account's mail as mbox (mboxrd), Maildir or .eml files.

use super::Form;
use crate::{options::Settled, outcome::Failed, progress, trouble::of_io, words};
use mailroom::MailRoom;
use std::{
    fs::{self, File},
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
};
use store::{account::Account, folder::Folder, place::Lying};

/// Places read in one go.
const PAGE: usize = 500;

/// Writes every folder of the account under the path; gives how many messages.
pub async fn all(
    room: &MailRoom,
    account: &Account,
    path: &Path,
    form: Form,
    options: &Settled,
) -> Result<u64, Failed> {
    let (organisation, id) = (account.organisation, account.id);
    let read = room.store.db.read(move |tx| Box::pin(async move { store::folder::list(tx, organisation, id).await }));
    let folders = read.await?;
    let total = folders.iter().map(|folder| folder.messages.max(0) as u64).sum();
    let bar = progress::bar(options, total, words::EXPORTING.say(options.language));
    let mut written = 0;
    for folder in folders {
        let mut target = Target::open(path, &folder, form).map_err(|error| failed(path, &error))?;
        let mut after = i64::MIN;
        loop {
            let folder = folder.id;
            let read = room.store.db.read(move |tx| {
                Box::pin(async move { store::place::page(tx, organisation, folder, after, PAGE).await })
            });
            let page = read.await?;
            let Some(last) = page.last() else { break };
            after = last.remote;
            for lying in page {
                let digest: [u8; 32] =
                    lying.digest.as_slice().try_into().map_err(|_| Failed::new("export", words::DIGEST_DAMAGED))?;
                let raw = room.store.raw(organisation, digest).await?;
                target.put(&raw, &lying).map_err(|error| failed(path, &error))?;
                written += 1;
                bar.inc(1);
            }
        }
        target.close().map_err(|error| failed(path, &error))?;
    }
    bar.finish_and_clear();
    Ok(written)
}

fn failed(path: &Path, error: &io::Error) -> Failed {
    Failed::new("path", words::about(&path.display().to_string(), &of_io(error)))
}

enum Target {
    Mbox(BufWriter<File>),
    Maildir(PathBuf, u64),
    Eml(PathBuf, u64),
}

impl Target {
    fn open(path: &Path, folder: &Folder, form: Form) -> io::Result<Target> {
        let name = file_name(&folder.name);
        fs::create_dir_all(path)?;
        Ok(match form {
            Form::Mbox => Target::Mbox(BufWriter::new(File::create(path.join(name + ".mbox"))?)),
            Form::Maildir => {
                let folder = path.join(name);
                for part in ["cur", "new", "tmp"] {
                    fs::create_dir_all(folder.join(part))?;
                }
                Target::Maildir(folder, 0)
            }
            Form::Eml => {
                let folder = path.join(name);
                fs::create_dir_all(&folder)?;
                Target::Eml(folder, 0)
            }
        })
    }

    fn put(&mut self, raw: &[u8], lying: &Lying) -> io::Result<()> {
        let flags = &lying.flags;
        match self {
            Target::Mbox(file) => put_mbox(file, raw, lying.received_at),
            Target::Maildir(folder, number) => {
                *number += 1;
                let letters = [(flags.draft, 'D'), (flags.flagged, 'F'), (flags.answered, 'R'), (flags.seen, 'S')];
                let letters: String = letters.into_iter().filter(|letter| letter.0).map(|letter| letter.1).collect();
                let name = format!("{}.{number}.postkamer:2,{letters}", lying.received_at / 1000);
                fs::write(folder.join("cur").join(name), raw)
            }
            Target::Eml(folder, number) => {
                *number += 1;
                fs::write(folder.join(format!("{number:06}.eml")), raw)
            }
        }
    }

    fn close(self) -> io::Result<()> {
        match self {
            Target::Mbox(mut file) => file.flush(),
            Target::Maildir(..) | Target::Eml(..) => Ok(()),
        }
    }
}

/// mboxrd: a line that could be taken for the beginning of a message gets one more `>`.
fn put_mbox(file: &mut impl Write, raw: &[u8], received_at: i64) -> io::Result<()> {
    let when = jiff::Timestamp::from_millisecond(received_at).unwrap_or_default();
    writeln!(file, "From MAILER-DAEMON {}", when.strftime("%a %b %e %H:%M:%S %Y"))?;
    for line in raw.split_inclusive(|byte| *byte == b'\n') {
        let quotes = line.iter().take_while(|byte| **byte == b'>').count();
        if line[quotes..].starts_with(b"From ") {
            file.write_all(b">")?;
        }
        match line.strip_suffix(b"\r\n") {
            Some(text) => {
                file.write_all(text)?;
                file.write_all(b"\n")?;
            }
            None => file.write_all(line)?,
        }
    }
    if !raw.ends_with(b"\n") {
        file.write_all(b"\n")?;
    }
    file.write_all(b"\n")
}

/// A folder's name as a file name: never a path, never hidden.
fn file_name(name: &str) -> String {
    let clean: String = name.chars().map(|c| if c == '/' || c == '\\' || c.is_control() { '.' } else { c }).collect();
    let clean = clean.trim_matches('.').to_owned();
    if clean.is_empty() { "folder".into() } else { clean }
}
