//! The six digits that an authenticator shows: TOTP (RFC 6238) as every such program speaks it, with SHA-1, 30 seconds
//! and 6 digits.

use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use zeroize::Zeroizing;

const STEP_MS: i64 = 30_000;
/// Clocks differ: a code counts one step before and after its own.
const SLACK: i64 = 1;
/// As long as the digest (RFC 4226 §4, R6).
const SECRET: usize = 20;
const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// A new shared secret.
pub(super) fn new_secret() -> Zeroizing<Vec<u8>> {
    Zeroizing::new(rand::random::<[u8; SECRET]>().to_vec())
}

/// The step whose code this is, when it is one that counts now.
pub(super) fn step_of(secret: &[u8], typed: &str, now: i64) -> Option<i64> {
    let digits: String = typed.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
    let digits: u32 =
        (digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_digit())).then(|| digits.parse().ok())??;
    let present = now.div_euclid(STEP_MS);
    (present - SLACK..=present + SLACK).find(|step| code(secret, *step) == digits)
}

/// HOTP (RFC 4226 §5.3) of that step.
pub(super) fn code(secret: &[u8], step: i64) -> u32 {
    let mut mac = Hmac::<Sha1>::new_from_slice(secret).expect("HMAC takes a key of any length");
    mac.update(&step.to_be_bytes());
    let digest: [u8; 20] = mac.finalize().into_bytes().into();
    let at = usize::from(digest[19] & 15);
    let word = u32::from_be_bytes([digest[at], digest[at + 1], digest[at + 2], digest[at + 3]]);
    (word & 0x7fff_ffff) % 1_000_000
}

/// The secret as people type it when they can't scan it (RFC 4648 §6, without padding).
pub(super) fn base32(secret: &[u8]) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(secret.len().div_ceil(5) * 8));
    for chunk in secret.chunks(5) {
        let word = chunk.iter().fold(0u64, |word, byte| word << 8 | u64::from(*byte)) << (8 * (5 - chunk.len()));
        let characters = (chunk.len() * 8).div_ceil(5);
        text.extend((0..characters).map(|n| ALPHABET[(word >> (35 - 5 * n) & 31) as usize] as char));
    }
    text
}

/// What an authenticator scans.
pub(super) fn uri(organisation: &str, email: &str, secret: &[u8]) -> Zeroizing<String> {
    let (issuer, name) = (encoded(&format!("Postkamer {organisation}")), encoded(email));
    Zeroizing::new(format!("otpauth://totp/{issuer}:{name}?secret={}&issuer={issuer}", &*base32(secret)))
}

fn encoded(text: &str) -> String {
    let as_it_is = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~@".contains(&byte);
    text.bytes().map(|byte| if as_it_is(byte) { (byte as char).to_string() } else { format!("%{byte:02X}") }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET_OF_THE_RFC: &[u8] = b"12345678901234567890";

    #[test]
    fn the_codes_are_those_of_the_standard() {
        // RFC 6238, appendix B, the last six digits.
        for (seconds, expected) in
            [(59, 287_082), (1_111_111_109, 81_804), (1_234_567_890, 5_924), (20_000_000_000, 353_130)]
        {
            assert_eq!(code(SECRET_OF_THE_RFC, seconds / 30), expected, "{seconds}");
        }
    }

    #[test]
    fn a_code_counts_for_a_minute_and_a_half() {
        let counts = |at: i64| step_of(SECRET_OF_THE_RFC, "287 082", at * 1000).is_some();
        assert_eq!([-1, 0, 59, 89, 90].map(counts), [false, true, true, true, false]);
        assert_eq!(step_of(SECRET_OF_THE_RFC, "28708", 59_000), None);
        assert_eq!(step_of(SECRET_OF_THE_RFC, "+87082", 59_000), None);
    }

    #[test]
    fn the_secret_is_written_as_other_programs_read_it() {
        // RFC 4648 §10.
        for (plain, written) in
            [("", ""), ("f", "MY"), ("fo", "MZXQ"), ("foo", "MZXW6"), ("foob", "MZXW6YQ"), ("foobar", "MZXW6YTBOI")]
        {
            assert_eq!(*base32(plain.as_bytes()), written);
        }
        let uri = uri("Bakker & Zn", "jan@voorbeeld.nl", b"foo");
        assert_eq!(
            *uri,
            "otpauth://totp/Postkamer%20Bakker%20%26%20Zn:jan@voorbeeld.nl?secret=MZXW6&issuer=Postkamer%20Bakker%20%26%20Zn"
        );
    }
}
