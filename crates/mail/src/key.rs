//! Our own identifiers. `...Key` is ours, `...Id` is somebody else's.
//!
//! A key is 63 bits, made by us and ordered by time, so that both databases hold it as a BIGINT and no table needs a
//! sequence. Outside (API, logs) it is a prefix and 13 characters of Crockford's base 32: opaque, without look-alikes.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::{fmt, str::FromStr};

/// The text was not a key of the kind asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a {0} id")]
pub struct NotAKey(pub &'static str);

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

fn encode(value: i64) -> String {
    let value = value as u64;
    (0..13).rev().map(|place| ALPHABET[((value >> (place * 5)) & 31) as usize] as char).collect()
}

fn decode(text: &str) -> Option<i64> {
    if text.len() != 13 {
        return None;
    }
    let mut value: u128 = 0;
    for byte in text.bytes() {
        let digit = ALPHABET.iter().position(|known| *known == byte)?;
        value = value << 5 | digit as u128;
    }
    i64::try_from(value).ok()
}

macro_rules! keys {
    ($($(#[$doc:meta])* $name:ident $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub i64);

        impl $name {
            /// What stands before the characters of the key outside the program.
            pub const PREFIX: &'static str = $prefix;
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}{}", $prefix, encode(self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = NotAKey;
            fn from_str(text: &str) -> Result<Self, NotAKey> {
                text.strip_prefix($prefix).and_then(decode).map($name).ok_or(NotAKey($prefix))
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )*};
}

keys! {
    /// An organisation: the first column of every table.
    OrganisationKey "org_";
    /// A connected e-mail account; the page says *mailbox*.
    AccountKey "acc_";
    /// A folder of an account.
    FolderKey "fld_";
    /// One stored message of one account (by digest). Its time part is the moment the server received it, so that key
    /// order is reading order.
    MessageKey "msg_";
    /// A message in a folder of an account.
    PlaceKey "plc_";
    /// What a team works on.
    ConversationKey "cnv_";
    /// A person or company.
    ContactKey "cnt_";
    /// A business file.
    DossierKey "dos_";
    /// A submission in the outbox.
    OutboxKey "out_";
    /// A mail that is being written.
    DraftKey "drf_";
    /// A person who signs in.
    UserKey "usr_";
    /// People who share accounts.
    GroupKey "grp_";
    /// An API token.
    TokenKey "tok_";
    /// Somebody at a browser.
    SessionKey "ses_";
    /// An internal note on a conversation.
    NoteKey "not_";
    /// A message that could not be read, set aside.
    QuarantineKey "qua_";
    /// A template for mail.
    TemplateKey "tpl_";
    /// A provider at which people sign in.
    IdentityProviderKey "idp_";
    /// An app registered at a provider of mailboxes.
    AppRegistrationKey "app_";
    /// A domain at Mailgun.
    MailgunDomainKey "mgd_";
    /// A key that signs mail of a domain.
    SignatureKey "dkm_";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_comes_back_from_its_text() {
        for value in [0, 1, 31, 32, i64::MAX] {
            assert_eq!(MessageKey(value).to_string().parse(), Ok(MessageKey(value)));
        }
    }

    #[test]
    fn text_order_is_key_order() {
        assert!(MessageKey(41).to_string() < MessageKey(1 << 40).to_string());
    }

    #[test]
    fn a_key_of_another_kind_is_refused() {
        assert!(ContactKey(7).to_string().parse::<MessageKey>().is_err());
        assert!("msg_zzzzzzzzzzzzz".parse::<MessageKey>().is_err());
    }
}
