//! The first fetch under way: a bar, a rate and the time that is left. It goes on when nobody looks.

use super::{After, Head, State as Doing, Tab, managed, words::Say};
use crate::{
    AppState,
    given::Named,
    page::{
        frame::{Frame, Place, Shown, shown},
        habit::Habit,
        route::{Pages, Who},
        visitor::{Person, Visitor},
    },
};
use askama::Template;
use axum::{extract::State, http::HeaderMap};
use mail::AccountKey;
use mailroom::incoming::Progress;
use std::time::Duration;
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
    let pace = began.and_then(|began| pace(fetched.fetched, total.saturating_sub(done), began.elapsed(), say, &habit));
    let has_trouble = !ended && account.health.errors_in_row > 0;
    let trouble = has_trouble.then(|| Doing::of(account, visitor));
    Bar { id: account.id, done, total, counted, pace, ended, trouble }
}

/// The rate and the time that is left, once they can be told.
fn pace(fetched: u64, left: u64, took: Duration, say: Say, habit: &Habit) -> Option<String> {
    let seconds = took.as_secs_f64();
    let rate = fetched as f64 / seconds;
    if left == 0 || fetched == 0 || seconds < 1.0 || rate < 0.1 {
        return None;
    }
    let shown = if rate >= 1.0 { rate.round() as i64 } else { 1 };
    let left_seconds = (left as f64 / rate).round() as u64;
    let left = match left_seconds {
        0..=90 => say.seconds(left_seconds.max(1)),
        91..=5400 => say.minutes(left_seconds.div_ceil(60)),
        _ => say.hours(left_seconds.div_ceil(3600)),
    };
    Some(say.pace(habit.number(shown), left))
}

#[cfg(test)]
mod tests {
    use super::*;
    use mailroom::words::Language;

    #[test]
    fn the_time_that_is_left_follows_from_the_rate_so_far() {
        let habit = Habit::new(Language::Dutch, 0);
        let tell =
            |fetched, left, seconds| pace(fetched, left, Duration::from_secs(seconds), Say(Language::Dutch), &habit);
        assert_eq!(tell(12_000, 60_000, 10).as_deref(), Some("1.200 per seconde, nog ongeveer 50 seconden"));
        assert_eq!(tell(1_000, 60_000, 10).as_deref(), Some("100 per seconde, nog ongeveer 10 minuten"));
        assert_eq!(tell(0, 60_000, 10), None);
        assert_eq!(tell(60, 0, 10), None);
    }
}
