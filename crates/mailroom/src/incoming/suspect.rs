//! Mail that may kill whoever reads it (reliability case 19).
//!
//! While a batch is read, a small file in the data folder names its messages. The file is never synced: it has to
//! outlive this process, not the machine. What is named there at the next start is suspected of having killed the
//! program: that was the first try. Suspects are read one by one in a child process with limits before we dare it
//! ourselves, and every start of such a reader is committed first. The third that fails is the last: the message is set
//! aside with its bytes, and asked for again as anything that was set aside.

use crate::MailRoom;
use mail::{AccountKey, OrganisationKey};
use std::{
    collections::{HashMap, HashSet},
    fmt::Write as _,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
use store::{Db, StoreError, reading, receive::Item};
use tokio::{runtime::Handle, sync::OnceCell};

/// The folder of the files that name what is being read.
const FOLDER: &str = "reading";
/// What the child may use (reliability.md, *Limits*).
const LIMITS: [&str; 2] = ["--cpu=5", "--data=268435456"];
/// What it may use of the clock, on a busy machine or one that can't set limits.
const PATIENCE: Duration = Duration::from_secs(30);
/// So often is a reader started for one message: in this process, and then in children.
const TRIES: i64 = 3;

/// Messages that were being read when the program died, shared by all who read.
#[derive(Clone, Default)]
pub(super) struct Suspects {
    digests: Arc<Mutex<HashSet<[u8; 32]>>>,
    taken_up: Arc<OnceCell<()>>,
    marks: Arc<AtomicU64>,
}

/// Messages are being read as long as this lives.
pub(super) struct Mark(Option<PathBuf>);

impl Drop for Mark {
    fn drop(&mut self) {
        if let Some(path) = self.0.take() {
            // A file that stays only makes its messages be read once more with care.
            let _ = std::fs::remove_file(path);
        }
    }
}

impl Suspects {
    /// Takes up what the last run of this program was reading at its end; does nothing but the first time.
    pub(super) async fn take_up(&self, room: &MailRoom) -> Result<(), StoreError> {
        self.taken_up.get_or_try_init(|| self.find(room)).await.map(|_| ())
    }

    async fn find(&self, room: &MailRoom) -> Result<(), StoreError> {
        let folder = room.store.data.join(FOLDER);
        std::fs::create_dir_all(&folder).map_err(StoreError::io("make the folder for what is being read"))?;
        let entries = std::fs::read_dir(&folder).map_err(StoreError::io("look at what was being read"))?;
        let files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        let mut found: HashMap<(OrganisationKey, AccountKey), Vec<[u8; 32]>> = HashMap::new();
        for line in files.iter().filter_map(|file| std::fs::read_to_string(file).ok()).flat_map(lines) {
            found.entry((line.0, line.1)).or_default().push(line.2);
        }
        let count: usize = found.values().map(Vec::len).sum();
        let work = store::unit(move |tx| {
            Box::pin(async move {
                for ((organisation, account), digests) in &found {
                    reading::suspect(tx, *organisation, *account, digests).await?;
                }
                reading::suspects(tx).await
            })
        });
        let suspects = match count {
            0 => {
                let read = room.store.db.read(|tx| Box::pin(async move { reading::suspects(tx).await }));
                read.await?
            }
            _ => room.store.db.write(work).await?,
        };
        if count > 0 {
            tracing::warn!(messages = count, "the program ended while it read these messages; they are read with care");
        }
        self.lock().extend(suspects.iter().filter_map(|one| <[u8; 32]>::try_from(one.digest.as_slice()).ok()));
        for file in files {
            let _ = std::fs::remove_file(file);
        }
        Ok(())
    }

    /// Notes that these are being read from now on.
    pub(super) fn mark(
        &self,
        data: &Path,
        organisation: OrganisationKey,
        account: AccountKey,
        digests: &[[u8; 32]],
    ) -> Mark {
        if digests.is_empty() {
            return Mark(None);
        }
        let mut text = String::with_capacity(digests.len() * 110);
        for digest in digests {
            let digest = blake3::Hash::from_bytes(*digest);
            let _ = writeln!(text, "{} {} {}", organisation.0, account.0, digest.to_hex());
        }
        let name = self.marks.fetch_add(1, Ordering::Relaxed);
        let path = data.join(FOLDER).join(name.to_string());
        // On a full disk the batch fails later, when its bytes are to be kept.
        let written = std::fs::write(&path, text);
        Mark(written.is_ok().then_some(path))
    }

    /// Whether it may have killed the program.
    pub(super) fn has(&self, digest: &[u8; 32]) -> bool {
        self.lock().contains(digest)
    }

    /// The suspects among what is about to be stored.
    pub(super) fn among(&self, items: &[Item]) -> Vec<[u8; 32]> {
        let suspects = self.lock();
        if suspects.is_empty() {
            return Vec::new();
        }
        let digests = items.iter().filter_map(|item| match item {
            Item::Message(message) => Some(message.digest),
            _ => None,
        });
        digests.filter(|digest| suspects.contains(digest)).collect()
    }

    /// These were read and stored: nothing is held against them any more.
    pub(super) async fn clear(
        &self,
        room: &MailRoom,
        organisation: OrganisationKey,
        digests: &[[u8; 32]],
    ) -> Result<(), StoreError> {
        if digests.is_empty() {
            return Ok(());
        }
        let cleared = digests.to_vec();
        let write =
            room.store.db.write(move |tx| Box::pin(async move { reading::end(tx, organisation, &cleared).await }));
        write.await?;
        let mut suspects = self.lock();
        for digest in digests {
            suspects.remove(digest);
        }
        Ok(())
    }

    /// Whether a child process that reads it comes through, within the tries that are left. Waits for it: not for a
    /// thread that others need.
    pub(super) fn survives(
        &self,
        db: &Db,
        organisation: OrganisationKey,
        account: AccountKey,
        digest: [u8; 32],
        raw: &[u8],
    ) -> bool {
        let begin = || {
            let work = store::unit(move |tx| {
                Box::pin(async move { reading::begin_again(tx, organisation, account, &digest, TRIES).await })
            });
            Handle::current().block_on(db.write(work))
        };
        loop {
            match begin() {
                Ok(false) => return false,
                Ok(true) => {}
                Err(error) => {
                    tracing::warn!(%error, "a try to read a suspected message could not be written down, so it is not made");
                    return false;
                }
            }
            match child().and_then(|child| outcome(child, raw)) {
                Ok(true) => return true,
                Ok(false) => {}
                Err(error) => tracing::warn!(%error, "a suspected message could not be read in a process of its own"),
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashSet<[u8; 32]>> {
        self.digests.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// This program as a reader of one message, under limits where `prlimit` of util-linux is there to set them.
fn child() -> std::io::Result<Child> {
    let program = std::env::current_exe()?;
    let quiet =
        |command: &mut Command| command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    match quiet(Command::new("prlimit").args(LIMITS).arg(&program).arg("read-message")) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => quiet(Command::new(&program).arg("read-message")),
        started => started,
    }
}

fn outcome(mut child: Child, raw: &[u8]) -> std::io::Result<bool> {
    let input = child.stdin.take();
    std::thread::scope(|threads| {
        // A child that dies early closes the pipe; how it ended is what counts.
        threads.spawn(move || drop(input.map(|mut input| input.write_all(raw))));
        let begin = Instant::now();
        loop {
            match child.try_wait() {
                Ok(Some(status)) => return Ok(status.success()),
                Ok(None) if begin.elapsed() < PATIENCE => std::thread::sleep(Duration::from_millis(1)),
                // Dead, it also lets go of the thread that writes to it.
                Ok(None) => return child.kill().and_then(|()| child.wait()).map(|_| false),
                Err(error) => return child.kill().and(Err(error)),
            }
        }
    })
}

fn lines(text: String) -> Vec<(OrganisationKey, AccountKey, [u8; 32])> {
    let read = |line: &str| {
        let mut words = line.split(' ');
        let organisation = OrganisationKey(words.next()?.parse().ok()?);
        let account = AccountKey(words.next()?.parse().ok()?);
        Some((organisation, account, *blake3::Hash::from_hex(words.next()?).ok()?.as_bytes()))
    };
    text.lines().filter_map(read).collect()
}

/// Dies as a broken parser would when `POSTKAMER_POISON` stands in the message. Only in debug builds, for the test that
/// kills the program by mail.
#[cfg(debug_assertions)]
pub(super) fn die_of_poison(raw: &[u8]) {
    static POISON: std::sync::OnceLock<Option<String>> = std::sync::OnceLock::new();
    let poison = POISON.get_or_init(|| std::env::var("POSTKAMER_POISON").ok().filter(|text| !text.is_empty()));
    if let Some(poison) = poison
        && raw.windows(poison.len()).any(|window| window == poison.as_bytes())
    {
        std::process::abort();
    }
}

/// Panics as a mistake in storing would when `POSTKAMER_UNSTORABLE` stands in a subject. Only in debug builds, for the test
/// of what is done about it.
#[cfg(debug_assertions)]
pub(super) fn break_on_poison(batch: &store::receive::Batch) {
    static POISON: std::sync::OnceLock<Option<String>> = std::sync::OnceLock::new();
    let poison = POISON.get_or_init(|| std::env::var("POSTKAMER_UNSTORABLE").ok().filter(|text| !text.is_empty()));
    let Some(poison) = poison else { return };
    let subjects = batch.items.iter().filter_map(|item| match item {
        Item::Message(message) => Some(&message.message.subject),
        _ => None,
    });
    assert!(!subjects.into_iter().any(|subject| subject.contains(poison)), "poison in a subject");
}
