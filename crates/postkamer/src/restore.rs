//! `postkamer restore`: fetch what was never received from a moment on (features M20), without a running server.

use crate::{
    fetch, installation,
    options::Settled,
    outcome::{Answer, Failed, Outcome},
    trouble::of_pass,
    words,
};
use clap::Args;
use mailroom::incoming;
use serde_json::json;

/// Fetch mail from a moment on that was never received; without --confirm, say how much that is.
#[derive(Debug, Args)]
pub struct Restore {
    /// Address of the mailbox
    #[arg(long, value_name = "ADDRESS")]
    account: String,
    /// From when on, such as 2026-11-02T09:30:00Z
    #[arg(long, value_name = "INSTANT")]
    since: jiff::Timestamp,
    /// Fetch it, too
    #[arg(long)]
    confirm: bool,
}

impl Restore {
    /// Counts, or fetches.
    pub async fn run(self, options: &Settled) -> Outcome {
        let room = installation::open(options).await?;
        let account = installation::account_by_address(&room, &self.account).await?;
        let since = self.since.as_millisecond();
        if !self.confirm {
            let found = incoming::count_missing(&room, &account, since).await;
            let found = found.map_err(|error| Failed::new("restore", of_pass(&error)))?;
            let total: u64 = found.iter().map(|folder| folder.messages).sum();
            let mut lines: Vec<_> =
                found.iter().map(|folder| words::as_it_is(format!("{}: {}", folder.name, folder.messages))).collect();
            lines.push(words::TO_RESTORE.with(&[("count", &total.to_string())]));
            let answer = json!({ "account": account.id, "confirmed": false, "would_fetch": total });
            return Ok(Some(Answer::new(words::lines(&lines), answer)));
        }
        incoming::begin_restoring(&room, account.organisation, account.id, since, None).await?;
        let fetched = fetch::one(&room, &account, options).await;
        let fetched = fetched.map_err(|error| Failed::new("restore", of_pass(&error)))?;
        let answer = json!({ "account": account.id, "confirmed": true, "fetched": fetched.fetched });
        Ok(Some(Answer::new(words::RESTORED.with(&[("count", &fetched.fetched.to_string())]), answer)))
    }
}
