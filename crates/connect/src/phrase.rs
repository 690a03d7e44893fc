//! What servers say in words of their own where they give no code.

use crate::error::Cause;

/// Words that providers use, in lower case, and what they mean. The first that fits counts.
const PHRASES: &[(&str, Cause)] = &[
    ("application-specific password", Cause::AppPasswordNeeded),
    ("app password", Cause::AppPasswordNeeded),
    ("app-specific password", Cause::AppPasswordNeeded),
    ("web login required", Cause::AppPasswordNeeded),
    ("log in via your web browser", Cause::AppPasswordNeeded),
    ("multi-factor", Cause::AppPasswordNeeded),
    ("multifactor", Cause::AppPasswordNeeded),
    ("two-factor", Cause::AppPasswordNeeded),
    ("two factor", Cause::AppPasswordNeeded),
    ("second factor", Cause::AppPasswordNeeded),
    ("mfa", Cause::AppPasswordNeeded),
    ("2fa", Cause::AppPasswordNeeded),
    ("basic authentication is disabled", Cause::BasicAuthOff),
    ("basicauthblocked", Cause::BasicAuthOff),
    ("basicauthdisabled", Cause::BasicAuthOff),
    ("basic auth", Cause::BasicAuthOff),
    ("blacklist", Cause::Blacklisted),
    ("blocklist", Cause::Blacklisted),
    ("your ip", Cause::Blacklisted),
    ("too many failed", Cause::Blacklisted),
    ("too many login", Cause::Throttled),
    ("too many simultaneous", Cause::Throttled),
    ("too many connections", Cause::Throttled),
    ("maximum number of connections", Cause::Throttled),
    ("rate limit", Cause::Throttled),
    ("try again later", Cause::Throttled),
    ("temporar", Cause::Throttled),
    ("login disabled", Cause::EncryptionNeeded),
    ("plaintext authentication disallowed", Cause::EncryptionNeeded),
    ("plaintext authentication is disabled", Cause::EncryptionNeeded),
    ("pop access", Cause::AccountDisabled),
    ("pop3 access", Cause::AccountDisabled),
    ("pop is disabled", Cause::AccountDisabled),
    ("pop3 is disabled", Cause::AccountDisabled),
    ("not enabled for pop", Cause::AccountDisabled),
    ("imap is disabled", Cause::AccountDisabled),
    ("imap access is disabled", Cause::AccountDisabled),
    ("not enabled for imap", Cause::AccountDisabled),
    ("imap use", Cause::AccountDisabled),
    ("account is disabled", Cause::AccountDisabled),
    ("account disabled", Cause::AccountDisabled),
    ("account is locked", Cause::AccountDisabled),
    ("account locked", Cause::AccountDisabled),
    ("suspended", Cause::AccountDisabled),
];

/// What these words of a server most likely mean.
pub fn phrase(text: &str) -> Option<Cause> {
    let text = text.to_lowercase();
    PHRASES.iter().find(|(words, _)| text.contains(words)).map(|(_, cause)| *cause)
}
