//! Passwords of other people's servers: kept byte for byte, never refused for weakness (features M7).

use crate::words::field::{self, Why};

/// What gets lost on the way at some servers.
const RISKY: &str = "*'‘’`”\"~€^\\|";

/// A secret above this is none, in characters.
const LONGEST: usize = 4096;

/// Why the secret can't be sent at all: it is too long, or has NUL, CR or LF, which end a line in every protocol.
pub fn refused(secret: &str) -> Option<Why> {
    if secret.chars().count() > LONGEST {
        return Some(field::TOO_LONG);
    }
    secret.contains(['\0', '\r', '\n']).then_some(field::SECRET_CONTROL)
}

/// What a person should look at when signing in fails; refuses nothing.
pub fn warnings(secret: &str) -> Vec<Why> {
    let mut found = Vec::new();
    if secret.trim() != secret {
        found.push(field::WARN_SECRET_BLANK);
    }
    if secret.chars().any(|character| RISKY.contains(character)) {
        found.push(field::WARN_SECRET_CHARACTERS);
    }
    if secret.chars().any(|character| !character.is_ascii() && !RISKY.contains(character)) {
        found.push(field::WARN_SECRET_NOT_ASCII);
    }
    let both = |some: &[char], other: &[char]| secret.contains(some) && secret.contains(other);
    if both(&['0'], &['O', 'o']) || both(&['1'], &['l', 'I']) || both(&['l'], &['I']) {
        found.push(field::WARN_SECRET_LOOKALIKES);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_ends_a_line_is_refused() {
        for secret in ["a\0b", "a\rb", "a\n"] {
            assert!(refused(secret).is_some());
        }
        for secret in ["", "a", " €^~ ", "wachtwoord", "\u{85}\t"] {
            assert!(refused(secret).is_none(), "{secret:?}");
        }
    }

    #[test]
    fn characters_that_get_lost_are_warned_about() {
        let codes = |secret: &str| warnings(secret).into_iter().map(|(code, _)| code).collect::<Vec<_>>();
        assert_eq!(codes("a-b.c+d"), Vec::<&str>::new());
        assert_eq!(codes(" abc"), ["secret_blank"]);
        for risky in ["*", "'", "‘", "’", "`", "”", "\"", "~", "€", "^"] {
            assert_eq!(codes(risky), ["secret_characters"], "{risky}");
        }
        assert_eq!(codes("café"), ["secret_not_ascii"]);
        assert_eq!(codes("O0"), ["secret_lookalikes"]);
    }
}
