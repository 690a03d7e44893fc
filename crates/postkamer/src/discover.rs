//! `postkamer discover`: the settings found for an address, and from which source.

use crate::{
    installation,
    options::Settled,
    outcome::{Answer, Failed, Outcome},
    words,
};
use clap::Args;
use connect::discover::Endpoint;
use mailroom::{
    accounts::discover_in,
    words::{Phrase, Text, origin},
};
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
            return Err(Failed::new("nothing_found", words::NOTHING_FOUND.with(&[("address", &self.address)])));
        }
        let mut lines = Vec::new();
        for candidate in &found {
            let provider = candidate.provider.as_deref().unwrap_or("-");
            lines.push(words::about(provider, &origin(candidate.source).into()));
            lines.extend(candidate.incoming.as_ref().map(|endpoint| line(words::IN, endpoint)));
            lines.extend(candidate.outgoing.as_ref().map(|endpoint| line(words::OUT, endpoint)));
            let note = candidate.note.as_ref();
            lines.extend(note.map(|note| Phrase { nl: format!("  {}", note.nl), en: format!("  {}", note.en) }));
        }
        Ok(Some(Answer::new(words::lines(&lines), json!({ "candidates": found }))))
    }
}

fn line(direction: Text, endpoint: &Endpoint) -> Phrase {
    // A mailbox that is reached by a provider's own interface has no server to name.
    let server = match endpoint.host.as_str() {
        "" => "-".to_owned(),
        host => format!("{host}:{}", endpoint.port),
    };
    let fixed = |text: String| words::as_it_is(text.to_lowercase());
    words::around(
        words::ENDPOINT,
        &[
            ("direction", &direction.into()),
            ("kind", &fixed(format!("{:?}", endpoint.kind))),
            ("server", &words::as_it_is(server)),
            ("encryption", &fixed(format!("{:?}", endpoint.encryption))),
            ("username", &words::as_it_is(&endpoint.username)),
        ],
    )
}
