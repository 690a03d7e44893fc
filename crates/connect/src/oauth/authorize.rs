//! The question that a browser takes to the provider, and the answer that it brings back.

use super::{OauthError, Verifier, plain_code};
use crate::ServerWords;
use reqwest::Url;
use serde::Deserialize;

/// What is asked (RFC 6749 §4.1.1).
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// Where the provider is asked.
    pub endpoint: &'a str,
    /// Our name there.
    pub client_id: &'a str,
    /// Where the browser brings the answer, exactly as it was registered.
    pub redirect_uri: &'a str,
    /// What is asked for, separated by blanks.
    pub scope: &'a str,
    /// What the browser brings back with the answer.
    pub state: &'a str,
    /// What the code is redeemed with.
    pub verifier: &'a Verifier,
    /// Fields of extensions: `nonce`, `prompt`, `login_hint`.
    pub more: &'a [(&'a str, &'a str)],
}

impl Request<'_> {
    /// The address to send the browser to. `None` when the endpoint is no address.
    pub fn url(&self) -> Option<String> {
        let mut url = Url::parse(self.endpoint).ok()?;
        url.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", self.client_id)
            .append_pair("redirect_uri", self.redirect_uri)
            .append_pair("scope", self.scope)
            .append_pair("state", self.state)
            .append_pair("code_challenge", &self.verifier.challenge())
            .append_pair("code_challenge_method", "S256")
            .extend_pairs(self.more);
        Some(url.into())
    }
}

/// What the browser brought back, as it stands in the query (§4.1.2).
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct Answer {
    /// What may be redeemed.
    code: Option<String>,
    /// What we gave along.
    pub state: Option<String>,
    /// Who answers (RFC 9207).
    iss: Option<String>,
    error: Option<String>,
    error_description: Option<String>,
}

impl Answer {
    /// The code. An answer of `issuer` names it where it announced that it does; another name is never believed, whatever
    /// was announced (RFC 9207 §2.4).
    pub fn code(&self, issuer: &str, announces: bool) -> Result<&str, OauthError> {
        match self.iss.as_deref() {
            Some(named) if named != issuer => return Err(OauthError::OtherIssuer),
            None if announces => return Err(OauthError::OtherIssuer),
            _ => {}
        }
        if let Some(code) = &self.error {
            let words = ServerWords::new(self.error_description.as_deref().unwrap_or_default(), &[]);
            return Err(OauthError::Refused { code: plain_code(code), words });
        }
        self.code.as_deref().filter(|code| !code.is_empty()).ok_or(OauthError::Incomplete("code"))
    }
}

/// The code is worth a sign-in until it is redeemed.
impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Answer").field("iss", &self.iss).field("error", &self.error).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_question_keeps_what_the_endpoint_asks_already() {
        let request = Request {
            endpoint: "https://login.example/authorize?tenant=a%20b",
            client_id: "postkamer & co",
            redirect_uri: "https://post.example/sign-in/answer",
            scope: "openid email",
            state: "toestand",
            verifier: &Verifier::of(&[7; 32]),
            more: &[("nonce", "eens")],
        };
        let url = Url::parse(&request.url().unwrap()).unwrap();
        let fields: Vec<(String, String)> = url.query_pairs().into_owned().collect();
        let names: Vec<&str> = fields.iter().map(|(name, _)| name.as_str()).collect();
        let expected =
            "tenant response_type client_id redirect_uri scope state code_challenge code_challenge_method nonce";
        assert_eq!(names.join(" "), expected);
        assert_eq!((fields[0].1.as_str(), fields[2].1.as_str()), ("a b", "postkamer & co"));
        assert_eq!(fields[7].1, "S256");
        assert!(Request { endpoint: "geen adres", ..request }.url().is_none());
    }

    #[test]
    fn an_answer_of_another_provider_is_never_taken() {
        let answer =
            |iss: Option<&str>| Answer { code: Some("c".into()), iss: iss.map(str::to_owned), ..Answer::default() };
        let here = "https://login.example";
        assert_eq!(answer(Some(here)).code(here, true).unwrap(), "c");
        assert_eq!(answer(None).code(here, false).unwrap(), "c");
        assert_eq!(answer(Some(here)).code(here, false).unwrap(), "c");
        for (iss, announces) in
            [(None, true), (Some("https://kwaad.example"), true), (Some("https://kwaad.example"), false)]
        {
            let refused = answer(iss).code(here, announces).unwrap_err();
            assert!(matches!(refused, OauthError::OtherIssuer), "{refused:?}");
        }
    }

    #[test]
    fn a_refusal_is_told_by_its_code_and_never_by_made_up_words() {
        let refused = |code: &str| Answer { error: Some(code.into()), code: Some("c".into()), ..Answer::default() };
        for (said, kept) in
            [("access_denied", "access_denied"), ("<b>Bel 0900</b>", "server_error"), ("", "server_error")]
        {
            let answer = refused(said);
            let Err(OauthError::Refused { code, .. }) = answer.code("i", false) else { panic!("{said} was taken") };
            assert_eq!(code, kept);
            assert!(!format!("{answer:?}").contains("\"c\""), "the code is printed");
        }
        let nothing = Answer::default();
        assert!(matches!(nothing.code("i", false), Err(OauthError::Incomplete("code"))));
    }
}
