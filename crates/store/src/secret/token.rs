//! Tokens that programs and one-time links carry: we keep only their digest.

use zeroize::Zeroizing;

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// Characters for 32 random bytes: 43 times log2(62) is 256.03 bits.
const CHARACTERS: usize = 43;

/// A new token: `pk_` and 43 characters, 256 bits that nobody can guess.
pub fn new_token() -> Zeroizing<String> {
    let mut token = Zeroizing::new(String::with_capacity(3 + CHARACTERS));
    token.push_str("pk_");
    while token.len() < 3 + CHARACTERS {
        let byte = rand::random::<u8>() & 63;
        // Two of the 64 values have no character; taking the rest modulo 62 would favour some characters.
        if let Some(character) = ALPHABET.get(usize::from(byte)) {
            token.push(*character as char);
        }
    }
    token
}

/// What we keep of a token. It needs no salt and no slow hash: there are too many tokens to try.
pub fn token_digest(token: &str) -> [u8; 32] {
    blake3::derive_key("postkamer 2026 token digest", token.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_tokens_differ_and_look_like_tokens() {
        let (one, other) = (new_token(), new_token());
        assert_ne!(one, other);
        assert_eq!(one.len(), 46);
        assert!(one.starts_with("pk_") && one[3..].bytes().all(|byte| byte.is_ascii_alphanumeric()));
        assert_ne!(token_digest(&one), token_digest(&other));
    }
}
