//! What ties an answer to what it answers: subjects, references, and Message-IDs that only we can make.

use crate::{Message, MessageId, OrganisationKey};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// The subject without what mail programs put before it (`Re:`, `Antw:`, `Fwd:`, `[list]`) and after it (`(fwd)`).
///
/// Good to show and to sort by. Never enough to join conversations: two customers both write "Factuur".
pub fn base_subject(subject: &str) -> String {
    let mut rest = subject.trim();
    loop {
        let before = rest;
        rest = without_prefix(rest);
        rest = without_tag(rest);
        for end in ["(fwd)", "(Fwd)", "(FWD)"] {
            rest = rest.strip_suffix(end).unwrap_or(rest).trim_end();
        }
        if rest == before {
            return rest.split_whitespace().collect::<Vec<_>>().join(" ");
        }
    }
}

/// Answer and forward marks of programs in Dutch, English, German, French, Spanish, Italian, Portuguese, Scandinavian,
/// Polish, Turkish and Chinese.
const PREFIXES: [&str; 34] = [
    "re",
    "fwd",
    "fw",
    "antw",
    "antwoord",
    "betr",
    "betreft",
    "doorst",
    "doorgestuurd",
    "tr",
    "rv",
    "aw",
    "wg",
    "sv",
    "vs",
    "vb",
    "rif",
    "i",
    "r",
    "ref",
    "res",
    "enc",
    "odp",
    "pd",
    "ynt",
    "ilt",
    "vl",
    "rép",
    "réf",
    "转发",
    "回复",
    "答复",
    "beantwoord",
    "onderwerp",
];

/// Takes one `Re:`, `RE[2]:` or `Antw :` off.
fn without_prefix(text: &str) -> &str {
    let Some(colon) = text.char_indices().take(20).find(|(_, c)| matches!(c, ':' | '：')) else {
        return text;
    };
    let (mark, rest) = (&text[..colon.0], &text[colon.0 + colon.1.len_utf8()..]);
    let mark = mark.trim_end();
    let word = mark.split(['[', '(']).next().unwrap_or_default().trim_end();
    let count = &mark[word.len()..];
    let counted = count.chars().all(|c| c.is_ascii_digit() || matches!(c, '[' | ']' | '(' | ')' | ' '));
    let word = word.trim_end_matches(|c: char| c == '^' || c.is_ascii_digit());
    let known = PREFIXES.contains(&word.to_lowercase().as_str());
    if known && counted { rest.trim_start() } else { text }
}

/// Takes one `[list]` off, when something is left after it.
fn without_tag(text: &str) -> &str {
    let Some((tag, rest)) = text.strip_prefix('[').and_then(|inner| inner.split_once(']')) else {
        return text;
    };
    let rest = rest.trim_start();
    if tag.contains('[') || rest.is_empty() || tag.len() > 60 { text } else { rest }
}

/// The messages that `message` may answer, most likely first: `In-Reply-To`, then `References` from the newest back
/// (RFC 5322 §3.6.4). An id that stands in both comes once from each.
pub fn ancestors(message: &Message) -> impl Iterator<Item = &MessageId> {
    message.in_reply_to.iter().chain(message.references.iter().rev())
}

/// What our ids begin with.
const MARK: &str = "pk.";
/// Lower case base 32 of RFC 4648: an id survives programs that change case.
const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
/// Characters of 128 bits and of 80 bits.
const UNIQUE_LENGTH: usize = 26;
const TOKEN_LENGTH: usize = 16;

/// A Message-ID of ours: `pk.UNIQUE.TOKEN@domain`, which only the holder of `secret` can make for `organisation`.
///
/// `unique` is given by the caller, who has the clock and the dice. The token is an HMAC-SHA256 cut to 80 bits, so that
/// someone who guesses or copies ids of others can't write himself into a conversation.
pub fn mint(secret: &[u8], unique: u128, organisation: OrganisationKey, domain: &str) -> MessageId {
    let token = token(secret, unique, organisation);
    MessageId(format!("{MARK}{}.{token}@{domain}", encode(unique, UNIQUE_LENGTH)))
}

/// The number that [`mint`] was given, when the id was really minted with this secret for this organisation.
pub fn verify(secret: &[u8], organisation: OrganisationKey, id: &MessageId) -> Option<u128> {
    let (unique, token_text) = pieces(id)?;
    let unique = decode(&unique)?;
    let expected = token(secret, unique, organisation);
    // The time this takes must not tell how much of a guess was right.
    let difference = expected.bytes().zip(token_text.bytes()).fold(0, |difference, (a, b)| difference | (a ^ b));
    (difference == 0).then_some(unique)
}

/// Whether the id has the form of ours; says nothing of its truth.
pub fn is_ours(id: &MessageId) -> bool {
    pieces(id).is_some_and(|(unique, token)| decode(&unique).is_some() && decode(&token).is_some())
}

/// The unique part and the token, lower case.
fn pieces(id: &MessageId) -> Option<(String, String)> {
    let local = id.as_str().split('@').next()?.to_ascii_lowercase();
    let (unique, token) = local.strip_prefix(MARK)?.split_once('.')?;
    let sized = unique.len() == UNIQUE_LENGTH && token.len() == TOKEN_LENGTH;
    sized.then(|| (unique.to_owned(), token.to_owned()))
}

fn token(secret: &[u8], unique: u128, organisation: OrganisationKey) -> String {
    // Any length of key is right for an HMAC, so that the error can't be.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret) else {
        return String::new();
    };
    mac.update(b"postkamer message-id 1");
    mac.update(&organisation.0.to_be_bytes());
    mac.update(&unique.to_be_bytes());
    let sum = mac.finalize().into_bytes();
    let cut = sum.iter().take(10).fold(0u128, |value, byte| value << 8 | u128::from(*byte));
    encode(cut, TOKEN_LENGTH)
}

fn encode(value: u128, length: usize) -> String {
    (0..length).rev().map(|place| char::from(ALPHABET[(value >> (place * 5) & 31) as usize])).collect()
}

fn decode(text: &str) -> Option<u128> {
    text.bytes().try_fold(0u128, |value, byte| {
        let digit = ALPHABET.iter().position(|known| *known == byte)?;
        // 26 characters hold 130 bits; the first may only use what fits.
        value.checked_mul(32).map(|value| value | digit as u128)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn subjects_lose_what_programs_add() {
        for (subject, base) in [
            ("Re: Antw: RE[2]: Offerte 2026", "Offerte 2026"),
            ("[klanten] Fwd: [intern] FW: Vraag", "Vraag"),
            ("AW: WG: TR: RV: Doorst: Betr: Zaak", "Zaak"),
            ("Re : Factuur  12 (fwd)", "Factuur 12"),
            ("回复：订单", "订单"),
            ("[spoed]", "[spoed]"),
            ("Reactie: wat nu", "Reactie: wat nu"),
            ("Offerte: dak", "Offerte: dak"),
            ("Re:", ""),
            ("RE(3): x", "x"),
        ] {
            assert_eq!(base_subject(subject), base);
        }
    }

    #[test]
    fn the_message_answered_comes_first() {
        let id = |text: &str| MessageId(text.into());
        let message =
            Message { in_reply_to: vec![id("c")], references: vec![id("a"), id("b"), id("c")], ..Message::default() };
        assert_eq!(ancestors(&message).map(MessageId::as_str).collect::<Vec<_>>(), ["c", "c", "b", "a"]);
    }

    proptest! {
        #[test]
        fn only_the_holder_of_the_secret_makes_our_ids(secret: [u8; 16], unique: u128, organisation in 0..i64::MAX) {
            let ours = OrganisationKey(organisation);
            let id = mint(&secret, unique, ours, "voorbeeld.nl");
            prop_assert!(is_ours(&id));
            prop_assert_eq!(verify(&secret, ours, &id), Some(unique));
            prop_assert_eq!(verify(&secret, ours, &MessageId(id.0.to_uppercase())), Some(unique));
            prop_assert_eq!(verify(b"other", ours, &id), None);
            prop_assert_eq!(verify(&secret, OrganisationKey(organisation ^ 1), &id), None);
            let mut forged = id.0.into_bytes();
            forged[28] = if forged[28] == b'a' { b'b' } else { b'a' };
            let forged = MessageId(String::from_utf8(forged).unwrap_or_default());
            prop_assert_eq!(verify(&secret, ours, &forged), None);
        }

        #[test]
        fn foreign_ids_are_not_ours(id: String) {
            prop_assert!(!is_ours(&MessageId(id.clone())));
            prop_assert_eq!(verify(b"secret", OrganisationKey(1), &MessageId(id)), None);
        }
    }
}
