//! What a password must be to sign in here (reliability.md §3, rule 1): long, not obvious, and no riddles.

use super::guessable::is_guessable;
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

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
        (is_guessable(&normal), PasswordProblem::Common),
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
}
