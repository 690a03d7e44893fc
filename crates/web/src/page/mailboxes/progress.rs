//! The first fetch under way: a bar, a rate and the time that is left. It goes on when nobody looks.

use super::{After, Head, State as Doing, Tab, managed, words::Say};
use crate::{
    AppState,
    given::Named,
    page::{
        frame::{Frame, Place, Shown, shown},
        pace,
        route::{Pages, Who},
        visitor::{Person, Visitor},
    },
};
use askama::Template;
use axum::{extract::State, http::HeaderMap};
use mail::AccountKey;
use mailroom::incoming::Progress;
use store::account::{self, Account, Counts};

pub(super) fn routes(pages: Pages) -> Pages {
    pages.get("/mailboxes/{id}/progress", Who::Everybody, show)
}

#[derive(Template)]
#[template(path = "mailboxes/progress.html")]
struct Page {
    frame: Frame,
    say: Say,
    head: Head,
    bar: Bar,
}

#[derive(Template)]
#[template(path = "mailboxes/bar_part.html")]
struct BarPart {
    say: Say,
    bar: Bar,
}

/// How far it is.
struct Bar {
    id: AccountKey,
    done: u64,
    total: u64,
    /// `12.400 van 50.000 berichten`.
    counted: String,
    /// `1.200 per seconde, nog ongeveer 2 minuten`.
    pace: Option<String>,
    ended: bool,
    /// What stands in its way.
    trouble: Option<Doing>,
}

async fn show(
    State(state): State<AppState>,
    visitor: Visitor,
    person: Person,
    Named(key): Named<AccountKey>,
    headers: HeaderMap,
) -> Shown {
    let account = managed(&state, &person, key).await?;
    let organisation = person.viewer.organisation;
    let counts = state.read(move |tx| Box::pin(async move { account::counts(tx, organisation, key).await })).await?;
    let bar = bar(&account, counts, state.room.desks.progress(key), &visitor);
    let say = Say(visitor.language);
    if headers.contains_key("hx-request") {
        return shown(&BarPart { say, bar });
    }
    let head = Head::new(&account, Tab::General, &After::default(), &visitor);
    shown(&Page { frame: Frame::new(&visitor, Place::Mailboxes), say, head, bar })
}

fn bar(account: &Account, counts: Counts, progress: Option<Progress>, visitor: &Visitor) -> Bar {
    let (say, habit) = (Say(visitor.language), visitor.habit());
    let ended = account.health.last_fetched_at.is_some();
    let progress = progress.filter(|_| !ended).unwrap_or_default();
    let Progress { done, total, fetched, began } = progress;
    let counted = match total {
        0 => say.messages_here(habit.number(counts.messages)),
        _ => say.so_many_of(habit.number(done as i64), habit.number(total as i64)),
    };
    let left = total.saturating_sub(done);
    let pace = began.and_then(|began| pace::told(fetched.fetched, left, began.elapsed(), visitor.language, &habit));
    let has_trouble = !ended && account.health.errors_in_row > 0;
    let trouble = has_trouble.then(|| Doing::of(account, visitor));
    Bar { id: account.id, done, total, counted, pace, ended, trouble }
}
