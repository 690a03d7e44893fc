//! `postkamer sender`: the domains that Postkamer delivers for itself, and their keys, without a running server.

use crate::{
    installation,
    options::Settled,
    outcome::{Answer, Failed, Outcome},
    personal_data::administrator,
    words,
};
use clap::{Args, Subcommand};
use mail::AccountKey;
use mailroom::{
    MailRoom,
    accounts::{
        self, AccountInput,
        sender::{self as verbs, Age, By, KeyState, Record, Seen, Sender as Kept, Stand},
    },
    words::{Phrase, Refusal, Text},
};
use serde_json::{Value, json};
use store::Viewer;

/// The domains that Postkamer delivers for itself: their records and keys.
#[derive(Debug, Args)]
pub struct Sender {
    #[command(subcommand)]
    deed: Deed,
    /// Address of the user whose rights count
    #[arg(long = "as", value_name = "EMAIL", global = true)]
    user: Option<String>,
}

#[derive(Debug, Subcommand)]
enum Deed {
    /// Every address that Postkamer delivers for itself
    List,
    /// Make a mailbox that sends by Postkamer itself and receives nothing; says which records its domain needs
    Add {
        /// The e-mail address
        address: String,
    },
    /// Look into the DNS: shows the domain when its record is there, and lets keys sign that are published
    Check {
        /// The e-mail address
        address: String,
    },
    /// Make new keys for the domain; the old ones sign until the new ones are published
    Renew {
        /// The e-mail address
        address: String,
    },
    /// Choose when new keys are made
    RenewAfter {
        /// The e-mail address
        address: String,
        /// Days that keys serve, from 30 to 1095; 0 is to make new ones by hand only
        days: i64,
    },
}

impl Sender {
    /// Does it.
    pub async fn run(self, options: &Settled) -> Outcome {
        let user = self.user.ok_or_else(|| Failed::usage(words::WHOSE_RIGHTS))?;
        let room = installation::open(options).await?;
        let viewer = administrator(&room, &user).await?;
        let (id, kept) = match self.deed {
            Deed::List => return list(&room, &viewer).await,
            Deed::Add { address } => {
                let id = add(&room, &viewer, &address).await?;
                (id, verbs::get(&room, &viewer, id).await)
            }
            Deed::Check { address } => {
                let id = installation::account_by_address(&room, &address).await?.id;
                (id, verbs::check(&room, &viewer, id).await)
            }
            Deed::Renew { address } => {
                let id = installation::account_by_address(&room, &address).await?.id;
                (id, verbs::renew(&room, &viewer, id).await)
            }
            Deed::RenewAfter { address, days } => {
                let id = installation::account_by_address(&room, &address).await?.id;
                (id, verbs::renew_after(&room, &viewer, id, Some(days).filter(|days| *days != 0)).await)
            }
        };
        let kept = kept.map_err(refused)?;
        let mut lines = vec![summary(&kept)];
        lines.extend(kept.records.iter().filter(|record| !record.name.is_empty()).map(in_words));
        Ok(Some(Answer::new(words::lines(&lines), in_json(id, &kept))))
    }
}

fn refused(refusal: Refusal) -> Failed {
    Failed::refused("sender", &refusal)
}

async fn list(room: &MailRoom, viewer: &Viewer) -> Outcome {
    let all = verbs::list(room, viewer).await.map_err(refused)?;
    let lines: Vec<Phrase> = all.iter().map(|(_, kept)| summary(kept)).collect();
    let text = if lines.is_empty() { words::NO_SENDERS.into() } else { words::lines(&lines) };
    Ok(Some(Answer::new(text, all.iter().map(|(id, kept)| in_json(*id, kept)).collect())))
}

async fn add(room: &MailRoom, viewer: &Viewer, address: &str) -> Result<AccountKey, Failed> {
    let input = json!({ "address": address, "incoming": { "kind": "none" }, "outgoing": { "kind": "builtin" } });
    let input: AccountInput =
        serde_json::from_value(input).map_err(|error| Failed::usage(words::as_it_is(error.to_string())))?;
    Ok(accounts::create(room, viewer, input).await.map_err(refused)?.account.id)
}

fn day(moment: i64) -> String {
    let moment = jiff::Timestamp::from_millisecond(moment).unwrap_or_default();
    moment.to_zoned(mailroom::readers_zone()).strftime("%Y-%m-%d").to_string()
}

/// One line: whether it may send, and how its keys are.
fn summary(kept: &Kept) -> Phrase {
    let stand = match kept.stand {
        Stand::Proven(_) => words::MAY_SEND,
        Stand::Unproven | Stand::CodeSent(_) => words::MAY_NOT_SEND,
    };
    let date = kept.rotation.due_at.map(day);
    let keys = match (kept.rotation.age, &date) {
        (Age::Unsigned, _) => words::UNSIGNED.into(),
        (Age::Fresh, Some(date)) => words::SIGNED_UNTIL.with(&[("date", date)]),
        (Age::Fresh, None) => words::SIGNED.into(),
        (Age::Overdue, Some(date)) => words::KEYS_OVERDUE.with(&[("date", date)]),
        (Age::Ready | Age::Overdue, _) => words::KEYS_WAIT.into(),
    };
    let line = |stand: &str, keys: &str| format!("{}: {stand}; {keys}", kept.address);
    Phrase { nl: line(stand.nl, &keys.nl), en: line(stand.en, &keys.en) }
}

fn in_words(record: &Record) -> Phrase {
    let seen: Text = match (&record.seen, record.key) {
        (_, Some(KeyState::MayGo)) => words::RECORD_MAY_GO,
        (Seen::Unknown, _) => words::RECORD_UNKNOWN,
        (Seen::Right, _) => words::RECORD_RIGHT,
        (Seen::Missing, _) => words::RECORD_MISSING,
        (Seen::Other(_), _) => words::RECORD_OTHER,
        (Seen::Failed(_), _) => words::RECORD_FAILED,
    };
    let line = |seen: &str| format!("  {} {} ({seen})\n    {}", record.kind, record.name, record.value);
    Phrase { nl: line(seen.nl), en: line(seen.en) }
}

fn in_json(id: AccountKey, kept: &Kept) -> Value {
    let (state, by) = match kept.stand {
        Stand::Unproven => ("unverified", None),
        Stand::CodeSent(_) => ("code_sent", None),
        Stand::Proven(By::Code) => ("verified", Some("code")),
        Stand::Proven(By::Domain) => ("verified", Some("domain")),
    };
    let records = kept.records.iter().map(|record| {
        let (seen, found) = match &record.seen {
            Seen::Unknown => ("unknown", Vec::new()),
            Seen::Right => ("right", Vec::new()),
            Seen::Missing => ("missing", Vec::new()),
            Seen::Other(found) => ("other", found.clone()),
            Seen::Failed(why) => ("failed", vec![why.clone()]),
        };
        json!({
            "purpose": record.purpose.as_str(), "kind": record.kind, "name": record.name, "value": record.value,
            "seen": seen, "found": found, "key": record.key.map(KeyState::as_str),
        })
    });
    let due = kept.rotation.due_at.map(|due| jiff::Timestamp::from_millisecond(due).unwrap_or_default());
    json!({
        "account": id, "address": kept.address, "domain": kept.domain, "state": state, "by": by,
        "keys": {
            "renew_after_days": kept.rotation.renew_after_days, "due_at": due.map(|due| format!("{due:.3}")),
            "state": kept.rotation.age.as_str(),
        },
        "records": records.collect::<Vec<_>>(),
    })
}
