//! Proof that who redeems a code is who asked for it (RFC 7636), by S256 only: "plain" proves nothing to whoever saw the
//! question.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// The verifier: 43 characters of 256 bits that nobody can guess (§4.1).
pub struct Verifier(Zeroizing<String>);

impl Verifier {
    /// Of 32 bytes, random or derived from a secret.
    pub fn of(bytes: &[u8; 32]) -> Verifier {
        Verifier(Zeroizing::new(URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// What is shown when asking (§4.2): its SHA-256.
    pub fn challenge(&self) -> String {
        URL_SAFE_NO_PAD.encode(Sha256::digest(self.0.as_bytes()))
    }

    /// What is shown when redeeming.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Verifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Verifier(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_challenge_is_that_of_the_standards_own_example() {
        // RFC 7636, appendix B.
        let bytes = [
            116, 24, 223, 180, 151, 153, 224, 37, 79, 250, 96, 125, 216, 173, 187, 186, 22, 212, 37, 77, 105, 214, 191,
            240, 91, 88, 5, 88, 83, 132, 141, 121,
        ];
        let verifier = Verifier::of(&bytes);
        assert_eq!(verifier.reveal(), "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
        assert_eq!(verifier.challenge(), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
        assert_eq!(format!("{verifier:?}"), "Verifier(***)");
    }
}
