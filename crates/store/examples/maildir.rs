//! Reads a Maildir and puts its words into an index, and nothing else: what `make bench` lays beside `mu index`.
//!
//! `cargo run --release -p store --example maildir -- MAILDIR FOLDER`, FOLDER for the database, which must not exist.

use mail::{AccountKey, MessageKey, OrganisationKey, search::SearchText};
use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
};
use store::{Places, Store, StoreError, search};

const ORGANISATION: OrganisationKey = OrganisationKey(1);
const ACCOUNT: AccountKey = AccountKey(1 << 50);
/// What the product puts into one transaction.
const BATCH: usize = 256;

#[tokio::main]
async fn main() -> Result<(), StoreError> {
    let mut arguments = std::env::args().skip(1).map(PathBuf::from);
    let (Some(maildir), Some(data)) = (arguments.next(), arguments.next()) else {
        eprintln!("which Maildir, and which folder for the index?");
        return Ok(());
    };
    let store = Store::open(&Places { data, database: None, blobs: None }).await?;
    let mut files = Vec::new();
    collect(&maildir, &mut files).map_err(StoreError::io("list the Maildir"))?;
    let files = Arc::new(files);
    let (sender, read) = mpsc::sync_channel(2);
    let next = Arc::new(AtomicUsize::new(0));
    for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
        let (files, next, sender) = (files.clone(), next.clone(), sender.clone());
        std::thread::spawn(move || {
            loop {
                let first = next.fetch_add(BATCH, Ordering::Relaxed);
                let Some(batch) = files.get(first..files.len().min(first + BATCH)).filter(|batch| !batch.is_empty())
                else {
                    return;
                };
                let texts: Vec<_> =
                    batch.iter().enumerate().filter_map(|(n, file)| read_one(first + n, file)).collect();
                if sender.send(texts).is_err() {
                    return;
                }
            }
        });
    }
    drop(sender);
    let mut messages = 0;
    for batch in read {
        messages += batch.len();
        let put = store::unit(move |tx| {
            Box::pin(async move {
                let texts: Vec<_> = batch.iter().map(|(key, text)| (*key, text)).collect();
                search::index(tx, ORGANISATION, ACCOUNT, &texts).await
            })
        });
        store.db.write(put).await?;
    }
    println!("{messages}");
    Ok(())
}

/// A message that can't be read is left out, as mu does.
fn read_one(number: usize, file: &Path) -> Option<(MessageKey, SearchText)> {
    let raw = std::fs::read(file).ok()?;
    Some((MessageKey((number as i64) << 30), mail::parse::digest(&raw).search))
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            collect(&entry.path(), files)?;
        } else if folder.ends_with("cur") || folder.ends_with("new") {
            files.push(entry.path());
        }
    }
    Ok(())
}
