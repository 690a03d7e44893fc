//! `postkamer authorise`: a mailbox is opened with a code that its owner types on another device, without a running server.

use crate::{
    installation,
    options::Settled,
    outcome::{self, Answer, Failed, Outcome},
    progress, words,
};
use clap::Args;
use mailroom::accounts::device_code;
use serde_json::json;
use std::time::Duration;
use store::device_code::State;
use tokio::time::{Instant, sleep};

/// How often the bar moves.
const TICK: Duration = Duration::from_secs(1);

/// Open a mailbox with a code that its owner types on another device.
#[derive(Debug, Args)]
pub struct Authorise {
    /// Address of the mailbox
    #[arg(long, value_name = "ADDRESS")]
    account: String,
}

impl Authorise {
    /// Shows the code, and waits for what becomes of it.
    pub async fn run(self, options: &Settled) -> Outcome {
        let room = installation::open(options).await?;
        let account = installation::account_by_address(&room, &self.account).await?;
        let failed = |refusal| Failed::refused("authorise", &refusal);
        let code = device_code::begin_for(&room, &account, None).await.map_err(failed)?;
        let expires_at = jiff::Timestamp::from_millisecond(code.expires_at).unwrap_or_default();
        // Before the answer, which comes when somebody typed it: a line of its own for programs, too.
        _ = match options.json {
            true => outcome::print(json!({
                "account": account.id, "state": "waiting", "user_code": code.user_code,
                "verification_uri": code.verification_uri, "expires_at": format!("{expires_at:.3}"),
            })),
            false => {
                let facts = [("code", code.user_code.as_str()), ("address", code.verification_uri.as_str())];
                outcome::print(words::TYPE_CODE.with(&facts).say(options.language))
            }
        };
        let lasts = (code.expires_at - room.clock.now()).max(0) as u64 / 1000;
        let (begun, bar) = (Instant::now(), progress::bar(options, lasts, words::AWAITED.say(options.language)));
        loop {
            device_code::ask(&room, account.organisation, account.id).await?;
            let last = device_code::last(&room, account.organisation, account.id).await?;
            // Somebody asked for another code meanwhile: this one counts no longer.
            let last = last.filter(|last| last.user_code == code.user_code);
            let last = last.ok_or_else(|| Failed::new("authorise", words::OTHER_CODE))?;
            match &last.state {
                State::Waiting => {
                    bar.set_position(begun.elapsed().as_secs());
                    let due = (last.next_at - room.clock.now()).max(1) as u64;
                    sleep(TICK.min(Duration::from_millis(due))).await;
                }
                State::Done => {
                    bar.finish_and_clear();
                    let address = &account.settings.address;
                    let answer = json!({ "account": account.id, "address": address, "state": "done" });
                    return Ok(Some(Answer::new(words::AUTHORISED.with(&[("address", address)]), answer)));
                }
                State::Refused(why) => {
                    bar.finish_and_clear();
                    let told = device_code::told(why);
                    return Err(Failed::new(told.code, told.message));
                }
            }
        }
    }
}
