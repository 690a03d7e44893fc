//! The passwords with which people sign in here (reliability.md §3, rule 1): long, not obvious, and no riddles.

use crate::StoreError;
use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

const MEMORY_KIB: u32 = 64 * 1024;
const PASSES: u32 = 3;
const SHORTEST: usize = 15;
const SHORTEST_WITH_SECOND_FACTOR: usize = 12;
const LONGEST: usize = 256;
const FEWEST_DIFFERENT: usize = 5;
/// A name of two letters would forbid half the language.
const SHORTEST_NAME: usize = 4;
/// So many keys in a row make a run, and a run of at least half the password makes it one.
const RUN: usize = 5;

/// Rows and columns of keyboards, digits, and the alphabet: what fingers type without thinking.
const ROWS: [&str; 9] = [
    "1234567890",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "azertyuiop",
    "qsdfghjklm",
    "wxcvbn",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm",
    "abcdefghijklmnopqrstuvwxyz",
];

/// What people choose first, in our two languages; with digits and signs around them they are no better.
const COMMON: &str = "password passwort wachtwoord welkom welcome letmein geheim secret admin administrator beheerder \
     postkamer mailbox inloggen changeme veranderen iloveyou ikhouvanjou sunshine zonneschijn princess prinses dragon \
     monkey football voetbal feyenoord ajax amsterdam rotterdam nederland holland antwerpen belgie brussel bedrijf \
     kantoor zomer winter lente herfst summer autumn spring maandag dinsdag woensdag donderdag vrijdag januari februari \
     september oktober november december correcthorsebatterystaple trustno one master superman batman starwars";

/// Why a password is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordProblem {
    /// Fewer characters than asked.
    TooShort,
    /// More than 256 characters.
    TooLong,
    /// It has a character that no keyboard types (control characters).
    Unprintable,
    /// Fewer than 5 different characters.
    TooFewDifferent,
    /// It is mostly the name of the person, the organisation or the mailbox.
    ContainsName,
    /// It is mostly keys in a row.
    KeyboardRun,
    /// It is mostly one of the words that everybody tries first.
    Common,
}

impl PasswordProblem {
    /// The code in the API.
    pub fn code(self) -> &'static str {
        match self {
            PasswordProblem::TooShort => "too_short",
            PasswordProblem::TooLong => "too_long",
            PasswordProblem::Unprintable => "unprintable",
            PasswordProblem::TooFewDifferent => "too_few_different",
            PasswordProblem::ContainsName => "contains_name",
            PasswordProblem::KeyboardRun => "keyboard_run",
            PasswordProblem::Common => "common",
        }
    }
}

/// Everything that speaks against a password; empty when it is good. `names`: of the person, the organisation, the
/// mailbox; an address counts by its parts.
pub fn password_problems(password: &str, has_second_factor: bool, names: &[&str]) -> Vec<PasswordProblem> {
    let normal: Zeroizing<String> = Zeroizing::new(password.nfc().collect());
    let length = normal.chars().count();
    let shortest = if has_second_factor { SHORTEST_WITH_SECOND_FACTOR } else { SHORTEST };
    let plain: Zeroizing<String> =
        Zeroizing::new(normal.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect());
    let mut different: Vec<char> = normal.chars().collect();
    different.sort_unstable();
    different.dedup();
    let found = [
        (length < shortest, PasswordProblem::TooShort),
        (length > LONGEST, PasswordProblem::TooLong),
        (normal.chars().any(char::is_control), PasswordProblem::Unprintable),
        (different.len() < FEWEST_DIFFERENT, PasswordProblem::TooFewDifferent),
        (has_name(&plain, names), PasswordProblem::ContainsName),
        (in_runs(&plain) * 2 >= length.max(1), PasswordProblem::KeyboardRun),
        (is_common(&plain), PasswordProblem::Common),
    ];
    found.into_iter().filter(|(is_so, _)| *is_so).map(|(_, problem)| problem).collect()
}

/// A name makes half of the password: what is left is too little to guess.
fn has_name(plain: &str, names: &[&str]) -> bool {
    let joined = names.iter().map(|name| name.chars().filter(|c| c.is_alphanumeric()).collect::<String>());
    let parts = names.iter().flat_map(|name| name.split(|c: char| !c.is_alphanumeric())).map(str::to_owned);
    let mut known: Vec<String> = joined
        .chain(parts)
        .map(|part| part.to_lowercase())
        .filter(|part| part.chars().count() >= SHORTEST_NAME)
        .collect();
    known.sort_unstable_by_key(|part| std::cmp::Reverse(part.len()));
    covered(plain, known.iter().map(String::as_str))
}

/// Nothing but words that everyone takes, and numbers. A sentence with one such word in it is a good password.
fn is_common(plain: &str) -> bool {
    let left = without(plain, COMMON.split_whitespace());
    left.len() < plain.len() && left.chars().all(char::is_numeric)
}

/// Whether at least half of the characters belong to one of the words.
fn covered<'a>(plain: &str, words: impl Iterator<Item = &'a str>) -> bool {
    let covered = plain.chars().count() - without(plain, words).chars().count();
    covered > 0 && covered * 2 >= plain.chars().count()
}

fn without<'a>(plain: &str, words: impl Iterator<Item = &'a str>) -> String {
    words.fold(plain.to_owned(), |left, word| left.replace(word, ""))
}

/// How many characters belong to runs of keys, forwards or backwards.
fn in_runs(plain: &str) -> usize {
    let typed: Vec<char> = plain.chars().collect();
    let rows: Vec<Vec<char>> =
        ROWS.iter().flat_map(|row| [row.chars().collect(), row.chars().rev().collect()]).collect();
    let (mut at, mut found) = (0, 0);
    while at < typed.len() {
        let longest = rows.iter().map(|row| run_at(&typed[at..], row)).max().unwrap_or(0);
        if longest >= RUN {
            found += longest;
        }
        at += longest.max(1).min(if longest >= RUN { longest } else { 1 });
    }
    found
}

fn run_at(typed: &[char], row: &[char]) -> usize {
    let starts = (0..row.len()).filter(|start| typed.first() == Some(&row[*start]));
    starts.map(|start| typed.iter().zip(&row[start..]).take_while(|(a, b)| a == b).count()).max().unwrap_or(0)
}

fn hasher() -> Result<Argon2<'static>, StoreError> {
    let params = Params::new(MEMORY_KIB, PASSES, 1, None).map_err(|error| StoreError::Broken(error.to_string()))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// What `users.password` keeps: argon2id with 64 MiB, as a PHC string. Takes a tenth of a second on a thread of its own.
pub async fn hash_password(password: &str) -> Result<String, StoreError> {
    let normal: Zeroizing<String> = Zeroizing::new(password.nfc().collect());
    on_a_thread(move || {
        let hash = hasher()?.hash_password(normal.as_bytes()).map_err(|error| StoreError::Broken(error.to_string()))?;
        Ok(hash.to_string())
    })
    .await
}

/// Whether the password is the one kept. Without one kept (`None`) it takes as long and says no, so that nobody learns
/// by the clock who has an account.
pub async fn verify_password(password: &str, kept: Option<&str>) -> Result<bool, StoreError> {
    let normal: Zeroizing<String> = Zeroizing::new(password.nfc().collect());
    let kept = kept.map(str::to_owned);
    on_a_thread(move || {
        let Some(kept) = kept else {
            let _ = hasher()?.hash_password(normal.as_bytes());
            return Ok(false);
        };
        let kept = PasswordHash::new(&kept).map_err(|_| StoreError::Damaged("a stored password".into()))?;
        Ok(hasher()?.verify_password(normal.as_bytes(), &kept).is_ok())
    })
    .await
}

async fn on_a_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    tokio::task::spawn_blocking(work).await.map_err(|_| StoreError::Broken("hashing a password panicked".into()))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ordinary_sentence_is_a_good_password() {
        assert_eq!(password_problems("de fiets staat nog bij Anna", false, &["Jan Peeters", "info@voorbeeld.nl"]), []);
        assert_eq!(password_problems("vier groene olifanten in januari", false, &[]), []);
    }

    #[test]
    fn what_everybody_tries_first_is_refused() {
        use PasswordProblem::*;
        for (password, problem) in [
            ("kort", TooShort),
            ("ababababababababab", TooFewDifferent),
            ("Welkom2026Welkom!", Common),
            ("qwertyuiopasdfgh", KeyboardRun),
            ("poiuytrewq09876x", KeyboardRun),
            ("janpeeters20261234", ContainsName),
            ("een\u{7}heel lang woord dat piept", Unprintable),
        ] {
            assert!(password_problems(password, false, &["Jan Peeters"]).contains(&problem), "{password}: {problem:?}");
        }
        assert_eq!(password_problems("fietsbel kapot", true, &[]), []);
    }

    #[tokio::test]
    async fn a_password_is_known_again_in_either_unicode_spelling() {
        let kept = hash_password("cafe\u{301} op de hoek").await.unwrap();
        assert!(kept.starts_with("$argon2id$v=19$m=65536,t=3,p=1$"), "{kept}");
        assert!(verify_password("caf\u{e9} op de hoek", Some(&kept)).await.unwrap());
        assert!(!verify_password("cafe op de hoek", Some(&kept)).await.unwrap());
        assert!(!verify_password("cafe op de hoek", None).await.unwrap());
    }
}
