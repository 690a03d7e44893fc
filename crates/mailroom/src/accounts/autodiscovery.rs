//! The Exchange server of an address, asked of the server itself with the password of whoever connects the mailbox (features
//! M6, M7). Nothing is kept of it.

use super::{diagnosis, exchange, help};
use crate::{
    MailRoom,
    words::{Checks, FieldError, Phrase, Refusal, field},
};
use connect::{
    ConnectError, Secret,
    ews::autodiscover::{self, Found, Wanted},
};
use diagnosis::{Circumstances, diagnose};
use std::time::Duration;
use store::{UserRole, Viewer, account::Authentication};

/// A person waits no longer than this for all places together.
const PATIENCE: Duration = Duration::from_secs(20);

/// Whose server is looked for.
#[derive(Debug)]
pub struct ExchangeSearch {
    /// The address of the mailbox.
    pub address: String,
    /// The user name, `DOMAIN\name` or like an address; empty when it is the address.
    pub username: String,
    /// The password.
    pub secret: Secret,
    /// Servers of another domain that a person agreed to, each by its name.
    pub agreed: Vec<String>,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExchangeFound {
    /// The settings of the mailbox.
    Service {
        /// The address of the service.
        url: String,
        /// The name with which it opened.
        username: String,
        /// NTLM or Basic.
        authentication: Authentication,
    },
    /// Somebody leads to a server of another domain. It gets the password after a person agreed.
    Elsewhere {
        /// Its name.
        host: String,
        /// Who leads there.
        from: String,
    },
}

/// Looks for the Exchange server of an address, for whoever may connect mailboxes. A password that is refused was tried once.
pub async fn find_exchange(room: &MailRoom, viewer: &Viewer, asked: ExchangeSearch) -> Result<ExchangeFound, Refusal> {
    if viewer.role == UserRole::Member {
        return Err(Refusal::forbidden("account", field::NO_RIGHT_TO_MANAGE));
    }
    let (address, username) = (asked.address.trim().to_owned(), help::trimmed(&asked.username).to_owned());
    let mut checks = Checks::default();
    checks.address("address", &address);
    checks.done()?;
    if asked.secret.reveal().is_empty() {
        return Err(Refusal::field("secret", field::REQUIRED));
    }
    let username = if username.is_empty() { address.clone() } else { username };
    let wanted = Wanted { address, username: username.clone(), secret: asked.secret, agreed: asked.agreed };
    let looked = tokio::time::timeout(PATIENCE, autodiscover::search(&room.world, wanted)).await;
    match looked.unwrap_or_else(|_| Ok(Found::Nowhere { tried: Vec::new() })) {
        Ok(Found::Service { url, by_ntlm, .. }) => {
            if exchange::host(&url).is_some_and(|host| exchange::is_cloud(&host)) {
                return Err(Refusal::field("url", field::USE_MICROSOFT365));
            }
            let authentication = if by_ntlm { Authentication::Ntlm } else { Authentication::Basic };
            Ok(ExchangeFound::Service { url, username, authentication })
        }
        Ok(Found::Elsewhere { host, .. }) if exchange::is_cloud(&host) => {
            Err(Refusal::field("url", field::USE_MICROSOFT365))
        }
        Ok(Found::Elsewhere { host, from }) => Ok(ExchangeFound::Elsewhere { host, from }),
        Ok(Found::Nowhere { tried }) => Err(nowhere(&tried)),
        Err(error) => Err(told(if is_of_sign_in(&error) { "secret" } else { "url" }, "", &error, &username)),
    }
}

fn is_of_sign_in(error: &ConnectError) -> bool {
    matches!(error, ConnectError::Credentials { .. })
}

/// Nobody knew: what a person can mend is told, else that nothing was found.
fn nowhere(tried: &[(String, ConnectError)]) -> Refusal {
    match tried.iter().find(|(_, error)| matches!(error, ConnectError::Settings { .. })) {
        Some((host, error)) => told("url", host, error, ""),
        None => Refusal::field("url", field::NO_EXCHANGE_FOUND),
    }
}

/// What an error means, with what to do about it.
fn told(name: &str, host: &str, error: &ConnectError, username: &str) -> Refusal {
    let found = diagnose(error, Circumstances { username, secret_warnings: &[] });
    let told = found.explained.told(&found.server_said);
    let message = match host {
        "" => told,
        host => Phrase { nl: format!("{host}: {}", told.nl), en: format!("{host}: {}", told.en) },
    };
    Refusal::Invalid { errors: vec![FieldError { field: name.to_owned(), code: found.explained.code, message }] }
}

#[cfg(test)]
mod tests {
    use super::*;
    use connect::{
        ServerWords,
        error::{Cause, Step},
    };

    fn code(refusal: Refusal) -> (String, &'static str, String) {
        let Refusal::Invalid { mut errors } = refusal else { panic!("{refusal:?}") };
        let error = errors.remove(0);
        (error.field, error.code, error.message.en)
    }

    #[test]
    fn what_can_be_mended_is_told_before_that_nothing_was_found() {
        let silent = ConnectError::Refused { cause: Cause::Protocol, words: ServerWords("HTTP 404".into()) };
        let other = ConnectError::Settings {
            step: Step::SignIn,
            cause: Cause::OtherSignIn,
            words: ServerWords("HTTP 401; the server offers Bearer".into()),
        };
        let found = code(nowhere(&[("a.nl".into(), silent.clone()), ("b.nl".into(), other)]));
        assert_eq!(found.0, "url");
        assert!(found.2.starts_with("b.nl: ") && found.2.contains("Bearer"), "{found:?}");
        assert_eq!(code(nowhere(&[("a.nl".into(), silent)])).1, field::NO_EXCHANGE_FOUND.0);
    }
}
