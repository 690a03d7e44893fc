//! The tab History: how the mailbox did, and who changed what.

use super::{After, Head, Tab, managed, words::Say};
use crate::{
    AppState,
    given::Named,
    page::{
        frame::{Frame, Place, Shown, shown},
        habit::Moment,
        route::{Pages, Who},
        visitor::{Person, Visitor},
    },
};
use askama::Template;
use axum::extract::State;
use mail::AccountKey;
use mailroom::{
    accounts::health::Half,
    words::{Language, cause},
};
use store::{
    account::{self, Account, Colour, Turn},
    audit, user,
};

pub(super) fn routes(pages: Pages) -> Pages {
    pages.get("/mailboxes/{id}/history", Who::Everybody, show)
}

/// How far the chart looks back.
const DAYS: i64 = 30;
const DAY: i64 = 24 * 3600 * 1000;
/// How wide the chart is drawn, in its own units.
const WIDTH: i64 = 3000;

#[derive(Template)]
#[template(path = "mailboxes/history.html")]
struct Page {
    frame: Frame,
    say: Say,
    head: Head,
    chart: Vec<Bar>,
    /// `99,8 %` of that time it worked.
    worked: String,
    turns: Vec<TurnLine>,
    deeds: Vec<Deed>,
}

/// A stretch of time in one colour.
#[derive(Debug, PartialEq, Eq)]
struct Bar {
    colour: &'static str,
    from: i64,
    width: i64,
}

struct TurnLine {
    colour: &'static str,
    label: &'static str,
    cause: Option<String>,
    at: Moment,
}

struct Deed {
    who: String,
    what: String,
    at: Moment,
}

async fn show(State(state): State<AppState>, visitor: Visitor, person: Person, Named(key): Named<AccountKey>) -> Shown {
    const MANY: usize = 200;
    let account = managed(&state, &person, key).await?;
    let organisation = person.viewer.organisation;
    let (turns, deeds, users) = state
        .read(move |tx| {
            Box::pin(async move {
                let turns = account::turns(tx, organisation, key, MANY).await?;
                let deeds = audit::list(tx, organisation, Some(&key.to_string()), None, MANY).await?.0;
                Ok((turns, deeds, user::list(tx, organisation, None, 1000).await?.0))
            })
        })
        .await?;
    let (say, habit) = (Say(visitor.language), visitor.habit());
    let who = |entry: &audit::Entry| match entry.user {
        None => say.the_program().to_owned(),
        Some(key) => {
            let found = users.iter().find(|user| user.id == key);
            found.map_or_else(|| say.somebody().to_owned(), |user| user.name.clone())
        }
    };
    let deeds =
        deeds.iter().map(|entry| Deed { who: who(entry), what: deed(entry, say), at: habit.moment(entry.done_at) });
    let chart = chart(&turns, &account, visitor.now);
    let lines = turns.iter().map(|turn| TurnLine {
        colour: turn.colour.as_str(),
        label: match turn.colour {
            Colour::Green => say.state_green(),
            Colour::Amber => say.state_amber(),
            Colour::Red => say.state_red(),
        },
        cause: turn.code.as_deref().and_then(|code| words(code, visitor.language)),
        at: habit.moment(turn.since_at),
    });
    shown(&Page {
        frame: Frame::new(&visitor, Place::Mailboxes),
        say,
        head: Head::new(&account, Tab::History, &After::default(), &visitor),
        worked: habit.percent(share(&chart)),
        chart,
        turns: lines.collect(),
        deeds: deeds.collect(),
    })
}

fn words(code: &str, language: Language) -> Option<String> {
    let (half, code) = Half::of(code);
    let cause = cause::by_code(code)?.cause.say(language);
    Some(match half {
        Half::Receiving => cause.to_owned(),
        Half::Sending => format!("{} {cause}", Say(language).when_sending()),
    })
}

fn deed(entry: &audit::Entry, say: Say) -> String {
    match entry.action.as_str() {
        "account.created" => say.did_create().to_owned(),
        "account.changed" => {
            let fields: Vec<&str> = entry.detail.split(", ").filter_map(|field| field_name(field, say)).collect();
            if fields.is_empty() { say.did_save().to_owned() } else { say.did_change(fields.join(", ")) }
        }
        "account.owners" => say.did_owners().to_owned(),
        "account.folders" => say.did_folders().to_owned(),
        "account.authorised" => say.did_authorise().to_owned(),
        "account.authorisation_refused" => say.could_not_authorise().to_owned(),
        other => other.to_owned(),
    }
}

fn field_name(field: &str, say: Say) -> Option<&'static str> {
    Some(match field {
        "display_name" => say.f_display_name(),
        "address" => say.f_address(),
        "active" => say.f_active(),
        "primary" => say.f_primary(),
        "incoming" => say.f_incoming(),
        "outgoing" => say.f_outgoing(),
        "secret" => say.f_secret(),
        "push" | "interval_seconds" => say.f_interval(),
        "disable_after_errors" => say.f_disable_after(),
        "sync_since" => say.f_since(),
        "bcc" => say.f_bcc(),
        "never_link" => say.f_never_link(),
        "allow_plaintext" | "pinned_certificate" => say.f_encryption(),
        "access" => say.f_access(),
        "limits" => say.f_limits(),
        "font" => say.f_font(),
        "signature_html" => say.f_signature(),
        "owners" => say.f_owners(),
        _ => return None,
    })
}

/// The last days as stretches of one colour, oldest first.
fn chart(turns: &[Turn], account: &Account, now: i64) -> Vec<Bar> {
    let begin = (now - DAYS * DAY).max(account.created_at.min(now - 1));
    let place = |moment: i64| (moment.clamp(begin, now) - begin) * WIDTH / (now - begin).max(1);
    let mut bars = Vec::new();
    let mut until = WIDTH;
    for turn in turns {
        let from = place(turn.since_at);
        // A short trouble stays to be seen.
        let from = if turn.colour == Colour::Green { from } else { from.min(until - 6).max(0) };
        if from < until {
            bars.push(Bar { colour: turn.colour.as_str(), from, width: until - from });
            until = from;
        }
        if turn.since_at <= begin {
            break;
        }
    }
    if until > 0 {
        bars.push(Bar { colour: "amber", from: 0, width: until });
    }
    bars.reverse();
    bars
}

/// Which part of the time it worked.
fn share(chart: &[Bar]) -> f64 {
    let green: i64 = chart.iter().filter(|bar| bar.colour == "green").map(|bar| bar.width).sum();
    green as f64 / WIDTH as f64
}
