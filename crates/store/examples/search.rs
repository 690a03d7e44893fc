//! Measures the index: `cargo run --release -p store --example search -- FILE [COPIES]`, FILE with one message a line
//! (second, subject, from, to, body, attachments; folded; separated by tabs).

use mail::{AccountKey, MessageKey, OrganisationKey, UserKey, search::SearchText};
use std::time::{Duration, Instant};
use store::{Places, Store, StoreError, UserRole, Viewer, search, vals};

const ORGANISATION: OrganisationKey = OrganisationKey(1);
const ACCOUNT: AccountKey = AccountKey(1 << 50);
const USER: UserKey = UserKey(3);
const BATCH: usize = 500;

#[tokio::main]
async fn main() -> Result<(), StoreError> {
    let mut arguments = std::env::args().skip(1);
    let file =
        std::fs::read_to_string(arguments.next().unwrap_or_default()).map_err(StoreError::io("read the file"))?;
    let copies: i64 = arguments.next().and_then(|copies| copies.parse().ok()).unwrap_or(1);
    let folder = std::env::temp_dir().join(format!("postkamer-search-{}", std::process::id()));
    let store = Store::open(&Places { data: folder.clone(), database: None, blobs: None }).await?;
    own(&store).await?;
    let mut texts: Vec<(MessageKey, SearchText)> = Vec::new();
    for copy in 0..copies {
        texts.extend(file.lines().enumerate().map(|(n, line)| read(line, n as i64 * copies + copy, copy)));
    }
    let begun = Instant::now();
    let mut spent = Duration::ZERO;
    for batch in texts.chunks(BATCH) {
        let batch = batch.to_vec();
        spent += store.db.write(move |tx| Box::pin(async move { put(tx, &batch).await })).await?;
    }
    let size = std::fs::metadata(folder.join("postkamer.db")).map_or(0, |found| found.len());
    println!("{} messages: {spent:?} in the index, {:?} in all, {size} bytes", texts.len(), begun.elapsed());
    ask(&store, &texts).await?;
    std::fs::remove_dir_all(&folder).map_err(StoreError::io("clean up"))
}

async fn own(store: &Store) -> Result<(), StoreError> {
    store.db.write(|tx| {
        Box::pin(async move {
            let sql = "INSERT INTO owners (organisation, account, person, is_group, can_read, can_send, can_manage) \
                 VALUES ($1, $2, $3, FALSE, TRUE, TRUE, TRUE)";
            tx.execute(sql, &vals![ORGANISATION, ACCOUNT, USER]).await?;
            Ok(())
        })
    })
    .await
}

fn read(line: &str, n: i64, copy: i64) -> (MessageKey, SearchText) {
    let mut fields = line.split('\t');
    let mut field = || fields.next().unwrap_or_default().to_owned();
    let second: i64 = field().parse().unwrap_or(0) + copy * 7;
    let spread = n.wrapping_mul(0x9e37_79b9_7f4a_7c15_u64 as i64) & 0x3fff_ffff;
    let spread = if std::env::var_os("NARROW").is_some() { n & 1023 } else { spread };
    let text = SearchText { subject: field(), from: field(), to: field(), body: field(), attachments: field() };
    let shift = if std::env::var_os("NARROW").is_some() { 10 } else { 30 };
    (MessageKey(second << shift | spread), text)
}

async fn put(tx: &mut store::Tx, batch: &[(MessageKey, SearchText)]) -> Result<Duration, StoreError> {
    let rows: Vec<_> = batch
        .iter()
        .map(|(key, _)| {
            let digest = blake3::hash(&key.0.to_be_bytes());
            vals![ORGANISATION, *key, ACCOUNT, digest.as_bytes().to_vec(), key.0 >> 30].to_vec()
        })
        .collect();
    tx.execute_many(
        "INSERT INTO messages (organisation, id, account, digest, conversation, received_at, \
         fetched_at, size, attachments, outgoing, origin, private, flags) \
         VALUES ($1, $2, $3, $4, $2, $5, 0, 0, 0, FALSE, 'person', FALSE, 0)",
        &rows,
    )
    .await?;
    let texts: Vec<_> = batch.iter().map(|(key, text)| (*key, text)).collect();
    let begun = Instant::now();
    search::index(tx, ORGANISATION, ACCOUNT, &texts).await?;
    Ok(begun.elapsed())
}

async fn ask(store: &Store, texts: &[(MessageKey, SearchText)]) -> Result<(), StoreError> {
    let viewer = Viewer { organisation: ORGANISATION, user: USER, role: UserRole::Member };
    let words: Vec<String> = texts
        .iter()
        .step_by(37)
        .flat_map(|(_, text)| {
            let body: Vec<&str> = text.body.split(' ').collect();
            let at = |n: usize| body.get(n).copied().unwrap_or("de").to_owned();
            let short: String = at(9).chars().take(3).collect();
            vec![
                at(5),
                format!("{} {}", at(3), at(11)),
                format!("\"{} {}\"", at(6), at(7)),
                format!("{short}*"),
                format!("from:{}", text.from.split(' ').next().unwrap_or("jan")),
            ]
        })
        .take(3000)
        .collect();
    // Three rounds, the last one counts: every reader has met every word then.
    let mut kinds: [Vec<Duration>; 6] = Default::default();
    for (n, word) in words.iter().cycle().take(words.len() * 3).enumerate() {
        if n == words.len() * 2 {
            kinds = Default::default();
        }
        let query = mail::query::parse(word, Default::default());
        let filter = store::message::Filter::default();
        let asked = store.db.read(move |tx| {
            Box::pin(async move {
                if std::env::var_os("MAPPED").is_some() {
                    tx.script("PRAGMA mmap_size = 1000000000").await?;
                }
                let begun = Instant::now();
                search::find(tx, &viewer, &query, &filter, None, 50).await?;
                Ok(begun.elapsed())
            })
        });
        let spent = asked.await?;
        kinds[n % words.len() % 5].push(spent);
        kinds[5].push(spent);
    }
    for (kind, name) in kinds.iter_mut().zip(["word", "two", "phrase", "prefix", "from", "all"]) {
        kind.sort();
        let at = |share: usize| {
            kind.get((kind.len() * share / 100).min(kind.len().saturating_sub(1))).copied().unwrap_or_default()
        };
        println!("{name:8} p50 {:?} p99 {:?} max {:?}", at(50), at(99), at(100));
    }
    Ok(())
}
