//! From what a server said to the likely cause: the same words mean different things for different settings.

use crate::words::{
    aadsts,
    cause::{self, Explained},
    field, google,
};
use connect::{
    ConnectError, ServerWords,
    error::{Cause, Step},
};

/// What we know of the account that helps to understand the server.
#[derive(Debug, Clone, Copy, Default)]
pub struct Circumstances<'a> {
    /// The user name as it is sent.
    pub username: &'a str,
    /// What [`super::secret::warnings`] says of the secret.
    pub secret_warnings: &'a [field::Why],
}

/// A failure understood: where, what probably is the matter, what the server said.
#[derive(Debug, Clone)]
pub struct Diagnosis {
    /// Where in the course of a connection.
    pub step: Step,
    /// The likely cause and what to do.
    pub explained: Explained,
    /// The server's own words, empty when it said nothing.
    pub server_said: String,
}

/// The likely cause of an error.
pub fn diagnose(error: &ConnectError, known: Circumstances<'_>) -> Diagnosis {
    let (step, cause, ServerWords(server_said)) = facts(error);
    let explained = match cause {
        Cause::GrantGone | Cause::AppRefused | Cause::AccountDisabled
            if let Some(known) = aadsts::of(&server_said).or_else(|| google::of(&server_said)) =>
        {
            known
        }
        Cause::WrongPassword | Cause::AppPasswordNeeded if let Some(known) = google::of(&server_said) => known,
        Cause::WrongPassword | Cause::AccountDisabled if speaks_of_second_factor(&server_said) => {
            cause::by_code("mfa_in_the_way").unwrap_or(cause::of(cause))
        }
        Cause::WrongPassword if known.secret_warnings.iter().any(|(code, _)| *code != "secret_lookalikes") => {
            cause::by_code("password_characters").unwrap_or(cause::of(cause))
        }
        Cause::WrongPassword if !known.username.is_empty() && !known.username.contains(['@', '\\']) => {
            cause::by_code("username_form").unwrap_or(cause::of(cause))
        }
        Cause::Refused if speaks_of_prefix(&server_said) => cause::of(Cause::NoSuchFolder),
        cause => cause::of(cause),
    };
    Diagnosis { step, explained, server_said }
}

/// Step, cause and words of an error, whatever its class.
pub fn facts(error: &ConnectError) -> (Step, Cause, ServerWords) {
    match error {
        ConnectError::Credentials { cause, words } => (Step::SignIn, *cause, words.clone()),
        ConnectError::Settings { step, cause, words } => (*step, *cause, words.clone()),
        ConnectError::Later { step, cause, reason, .. } => (*step, *cause, ServerWords(reason.clone())),
        ConnectError::Refused { cause, words } => (Step::Work, *cause, words.clone()),
        ConnectError::CursorLost => (Step::Work, Cause::Protocol, ServerWords::default()),
        ConnectError::Uncertain(what) => (Step::Work, Cause::Dropped, ServerWords(what.clone())),
    }
}

fn speaks_of_second_factor(said: &str) -> bool {
    let said = said.to_ascii_lowercase();
    ["multi-factor", "multifactor", "mfa ", "two-factor", "2fa", "aadsts50076", "aadsts50079", "web login required"]
        .iter()
        .any(|sign| said.contains(sign))
}

fn speaks_of_prefix(said: &str) -> bool {
    let said = said.to_ascii_lowercase();
    said.contains("prefixed with: inbox") || said.contains("invalid mailbox name") || said.contains("nonexistent")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(cause: Cause, said: &str, known: Circumstances<'_>) -> &'static str {
        let error = ConnectError::Credentials { cause, words: ServerWords(said.into()) };
        diagnose(&error, known).explained.code
    }

    #[test]
    fn a_refused_password_is_explained_by_what_is_odd_about_the_settings() {
        let plain = Circumstances { username: "jan@voorbeeld.nl", secret_warnings: &[] };
        assert_eq!(code(Cause::WrongPassword, "NO [AUTHENTICATIONFAILED]", plain), "wrong_password");
        let odd = Circumstances { secret_warnings: &[field::WARN_SECRET_BLANK], ..plain };
        assert_eq!(code(Cause::WrongPassword, "NO", odd), "password_characters");
        let short = Circumstances { username: "jan", ..plain };
        assert_eq!(code(Cause::WrongPassword, "NO", short), "username_form");
        assert_eq!(code(Cause::WrongPassword, "Multi-factor authentication required", plain), "mfa_in_the_way");
        assert_eq!(code(Cause::AppPasswordNeeded, "534", plain), "app_password_needed");
        let google = "[ALERT] Application-specific password required";
        assert_eq!(code(Cause::AppPasswordNeeded, google, plain), "google_app_password");
    }

    #[test]
    fn a_missing_prefix_is_recognised_by_the_words_of_the_server() {
        let said = ServerWords("NO Invalid mailbox name: names must be prefixed with: INBOX.".into());
        let error = ConnectError::Refused { cause: Cause::Refused, words: said };
        assert_eq!(diagnose(&error, Circumstances::default()).explained.code, "no_such_folder");
    }
}
