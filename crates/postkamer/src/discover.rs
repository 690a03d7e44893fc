//! `postkamer discover`: the settings found for an address, and from which source.

use crate::{
    installation,
    options::Settled,
    outcome::{Answer, Failed, Outcome},
};
use clap::Args;
use connect::discover::Endpoint;
use mailroom::accounts::discover_in;
use serde_json::json;

/// Find the settings for an address, and say where they come from.
#[derive(Debug, Args)]
pub struct Discover {
    /// The e-mail address
    address: String,
}

impl Discover {
    /// Asks everyone who may know.
    pub async fn run(self, options: &Settled) -> Outcome {
        let world = installation::world(options)?;
        let found = discover_in(&world, &self.address).await;
        if found.is_empty() {
            let words = format!("Nothing was found for {}. Ask the provider for server names and ports.", self.address);
            return Err(Failed::new("nothing_found", words));
        }
        let mut lines = Vec::new();
        for candidate in &found {
            let provider = candidate.provider.as_deref().unwrap_or("-");
            lines.push(format!("{:?} ({provider})", candidate.source).to_lowercase());
            lines.extend(candidate.incoming.as_ref().map(|endpoint| line("in", endpoint)));
            lines.extend(candidate.outgoing.as_ref().map(|endpoint| line("out", endpoint)));
        }
        Ok(Some(Answer::new(lines.join("\n"), json!({ "candidates": found }))))
    }
}

fn line(direction: &str, endpoint: &Endpoint) -> String {
    let kind = format!("{:?}", endpoint.kind).to_lowercase();
    let encryption = format!("{:?}", endpoint.encryption).to_lowercase();
    format!("  {direction:4} {kind} {}:{} {encryption} as {}", endpoint.host, endpoint.port, endpoint.username)
}
