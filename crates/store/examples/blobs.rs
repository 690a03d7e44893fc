//! Measures the packs: `cargo run --release -p store --example blobs -- FOLDER`: 311 MB in batches of 12 MB, then small
//! blobs from ten who each wait for their own.

use bytes::Bytes;
use mail::OrganisationKey;
use std::{path::PathBuf, time::Instant};
use store::{
    StoreError,
    blob::{BlobStore, LocalBlobs, NewBlob, digest},
};

const ORGANISATION: OrganisationKey = OrganisationKey(1);

#[tokio::main]
async fn main() -> Result<(), StoreError> {
    let folder = std::env::args().nth(1).map_or_else(std::env::temp_dir, PathBuf::from);
    let folder = folder.join(format!("postkamer-blobs-{}", std::process::id()));
    let store = LocalBlobs::open(&folder)?;
    let mails: Vec<NewBlob> = (0..5000u32).map(|n| blob(n, 62_000)).collect();
    let begun = Instant::now();
    for batch in mails.chunks(200) {
        store.put(batch.to_vec()).await?;
    }
    println!("5000 blobs of 62 kB: {:?}", begun.elapsed());
    let begun = Instant::now();
    let writers = (0..10u32).map(|writer| {
        let store = store.clone();
        tokio::spawn(async move {
            for n in 0..500 {
                store.put(vec![blob(writer * 1000 + n, 4000)]).await?;
            }
            Ok::<_, StoreError>(())
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.map_err(|error| StoreError::Broken(error.to_string()))??;
    }
    println!("{:.0} blobs of 4 kB a second, ten at a time", 5000.0 / begun.elapsed().as_secs_f64());
    std::fs::remove_dir_all(&folder).map_err(StoreError::io("clean up"))
}

fn blob(n: u32, size: usize) -> NewBlob {
    let mut bytes = vec![b'x'; size];
    bytes[..4].copy_from_slice(&n.to_be_bytes());
    NewBlob { organisation: ORGANISATION, digest: digest(&bytes), bytes: Bytes::from(bytes) }
}
