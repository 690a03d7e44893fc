//! A provider's sign-in, so that XOAUTH2 can be tried with tokens that are good, expired or withdrawn.

use crate::{Process, free_port, home};
use std::{path::PathBuf, process::Command};

/// A running token server: `/authorize`, `/token`, `/userinfo` and `/.well-known/openid-configuration`.
#[derive(Debug)]
pub struct OauthServer {
    /// `http://localhost:PORT`, as it stands in the tokens.
    pub issuer: String,
    /// The same server without a name to resolve.
    pub url: String,
    /// The process.
    pub process: Process,
    wanted: PathBuf,
}

impl OauthServer {
    /// Starts one and waits until it listens.
    ///
    /// # Panics
    /// When node or oauth2-mock-server is not installed or does not start.
    pub fn start() -> OauthServer {
        let programs = home::need(home::home().join("node/ready")).with_file_name("");
        let port = free_port();
        let dir = Process::folder("oauth");
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/node/oauth.mjs");
        let wanted = dir.join("claims.json");
        std::fs::write(&wanted, "{}").expect("a file in the peer's folder");
        let command = format!("exec node {script} {port} {} {}", programs.display(), wanted.display());
        let mut process = Process::start("oauth2-mock-server", dir, &command);
        process.wait_for_ports(&[port]);
        let (issuer, url) = (format!("http://localhost:{port}"), format!("http://127.0.0.1:{port}"));
        OauthServer { issuer, url, process, wanted }
    }

    /// Puts these claims into every token from now on, over those that belong there.
    pub fn says(&self, claims: &serde_json::Value) {
        std::fs::write(&self.wanted, claims.to_string()).expect("a file in the peer's folder");
    }

    /// An access token for the mailbox of `user`, good for `lifetime` seconds; a negative one is over already.
    pub fn token(&self, user: &str, lifetime: i64) -> String {
        let answer = self.ask_for_tokens(&[
            ("grant_type", "password"),
            ("username", user),
            ("password", "any"),
            ("lifetime", &lifetime.to_string()),
        ]);
        answer["access_token"].as_str().unwrap_or_else(|| panic!("no token in {answer}")).to_owned()
    }

    /// What the token endpoint answers to this form.
    pub fn ask_for_tokens(&self, form: &[(&str, &str)]) -> serde_json::Value {
        let fields = form.iter().flat_map(|(name, value)| ["--data-urlencode".to_owned(), format!("{name}={value}")]);
        let output = Command::new("curl")
            .args(["-sS", "-u", "postkamer:any"])
            .args(fields)
            .arg(format!("{}/token", self.url))
            .output();
        let output = output.expect("curl is installed; if not, run `make peers`");
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| {
            panic!("the token server said: {}{}", String::from_utf8_lossy(&output.stdout), self.process.log())
        })
    }
}
