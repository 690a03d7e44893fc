//! `postkamer fetch`: one pass without a running server.

use crate::{
    installation,
    options::Settled,
    outcome::{Answer, Failed, Outcome},
    progress,
    trouble::of_pass,
    words,
};
use clap::Args;
use mailroom::{
    MailRoom,
    incoming::{self, Fetched, PassError},
};
use serde_json::json;
use std::sync::Arc;
use store::account::Account;
use tokio::sync::watch;

/// Fetch once, without a running server.
#[derive(Debug, Args)]
pub struct Fetch {
    /// Address of the mailbox
    #[arg(long, value_name = "ADDRESS", required_unless_present = "all")]
    account: Option<String>,
    /// Every active mailbox
    #[arg(long, conflicts_with = "account")]
    all: bool,
}

impl Fetch {
    /// Fetches and says what came.
    pub async fn run(self, options: &Settled) -> Outcome {
        let room = installation::open(options).await?;
        let accounts = match &self.account {
            Some(address) => vec![installation::account_by_address(&room, address).await?],
            None => {
                let read = room.store.db.read(|tx| Box::pin(async move { store::account::load_all(tx).await }));
                read.await?.into_iter().filter(|account| account.settings.active).collect()
            }
        };
        let (mut lines, mut answers, mut failed) = (Vec::new(), Vec::new(), 0);
        for account in accounts {
            let address = account.settings.address.clone();
            match one(&room, &account, options).await {
                Ok(fetched) => {
                    lines.push(words::FETCHED.with(&[
                        ("address", &address),
                        ("fetched", &fetched.fetched.to_string()),
                        ("updated", &fetched.updated.to_string()),
                        ("removed", &fetched.removed.to_string()),
                    ]));
                    answers.push(json!({ "account": account.id, "address": address, "ok": true,
                        "fetched": fetched.fetched, "updated": fetched.updated, "removed": fetched.removed }));
                }
                Err(error) => {
                    failed += 1;
                    let why = of_pass(&error);
                    let said = why.say(options.language);
                    answers.push(json!({ "account": account.id, "address": address, "ok": false, "error": said }));
                    lines.push(words::about(&address, &why));
                }
            }
        }
        match failed {
            0 => Ok(Some(Answer::new(words::lines(&lines), json!({ "accounts": answers })))),
            _ => Err(Failed::new("fetch", words::lines(&lines))),
        }
    }
}

/// One pass over one account, with a bar unless it must be quiet.
pub async fn one(room: &MailRoom, account: &Account, options: &Settled) -> Result<Fetched, PassError> {
    let (seen, mut progress) = watch::channel(incoming::Progress::default());
    let bar = progress::bar(options, 0, &account.settings.address);
    let drawing = tokio::spawn(async move {
        while progress.changed().await.is_ok() {
            let now = progress.borrow().clone();
            bar.set_length(now.total);
            bar.set_position(now.done);
        }
        bar.finish_and_clear();
    });
    let fetched = incoming::fetch_once(room, account.organisation, account.id, Arc::new(seen)).await;
    let _ = drawing.await;
    fetched
}
