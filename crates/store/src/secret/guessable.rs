//! Passwords that everybody tries first, in Dutch (of both countries) and English.
//!
//! Two lists. Ours has what passwords are made of in the Low Countries: names, places, clubs, seasons, and the words for
//! "password". A password that is nothing but these, in any order, with any digits and signs between them and with the usual
//! look-alikes (`P@ssw0rd`), is common. The other comes with zxcvbn: thirty thousand passwords that were found in leaks, and
//! the commonest English words and names. It says how many guesses a password takes of somebody who tries those first, with
//! capitals, years, keys in a row and look-alikes.

use zeroize::Zeroizing;

const WORDS: &str = include_str!("guessable.txt");
/// A unit of so few characters that is repeated all through is a short password typed several times.
const LONGEST_UNIT: usize = 8;
/// A password that takes fewer guesses than this is common, however long it is. zxcvbn calls what takes more "very
/// unguessable", even for somebody who stole the database.
const GUESSES: u64 = 10_000_000_000;

/// Nothing but words that everyone takes, and numbers. A sentence with one such word in it is a good password.
pub(super) fn is_guessable(password: &str) -> bool {
    let lower = Zeroizing::new(password.to_lowercase());
    [plain(&lower, |c| c), plain(&lower, unmasked)].iter().any(|text| is_made_of_words(text) || is_repeated(text))
        || zxcvbn::zxcvbn(password, &WORDS.split_whitespace().collect::<Vec<_>>()).guesses() < GUESSES
}

fn plain(lower: &str, change: impl Fn(char) -> char) -> Zeroizing<Vec<char>> {
    Zeroizing::new(lower.chars().map(change).filter(|c| c.is_alphanumeric()).collect())
}

/// The letter that a sign or digit stands for.
fn unmasked(c: char) -> char {
    match c {
        '0' => 'o',
        '1' | '|' => 'i',
        '3' | '€' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '7' | '+' => 't',
        other => other,
    }
}

/// Whether the whole text can be cut into listed words and digits, with at least one word.
fn is_made_of_words(text: &[char]) -> bool {
    let words: Vec<Vec<char>> = WORDS.split_whitespace().map(|word| word.chars().collect()).collect();
    // reachable[at]: the text up to `at` can be cut; `Some(true)` with a word among the pieces.
    let mut reachable: Vec<Option<bool>> = vec![None; text.len() + 1];
    reachable[0] = Some(false);
    for at in 0..text.len() {
        let Some(has_word) = reachable[at] else { continue };
        let mut reach = |to: usize, with_word: bool| reachable[to] = Some(reachable[to].unwrap_or(false) || with_word);
        if text[at].is_numeric() {
            reach(at + 1, has_word);
        }
        for word in words.iter().filter(|word| text[at..].starts_with(word)) {
            reach(at + word.len(), true);
        }
    }
    reachable[text.len()] == Some(true)
}

fn is_repeated(text: &[char]) -> bool {
    (1..=LONGEST_UNIT.min(text.len() / 2)).any(|unit| text.iter().zip(&text[unit..]).all(|(one, next)| one == next))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joined_common_words_are_common_however_they_are_dressed_up() {
        for password in [
            "Welkom2026Welkom!",
            "P@ssw0rdP@ssw0rd",
            "feyenoord-rotterdam-1908",
            "ZomerAmsterdam2026!!",
            "manchesterunited99",
            "JanPieterKlaas123",
            "abc12abc12abc12abc12",
            "correcthorsebatterystaple",
            "w4chtw00rd!w4chtw00rd",
        ] {
            assert!(is_guessable(password), "{password}");
        }
    }

    #[test]
    fn a_sentence_with_a_common_word_in_it_is_not_common() {
        for password in [
            "de fiets staat nog bij Anna",
            "zonnig-dorp-aan-de-zee-42",
            "vier paarse olifanten lopen",
            "gK7#mPq2vX9!tRz4",
        ] {
            assert!(!is_guessable(password), "{password}");
        }
    }

    #[test]
    fn what_leaked_elsewhere_is_common_here() {
        for password in [
            "1q2w3e4r5t6y7u8i",
            "iloveyou123456789",
            "Trustno1Trustno1!",
            "thunderstruck1987",
            "metallica-slayer",
            "N3wY0rkY4nk33s1996",
            "christopherjennifer",
        ] {
            assert!(is_guessable(password), "{password}");
        }
    }

    #[test]
    fn more_than_a_hundred_thousand_common_passwords_are_refused() {
        let mut words: Vec<&str> = WORDS.split_whitespace().collect();
        words.sort_unstable();
        words.dedup();
        assert!(words.len() * words.len() > 1_000_000, "{} words", words.len());
        // A sample of all pairs of them with a year behind.
        for (at, one) in words.iter().enumerate() {
            let password = format!("{one}{}2026", words[at * 31 % words.len()]);
            assert!(is_guessable(&password), "{password}");
        }
    }
}
