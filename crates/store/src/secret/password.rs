//! The passwords with which people sign in here, kept as hashes (reliability.md §3, rule 1).

use super::Pepper;
use crate::StoreError;
use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use tokio::sync::Semaphore;
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

const MEMORY_KIB: u32 = 64 * 1024;
const PASSES: u32 = 3;
/// What a hash begins with that has the pepper in it and was made with the numbers above.
const PRESENT: &str = "pepper:$argon2id$v=19$m=65536,t=3,p=1$";
const PEPPERED: &str = "pepper:";
/// Hashes at once: a storm of guesses takes 256 MiB and no more.
const AT_ONCE: usize = 4;

static HASHING: Semaphore = Semaphore::const_new(AT_ONCE);

/// What comparing a password with the one kept gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    /// It is the one.
    pub is_right: bool,
    /// It is the one, but its hash was made by older rules: hash it anew while it is known.
    pub is_outdated: bool,
}

fn hasher(pepper: &[u8]) -> Result<Argon2<'_>, StoreError> {
    let broken = |error: argon2::Error| StoreError::Broken(error.to_string());
    let params = Params::new(MEMORY_KIB, PASSES, 1, None).map_err(broken)?;
    Argon2::new_with_secret(pepper, Algorithm::Argon2id, Version::V0x13, params).map_err(broken)
}

/// What `users.password` keeps: argon2id with 64 MiB and the pepper, as a PHC string. Takes a tenth of a second on a thread
/// of its own.
pub async fn hash_password(pepper: &Pepper, password: &str) -> Result<String, StoreError> {
    let normal: Zeroizing<String> = Zeroizing::new(password.nfc().collect());
    let pepper = pepper.clone();
    on_a_thread(move || {
        let hash = hasher(pepper.bytes())?
            .hash_password(normal.as_bytes())
            .map_err(|error| StoreError::Broken(error.to_string()))?;
        Ok(format!("{PEPPERED}{hash}"))
    })
    .await
}

/// Whether the password is the one kept. Without one kept (`None`) it takes as long and says no, so that nobody learns
/// by the clock who has an account.
pub async fn verify_password(pepper: &Pepper, password: &str, kept: Option<&str>) -> Result<Verdict, StoreError> {
    let normal: Zeroizing<String> = Zeroizing::new(password.nfc().collect());
    let (pepper, kept) = (pepper.clone(), kept.map(str::to_owned));
    on_a_thread(move || {
        let Some(kept) = kept else {
            let _ = hasher(pepper.bytes())?.hash_password(normal.as_bytes());
            return Ok(Verdict { is_right: false, is_outdated: false });
        };
        let (hash, pepper) = match kept.strip_prefix(PEPPERED) {
            Some(hash) => (hash, pepper.bytes()),
            None => (kept.as_str(), &[][..]),
        };
        let hash = PasswordHash::new(hash).map_err(|_| StoreError::Damaged("a stored password".into()))?;
        let is_right = hasher(pepper)?.verify_password(normal.as_bytes(), &hash).is_ok();
        Ok(Verdict { is_right, is_outdated: is_right && !kept.starts_with(PRESENT) })
    })
    .await
}

async fn on_a_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    let _turn = HASHING.acquire().await.map_err(|_| StoreError::Closed)?;
    tokio::task::spawn_blocking(work).await.map_err(|_| StoreError::Broken("hashing a password panicked".into()))?
}

#[cfg(test)]
mod tests {
    use super::{super::MasterKey, *};

    #[tokio::test]
    async fn a_password_is_known_again_in_either_unicode_spelling() {
        let pepper = MasterKey::random().pepper();
        let kept = hash_password(&pepper, "cafe\u{301} op de hoek").await.unwrap();
        assert!(kept.starts_with(PRESENT), "{kept}");
        let right = Verdict { is_right: true, is_outdated: false };
        assert_eq!(verify_password(&pepper, "caf\u{e9} op de hoek", Some(&kept)).await.unwrap(), right);
        for (password, kept) in [("cafe op de hoek", Some(kept.as_str())), ("cafe op de hoek", None)] {
            assert!(!verify_password(&pepper, password, kept).await.unwrap().is_right);
        }
    }

    #[tokio::test]
    async fn a_hash_is_no_use_without_the_pepper() {
        let pepper = MasterKey::random().pepper();
        let kept = hash_password(&pepper, "veertien gele fietsen").await.unwrap();
        let other = MasterKey::random().pepper();
        assert!(!verify_password(&other, "veertien gele fietsen", Some(&kept)).await.unwrap().is_right);
        let bare = kept.strip_prefix(PEPPERED).unwrap();
        assert!(!verify_password(&pepper, "veertien gele fietsen", Some(bare)).await.unwrap().is_right);
    }

    #[tokio::test]
    async fn a_hash_by_older_rules_still_counts_and_asks_to_be_renewed() {
        let weak = Params::new(8 * 1024, 1, 1, None).unwrap();
        let hash = Argon2::new(Algorithm::Argon2id, Version::V0x13, weak).hash_password(b"oud maar goed").unwrap();
        let verdict = verify_password(&MasterKey::random().pepper(), "oud maar goed", Some(&hash.to_string())).await;
        assert_eq!(verdict.unwrap(), Verdict { is_right: true, is_outdated: true });
    }
}
