//! Signing in: the client's half of SASL (RFC 4422), shared by IMAP and SMTP.
//!
//! An [`Exchange`] speaks raw bytes; base 64 and framing are the protocol's.

mod scram;

use crate::Credentials;
use scram::Scram;

/// What the server answered makes no sense within the mechanism, or it could not prove that it knows the password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SaslError {
    /// A challenge that the mechanism does not know.
    #[error("the server's challenge does not belong to the mechanism")]
    Unexpected,
    /// SCRAM: the server's signature is wrong or missing, so it is not the server that knows our password.
    #[error("the server could not prove that it knows the password")]
    NotProven,
    /// SCRAM: the server asks for so much or so little work that we suspect an attack (RFC 7677 §4).
    #[error("the server asks for an unreasonable number of rounds")]
    Rounds,
}

/// One signing in under way.
#[derive(Debug)]
pub struct Exchange {
    steps: Steps,
    refusal: Option<String>,
}

enum Steps {
    Plain(Vec<u8>),
    Login { answers: std::vec::IntoIter<Vec<u8>> },
    Scram(Box<Scram>),
    XOauth2(Vec<u8>),
    OauthBearer(Vec<u8>),
}

impl std::fmt::Debug for Steps {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

impl Exchange {
    /// The best mechanism among those the server names that these credentials can use, or `None`.
    ///
    /// A token goes by OAUTHBEARER (RFC 7628) before XOAUTH2; a password by SCRAM-SHA-256 (RFC 7677), which never shows
    /// it to the server, before PLAIN (RFC 4616) and LOGIN. Mechanisms that we can't do are passed over even when they
    /// are stronger. `host` and `port` are part of OAUTHBEARER.
    pub fn start(mechanisms: &[&str], credentials: &Credentials, host: &str, port: u16) -> Option<Exchange> {
        let offered = |name: &str| mechanisms.iter().any(|known| known.eq_ignore_ascii_case(name));
        let steps = match credentials {
            Credentials::Password { username, secret } => {
                if offered("SCRAM-SHA-256") && std::str::from_utf8(secret.reveal()).is_ok() {
                    Steps::Scram(Box::new(Scram::new(username, secret.clone())))
                } else if offered("PLAIN") {
                    Steps::Plain([b"\0", username.as_bytes(), b"\0", secret.reveal()].concat())
                } else if offered("LOGIN") {
                    let answers = vec![username.as_bytes().to_vec(), secret.reveal().to_vec()];
                    Steps::Login { answers: answers.into_iter() }
                } else {
                    return None;
                }
            }
            Credentials::Token { username, token } => {
                if offered("OAUTHBEARER") {
                    let name = username.replace('=', "=3D").replace(',', "=2C");
                    let head = format!("n,a={name},\x01host={host}\x01port={port}\x01auth=Bearer ");
                    Steps::OauthBearer([head.as_bytes(), token.reveal(), b"\x01\x01"].concat())
                } else if offered("XOAUTH2") {
                    let head = format!("user={username}\x01auth=Bearer ");
                    Steps::XOauth2([head.as_bytes(), token.reveal(), b"\x01\x01"].concat())
                } else {
                    return None;
                }
            }
        };
        Some(Exchange { steps, refusal: None })
    }

    /// The mechanism's name on the wire.
    pub fn name(&self) -> &'static str {
        match self.steps {
            Steps::Plain(_) => "PLAIN",
            Steps::Login { .. } => "LOGIN",
            Steps::Scram(_) => "SCRAM-SHA-256",
            Steps::XOauth2(_) => "XOAUTH2",
            Steps::OauthBearer(_) => "OAUTHBEARER",
        }
    }

    /// What may go with the command itself; `None` where the server speaks first. A server without initial responses
    /// gets the same bytes as the answer to its first, empty challenge: [`Exchange::step`] is not asked for those.
    pub fn initial(&self) -> Option<Vec<u8>> {
        match &self.steps {
            Steps::Plain(bytes) | Steps::XOauth2(bytes) | Steps::OauthBearer(bytes) => Some(bytes.clone()),
            Steps::Scram(scram) => Some(scram.first_message()),
            Steps::Login { .. } => None,
        }
    }

    /// The answer to a challenge.
    ///
    /// A refused token arrives as a challenge that holds the reason; the answer is the empty one that the mechanism
    /// asks for, after which the server says no (RFC 7628 §3.2.3). The reason is kept in [`Exchange::refusal`].
    pub fn step(&mut self, challenge: &[u8]) -> Result<Vec<u8>, SaslError> {
        match &mut self.steps {
            Steps::Plain(_) => Err(SaslError::Unexpected),
            Steps::Login { answers } => answers.next().ok_or(SaslError::Unexpected),
            Steps::Scram(scram) => scram.step(challenge),
            Steps::XOauth2(_) => {
                self.refusal = Some(String::from_utf8_lossy(challenge).into_owned());
                Ok(Vec::new())
            }
            Steps::OauthBearer(_) => {
                self.refusal = Some(String::from_utf8_lossy(challenge).into_owned());
                Ok(b"\x01".to_vec())
            }
        }
    }

    /// Whether the server has shown what the mechanism asks of it. Ask after the server said yes: a SCRAM server that
    /// says yes without its signature is an impostor.
    pub fn proven(&self) -> bool {
        match &self.steps {
            Steps::Scram(scram) => scram.proven(),
            _ => true,
        }
    }

    /// The reason that a token was refused for, as the server gave it (JSON).
    pub fn refusal(&self) -> Option<&str> {
        self.refusal.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Secret;

    fn password() -> Credentials {
        Credentials::Password { username: "alice".into(), secret: Secret::new("wonder \"land\"") }
    }

    fn token() -> Credentials {
        Credentials::Token { username: "a=b@example.test".into(), token: Secret::new("ya29.x") }
    }

    #[test]
    fn the_strongest_mechanism_we_know_is_chosen() {
        let name =
            |offered: &[&str], who: &Credentials| Exchange::start(offered, who, "h", 1).map(|found| found.name());
        assert_eq!(
            name(&["GSSAPI", "SCRAM-SHA-256-PLUS", "PLAIN", "SCRAM-SHA-256"], &password()),
            Some("SCRAM-SHA-256")
        );
        assert_eq!(name(&["LOGIN", "plain"], &password()), Some("PLAIN"));
        assert_eq!(name(&["LOGIN"], &password()), Some("LOGIN"));
        assert_eq!(name(&["CRAM-MD5", "XOAUTH2"], &password()), None);
        assert_eq!(name(&["XOAUTH2", "OAUTHBEARER", "PLAIN"], &token()), Some("OAUTHBEARER"));
        assert_eq!(name(&["PLAIN", "LOGIN"], &token()), None);
    }

    #[test]
    fn plain_and_login_carry_the_exact_bytes_of_the_password() {
        let plain = Exchange::start(&["PLAIN"], &password(), "h", 1).unwrap();
        assert_eq!(plain.initial().unwrap(), b"\0alice\0wonder \"land\"");
        let mut login = Exchange::start(&["LOGIN"], &password(), "h", 1).unwrap();
        assert_eq!(login.initial(), None);
        assert_eq!(login.step(b"User Name\0").unwrap(), b"alice");
        assert_eq!(login.step(b"Password\0").unwrap(), b"wonder \"land\"");
        assert_eq!(login.step(b"Anything else?"), Err(SaslError::Unexpected));
    }

    #[test]
    fn a_refused_token_is_answered_as_its_mechanism_wants() {
        let mut bearer = Exchange::start(&["OAUTHBEARER"], &token(), "imap.example.test", 993).unwrap();
        assert_eq!(
            bearer.initial().unwrap(),
            b"n,a=a=3Db@example.test,\x01host=imap.example.test\x01port=993\x01auth=Bearer ya29.x\x01\x01"
        );
        assert_eq!(bearer.step(br#"{"status":"invalid_token"}"#).unwrap(), b"\x01");
        assert_eq!(bearer.refusal(), Some(r#"{"status":"invalid_token"}"#));

        let mut xoauth2 = Exchange::start(&["XOAUTH2"], &token(), "h", 1).unwrap();
        assert_eq!(xoauth2.initial().unwrap(), b"user=a=b@example.test\x01auth=Bearer ya29.x\x01\x01");
        assert_eq!(xoauth2.step(b"{}").unwrap(), b"");
    }

    #[test]
    fn an_exchange_prints_no_secret() {
        let shown = format!("{:?}", Exchange::start(&["PLAIN"], &password(), "h", 1));
        assert!(!shown.contains("wonder"), "{shown}");
    }
}
