//! Every answer of the real servers whose sessions others recorded (MailKit's tests, MIT), through the reader.

use super::super::wire::{Intake, Pipe, Wire};
use super::*;
use std::{path::PathBuf, sync::Arc};
use tokio::{io::AsyncWriteExt, sync::Semaphore};

fn recordings() -> Option<Vec<PathBuf>> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/transcripts/imap");
    let mut found = Vec::new();
    for folder in std::fs::read_dir(root).ok()? {
        found.extend(std::fs::read_dir(folder.ok()?.path()).ok()?.flatten().map(|entry| entry.path()));
    }
    found.retain(|path| path.extension().is_some_and(|extension| extension == "txt"));
    found.sort();
    Some(found)
}

async fn responses(text: &[u8]) -> Vec<(Vec<u8>, Response)> {
    // The recordings are kept with bare line feeds and a tag to be filled in.
    let text = String::from_utf8_lossy(text).replace("\r\n", "\n").replace("A########", "k1").replace('\n', "\r\n");
    let (here, mut there) = tokio::io::duplex(text.len() + 1);
    let mut wire = Wire::new(Pipe::Memory(here), None);
    wire.intake = Some(Intake { room: Arc::new(Semaphore::new(1 << 16)), total: 1 << 16, limit_bytes: 50 << 20 });
    there.write_all(text.as_bytes()).await.unwrap();
    drop(there);
    let mut read = Vec::new();
    while let Ok(mut frame) = wire.next().await {
        let line = frame.text.clone();
        read.push((line, frame.response()));
    }
    read
}

#[tokio::test]
async fn every_recorded_answer_of_a_real_server_is_read() {
    let Some(recordings) = recordings() else {
        println!("skipped: there are no recorded transcripts beside the tree");
        return;
    };
    let (mut lines, mut fetched, mut listed) = (0, 0, 0);
    for path in &recordings {
        let read = responses(&std::fs::read(path).unwrap()).await;
        assert!(!read.is_empty(), "{}", path.display());
        for (line, response) in read {
            let line = String::from_utf8_lossy(&line);
            lines += 1;
            let known = ["FETCH", "LIST", "STATUS", "SEARCH", "ESEARCH", "EXISTS", "VANISHED", "CAPABILITY", "OK"];
            let word = line.split(' ').skip(1).find(|word| !word.bytes().all(|byte| byte.is_ascii_digit()));
            if known.iter().any(|known| word.is_some_and(|word| word.trim_end() == *known)) {
                assert_ne!(response, Response::Other, "{}: {line}", path.display());
            }
            match response {
                Response::Fetch(found) => {
                    fetched += 1;
                    let (uid, flags) = (line.contains("UID "), line.contains(" FLAGS ("));
                    assert!(!uid || found.uid.is_some(), "{}: {line}", path.display());
                    assert!(!flags || found.flags.is_some(), "{}: {line}", path.display());
                }
                Response::List(folder) => {
                    listed += 1;
                    assert!(folder.readable || folder.name.is_empty(), "{}: {line}", path.display());
                }
                _ => {}
            }
        }
    }
    println!("{} recordings, {lines} answers, {fetched} FETCH, {listed} LIST", recordings.len());
    assert!(recordings.len() > 100 && fetched > 100 && listed > 30, "{lines} {fetched} {listed}");
}
