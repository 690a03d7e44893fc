//! Asks an installation questions the way one of its users would, inside the process and with rights applied, and prints
//! for each: kind, microseconds, how many of the newest fifty came. What `make bench` lays beside libnotmuch.
//!
//! `cargo run --release -p store --example questions -- DATA FILE [ADDRESS]`, FILE with one `kind TAB question` a line,
//! ADDRESS of the user who asks, else the first one. It waits until the program has put its index in order, as a server
//! has that runs. Every question is asked twice; the second round counts, as in the suite.

use mail::{OrganisationKey, UserKey};
use std::time::{Duration, Instant};
use store::{Places, Store, StoreError, UserRole, Viewer, message::Filter, search, vals};

#[tokio::main]
async fn main() -> Result<(), StoreError> {
    let mut arguments = std::env::args().skip(1);
    let (Some(data), Some(file)) = (arguments.next(), arguments.next()) else {
        eprintln!("which installation, and which questions?");
        return Ok(());
    };
    let store = Store::open(&Places { data: data.into(), database: None, blobs: None }).await?;
    let text = std::fs::read_to_string(file).map_err(StoreError::io("read the questions"))?;
    let address = arguments.next();
    let who = store.db.read(move |tx| {
        let sql = "SELECT organisation, id FROM users WHERE email = $1 OR $1 IS NULL ORDER BY id LIMIT 1";
        Box::pin(async move { tx.row(sql, &vals![address]).await })
    });
    let Some(row) = who.await? else {
        eprintln!("nobody is there to ask");
        return Ok(());
    };
    let viewer =
        Viewer { organisation: OrganisationKey(row.int(0)), user: UserKey(row.int(1)), role: UserRole::Member };
    in_order(&store).await?;
    for counts in [false, true] {
        for (kind, question) in text.lines().filter_map(|line| line.split_once('\t')) {
            let query = mail::query::parse(question, Default::default());
            let begun = Instant::now();
            let asked = store.db.read(move |tx| {
                Box::pin(async move { search::find(tx, &viewer, &query, &Filter::default(), None, 50).await })
            });
            let found = asked.await?;
            if counts {
                println!("{kind}\t{:.1}\t{}", begun.elapsed().as_secs_f64() * 1e6, found.len());
            }
        }
    }
    Ok(())
}

/// Returns when nothing was written for a second.
async fn in_order(store: &Store) -> Result<(), StoreError> {
    let (mut last, mut since) = (-1, Instant::now());
    while since.elapsed() < Duration::from_secs(1) {
        let version = store.db.read(|tx| Box::pin(async move { tx.row("PRAGMA data_version", &vals![]).await }));
        let version = version.await?.map_or(0, |row| row.int(0));
        if version != last {
            (last, since) = (version, Instant::now());
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}
