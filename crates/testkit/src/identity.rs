//! A provider at which people sign in: npm's oidc-provider, which is certified for it and which we did not write.

use crate::{Process, client::python, free_port, home};
use serde_json::{Value, json};

/// A running provider. Any name and any password sign in; who is meant by a name is told at the start.
#[derive(Debug)]
pub struct IdentityServer {
    /// `http://localhost:PORT`, its name for itself.
    pub issuer: String,
    /// Who its one client is.
    pub client_id: &'static str,
    /// What that client proves itself with.
    pub client_secret: &'static str,
    /// The process.
    pub process: Process,
}

impl IdentityServer {
    /// Starts one whose client comes back to this address, with these people: their name there, and what it says of them
    /// (`email`, `email_verified`, `name`).
    ///
    /// # Panics
    /// When node or oidc-provider is not installed or does not start.
    pub fn start(redirect_uri: &str, people: &[(&str, Value)]) -> IdentityServer {
        IdentityServer::start_with(redirect_uri, people, 600)
    }

    /// The same, where a code for another device lasts so many seconds. Devices are the client `postkamer-device`, without a
    /// secret.
    ///
    /// # Panics
    /// As [`IdentityServer::start`].
    pub fn start_with(redirect_uri: &str, people: &[(&str, Value)], device_seconds: u32) -> IdentityServer {
        let programs = home::need(home::home().join("identity/ready")).with_file_name("");
        let port = free_port();
        let dir = Process::folder("identity");
        let issuer = format!("http://localhost:{port}");
        // Long and odd on purpose: it goes into a header, and tests look where else it went.
        let (client_id, client_secret) = ("postkamer", "kanarie-Paars-3391-vogel%+");
        let people: serde_json::Map<String, Value> =
            people.iter().map(|(name, claims)| ((*name).to_owned(), claims.clone())).collect();
        let told = json!({ "issuer": issuer, "port": port, "redirect_uri": redirect_uri, "client_id": client_id,
            "client_secret": client_secret, "people": people, "device_seconds": device_seconds });
        let file = dir.join("told.json");
        std::fs::write(&file, told.to_string()).expect("a file in the peer's folder");
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/identity/serve.mjs");
        let command = format!("exec node {script} {} {}", file.display(), programs.display());
        let mut process = Process::start("oidc-provider", dir, &command);
        process.wait_for_ports(&[port]);
        IdentityServer { issuer, client_id, client_secret, process }
    }
    /// Somebody goes to this address with a browser, signs in by this name and agrees with whatever is asked. Gives the address
    /// of `back` to which the browser is sent in the end, or else the words of the last page.
    ///
    /// # Panics
    /// When the pages have no end.
    pub fn agree(&self, url: &str, back: Option<&str>, name: &str) -> String {
        let answer = python("agree.py", &json!({ "url": url, "back": back, "name": name }));
        let answer = answer.unwrap_or_else(|words| panic!("at the pages of oidc-provider: {words}"));
        answer.as_str().unwrap_or_default().to_owned()
    }
}
