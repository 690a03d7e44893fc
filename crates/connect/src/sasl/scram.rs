//! SCRAM-SHA-256 (RFC 5802, RFC 7677): the server never sees the password, and must prove that it knows it.

use super::SaslError;
use crate::Secret;
use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// Fewer rounds than this make a stolen answer cheap to guess from (RFC 7677 §4).
const FEWEST_ROUNDS: u32 = 4096;
/// More than this is an attack on our processor: about two seconds of work.
const MOST_ROUNDS: u32 = 1_000_000;

pub(super) struct Scram {
    username: String,
    password: Secret,
    nonce: String,
    /// The signature that the server must show, known once its first message came.
    expected: Option<[u8; 32]>,
    proven: bool,
}

impl Scram {
    pub(super) fn new(username: &str, password: Secret) -> Scram {
        Scram::with_nonce(username, password, STANDARD.encode(rand::random::<[u8; 18]>()))
    }

    fn with_nonce(username: &str, password: Secret, nonce: String) -> Scram {
        let username = username.replace('=', "=3D").replace(',', "=2C");
        Scram { username, password, nonce, expected: None, proven: false }
    }

    fn bare_first(&self) -> String {
        format!("n={},r={}", self.username, self.nonce)
    }

    pub(super) fn first_message(&self) -> Vec<u8> {
        format!("n,,{}", self.bare_first()).into_bytes()
    }

    pub(super) fn proven(&self) -> bool {
        self.proven
    }

    pub(super) fn step(&mut self, challenge: &[u8]) -> Result<Vec<u8>, SaslError> {
        let challenge = std::str::from_utf8(challenge).map_err(|_| SaslError::Unexpected)?;
        match self.expected {
            None => self.answer(challenge),
            Some(expected) => {
                let shown = challenge.strip_prefix("v=").and_then(|text| STANDARD.decode(text.trim_end()).ok());
                self.proven = shown.is_some_and(|shown| shown == expected);
                if self.proven { Ok(Vec::new()) } else { Err(SaslError::NotProven) }
            }
        }
    }

    fn answer(&mut self, server_first: &str) -> Result<Vec<u8>, SaslError> {
        let field = |name: &str| server_first.split(',').find_map(|part| part.strip_prefix(name));
        let nonce = field("r=").filter(|nonce| nonce.starts_with(&self.nonce) && nonce.len() > self.nonce.len());
        let salt = field("s=").and_then(|text| STANDARD.decode(text).ok());
        let rounds = field("i=").and_then(|text| text.parse::<u32>().ok());
        let (Some(nonce), Some(salt), Some(rounds)) = (nonce, salt, rounds) else {
            return Err(SaslError::Unexpected);
        };
        if !(FEWEST_ROUNDS..=MOST_ROUNDS).contains(&rounds) {
            return Err(SaslError::Rounds);
        }
        let mut salted = Zeroizing::new([0; 32]);
        pbkdf2::pbkdf2_hmac::<Sha256>(self.password.reveal(), &salt, rounds, &mut *salted);

        let without_proof = format!("c=biws,r={nonce}");
        let signed = format!("{},{server_first},{without_proof}", self.bare_first());
        let client_key = Zeroizing::new(keyed_hash(&*salted, b"Client Key"));
        let signature = keyed_hash(&Sha256::digest(*client_key), signed.as_bytes());
        let proof: Vec<u8> = client_key.iter().zip(signature).map(|(key, bits)| key ^ bits).collect();

        let server_key = Zeroizing::new(keyed_hash(&*salted, b"Server Key"));
        self.expected = Some(keyed_hash(&*server_key, signed.as_bytes()));
        Ok(format!("{without_proof},p={}", STANDARD.encode(proof)).into_bytes())
    }
}

fn keyed_hash(key: &[u8], text: &[u8]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.update(text);
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example() -> Scram {
        Scram::with_nonce("user", Secret::new("pencil"), "rOprNGfwEbeRWgbNEkqO".into())
    }

    const SERVER_FIRST: &str = "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";

    #[test]
    fn the_example_of_rfc_7677_comes_out() {
        let mut scram = example();
        assert_eq!(scram.first_message(), b"n,,n=user,r=rOprNGfwEbeRWgbNEkqO");
        let last = scram.step(SERVER_FIRST.as_bytes()).unwrap();
        assert_eq!(
            String::from_utf8(last).unwrap(),
            "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,\
             p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
        );
        assert!(!scram.proven());
        assert_eq!(scram.step(b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=").unwrap(), b"");
        assert!(scram.proven());
    }

    #[test]
    fn a_server_that_does_not_know_the_password_is_found_out() {
        let mut scram = example();
        scram.step(SERVER_FIRST.as_bytes()).unwrap();
        assert_eq!(scram.step(b"v=AAAATRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="), Err(SaslError::NotProven));
        assert!(!scram.proven());
    }

    #[test]
    fn a_foreign_nonce_or_unreasonable_rounds_are_refused() {
        assert_eq!(example().step(b"r=somebodyelse,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"), Err(SaslError::Unexpected));
        for rounds in ["1", "4000000000"] {
            let challenge = format!("r=rOprNGfwEbeRWgbNEkqOx,s=W22ZaJ0SNY7soEsUEjb6gQ==,i={rounds}");
            assert_eq!(example().step(challenge.as_bytes()), Err(SaslError::Rounds));
        }
    }
}
