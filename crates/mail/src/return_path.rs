//! Where reports on one handing over come back: `b+TOKEN@our domain`, which only we can make, and which says what it was.

use crate::{OrganisationKey, OutboxKey};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// What the part before the `@` begins with.
pub const PREFIX: &str = "b+";
/// Lower case base 32 of RFC 4648: it survives servers that change case.
const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
/// Bytes of what it says, and of what shows that we said it: together a multiple of five, so that no bit is left over.
const SAID: usize = 19;
const PROOF: usize = 11;
/// Characters of both; with the prefix well below the 64 that a local part may have (RFC 5321 §4.5.3.1.1).
const LENGTH: usize = (SAID + PROOF) * 8 / 5;

/// One handing over of a submission.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReturnPath {
    /// Whose it was.
    pub organisation: OrganisationKey,
    /// Which submission.
    pub submission: OutboxKey,
    /// The number of the first recipient that it was for.
    pub recipient: u16,
    /// It was for that recipient and nobody else.
    pub alone: bool,
}

impl ReturnPath {
    /// The part before the `@`, which only the holder of `secret` can make. An HMAC-SHA256 cut to 88 bits: guessing one
    /// takes longer than any server is there to be asked.
    pub fn local_part(&self, secret: &[u8]) -> String {
        let said = self.bytes();
        let whole: Vec<u8> = said.iter().chain(&proof(secret, &said)).copied().collect();
        format!("{PREFIX}{}", encode(&whole))
    }

    /// What the part before the `@` claims to be; it is that when [`Claim::verified`] says so. `None` when it is none of
    /// ours by its form.
    pub fn claimed(local: &str) -> Option<Claim> {
        let folded = local.to_ascii_lowercase();
        let token = folded.strip_prefix(PREFIX)?;
        let whole = decode(token)?;
        let (said, proof) = whole.split_at_checked(SAID)?;
        let number = |from: usize| -> Option<i64> {
            let bytes: [u8; 8] = said.get(from..from + 8)?.try_into().ok()?;
            Some(i64::from_be_bytes(bytes))
        };
        let claimed = ReturnPath {
            organisation: OrganisationKey(number(0)?),
            submission: OutboxKey(number(8)?),
            recipient: u16::from_be_bytes(said.get(16..18)?.try_into().ok()?),
            alone: *said.get(18)? == 1,
        };
        Some(Claim { claimed, proof: proof.to_vec() })
    }

    fn bytes(&self) -> Vec<u8> {
        let mut said = Vec::with_capacity(SAID);
        said.extend(self.organisation.0.to_be_bytes());
        said.extend(self.submission.0.to_be_bytes());
        said.extend(self.recipient.to_be_bytes());
        said.push(u8::from(self.alone));
        said
    }
}

/// What an address claims to be.
#[derive(Debug, Clone)]
pub struct Claim {
    claimed: ReturnPath,
    proof: Vec<u8>,
}

impl Claim {
    /// Whose secret can tell.
    pub fn organisation(&self) -> OrganisationKey {
        self.claimed.organisation
    }

    /// What it is, when it was made with this secret.
    pub fn verified(&self, secret: &[u8]) -> Option<ReturnPath> {
        let said = self.claimed.bytes();
        let expected = proof(secret, &said);
        // The time this takes must not tell how much of a guess was right.
        let difference = expected.iter().zip(&self.proof).fold(0, |difference, (a, b)| difference | (a ^ b));
        (difference == 0 && expected.len() == self.proof.len()).then_some(self.claimed)
    }
}

fn proof(secret: &[u8], said: &[u8]) -> Vec<u8> {
    // Any length of key is right for an HMAC, so that the error can't be.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret) else {
        return Vec::new();
    };
    mac.update(b"postkamer return-path 1");
    mac.update(said);
    mac.finalize().into_bytes().iter().take(PROOF).copied().collect()
}

fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(LENGTH);
    for five in bytes.chunks(5) {
        let value = five.iter().fold(0u64, |value, byte| value << 8 | u64::from(*byte));
        text.extend((0..8).rev().map(|place| char::from(ALPHABET[(value >> (place * 5) & 31) as usize])));
    }
    text
}

fn decode(text: &str) -> Option<Vec<u8>> {
    if text.len() != LENGTH {
        return None;
    }
    let mut bytes = Vec::with_capacity(SAID + PROOF);
    for eight in text.as_bytes().chunks(8) {
        let value = eight.iter().try_fold(0u64, |value, byte| {
            let digit = ALPHABET.iter().position(|known| known == byte)?;
            Some(value << 5 | digit as u64)
        })?;
        bytes.extend((0..5).rev().map(|place| (value >> (place * 8) & 255) as u8));
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATH: ReturnPath = ReturnPath {
        organisation: OrganisationKey(7),
        submission: OutboxKey(i64::MAX - 3),
        recipient: 41,
        alone: true,
    };

    #[test]
    fn what_comes_back_says_what_it_was_whatever_case_it_is_written_in() {
        let local = PATH.local_part(b"secret");
        assert!(local.starts_with("b+") && local.len() <= 64, "{local}");
        for written in [local.clone(), local.to_uppercase()] {
            let claim = ReturnPath::claimed(&written).expect("one of ours");
            assert_eq!((claim.organisation(), claim.verified(b"secret")), (OrganisationKey(7), Some(PATH)));
            assert_eq!(claim.verified(b"another"), None);
        }
    }

    #[test]
    fn a_changed_character_makes_it_nobodys() {
        let local = PATH.local_part(b"secret");
        for at in PREFIX.len()..local.len() {
            let mut forged: Vec<u8> = local.clone().into_bytes();
            forged[at] = if forged[at] == b'a' { b'b' } else { b'a' };
            let forged = String::from_utf8(forged).expect("ASCII");
            assert_eq!(ReturnPath::claimed(&forged).and_then(|claim| claim.verified(b"secret")), None, "{forged}");
        }
        for other in ["b+", "b+1234", "bounce+x", "info", &local[1..], &format!("{local}a"), "b+€"] {
            assert!(ReturnPath::claimed(other).is_none(), "{other}");
        }
    }
}
