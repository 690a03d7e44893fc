//! Waiting until the server tells of a change: NOTIFY for all folders (RFC 5465), else IDLE in INBOX (RFC 2177).

use super::{
    ImapSource, cause,
    command::Command,
    folder, gmail,
    response::{Condition, Response},
    session::Session,
    wire::{Broken, Patience},
};
use crate::{ConnectError, Wake, error::Step};
use std::time::Duration;
use tokio::time::Instant;

/// IDLE is begun anew before the half hour after which servers may log us out (RFC 2177 §3).
const IDLE_TIME: Duration = Duration::from_secs(28 * 60);
/// More news than this in a second is a flood ...
const FLOOD_EVENTS: u32 = 30;
/// ... and wakes us only this often.
const FLOOD_PAUSE: Duration = Duration::from_secs(5);
/// So long may news go on coming in before we act on it.
const GATHER_TIME: Duration = Duration::from_millis(50);
const INBOX: &str = "INBOX";
const NEWS: &str = "(MessageNew MessageExpunge FlagChange)";

/// How much the server has to tell, so that ten thousand notices a second are one wake in five seconds.
#[derive(Debug, Default)]
pub struct Flood {
    second: Option<Instant>,
    events: u32,
    until: Option<Instant>,
    woke: Option<Instant>,
}

impl Flood {
    fn count(&mut self, now: Instant, events: u32) {
        match self.second {
            Some(second) if now < second + Duration::from_secs(1) => self.events = self.events.saturating_add(events),
            _ => (self.second, self.events) = (Some(now), events),
        }
        if self.events > FLOOD_EVENTS {
            self.until = Some(now + FLOOD_PAUSE);
        }
    }

    /// When the next wake may be; `None` for now.
    fn hold(&self, now: Instant) -> Option<Instant> {
        self.until.filter(|until| now < *until)?;
        self.woke.map(|woke| woke + FLOOD_PAUSE).filter(|next| now < *next)
    }
}

impl ImapSource {
    pub(super) async fn wait_for_change(&mut self, at_most: Duration) -> Result<Wake, ConnectError> {
        let deadline = Instant::now() + at_most;
        for session in self.sessions.drain(1.min(self.sessions.len())..) {
            tokio::spawn(session.log_out());
        }
        let mut session = self.session().await?;
        let pushes = ["IDLE", "NOTIFY"].iter().any(|name| session.capabilities.has(name));
        let news = if pushes { self.begin_watch(&mut session).await? } else { Vec::new() };
        self.keep(session);
        if !pushes {
            tokio::time::sleep_until(deadline).await;
            return Ok(Wake::Timer);
        }
        let Some(session) = self.sessions.first_mut() else { return Ok(Wake::Timer) };
        let woken = watch(session, &mut self.flood, news, deadline).await;
        if woken.is_err() {
            self.sessions.clear();
        }
        match woken {
            // A letter at Gmail has several places: what changed is for all of them.
            Ok(Wake::Changed(_)) if self.gmail.is_some() => Ok(Wake::Changed(Vec::new())),
            woken => woken.map_err(|error| cause::broken(Step::Work, error)),
        }
    }

    /// Opens what is watched, and says what changed there while we looked elsewhere.
    async fn begin_watch(&self, session: &mut Session) -> Result<Vec<String>, Broken> {
        if session.capabilities.has("NOTIFY") && !session.notifies {
            let command = format!("NOTIFY SET (selected {NEWS}) (personal {NEWS})");
            let (status, _) = session.run(Command::new(&command)).await?;
            session.notifies = status.condition == Condition::Ok;
            session.noted.clear();
        }
        let mut just_opened = false;
        let watched = self.gmail.as_ref().map_or(INBOX, gmail::Gmail::watched);
        if session.selected.as_ref().is_none_or(|selected| selected.remote != watched) {
            just_opened = folder::open(session, watched, false, None).await?.is_ok();
        }
        let mut news = std::mem::take(&mut session.noted);
        let (Some(selected), Some(place)) = (&session.selected, self.places.get(watched)) else { return Ok(news) };
        let moved = selected.uidnext.is_some_and(|next| next != place.next)
            || selected.highestmodseq.is_some_and(|modseq| modseq > place.modseq);
        if selected.changed || selected.exists != place.count || (just_opened && moved) {
            news.push(watched.to_owned());
        }
        Ok(news)
    }
}

/// Reads until there is news or the time is up. What is read is remembered by the session, so that this may be dropped
/// at any moment.
async fn watch(
    session: &mut Session,
    flood: &mut Flood,
    mut news: Vec<String>,
    deadline: Instant,
) -> Result<Wake, Broken> {
    let mut since = None;
    let idles = session.capabilities.has("IDLE");
    session.wire.rest();
    loop {
        let now = Instant::now();
        flood.count(now, std::mem::take(&mut session.events));
        let hold = flood.hold(now);
        let first = *since.get_or_insert(now);
        let more = session.wire.has_line() && now < first + GATHER_TIME;
        if news.is_empty() {
            since = None;
        }
        if !news.is_empty() && hold.is_none() && !more {
            flood.woke = Some(now);
            return Ok(Wake::Changed(news));
        }
        if now >= deadline {
            return Ok(if news.is_empty() { Wake::Timer } else { Wake::Changed(news) });
        }
        if idles {
            if session.idle_since().is_some_and(|since| now >= since + IDLE_TIME) {
                session.end_idle().await?;
            }
            session.begin_idle().await?;
        } else if session.quiet_since.is_none_or(|since| now >= since + IDLE_TIME) {
            session.quiet_since = Some(now);
            session.put_quietly(Command::new("NOOP")).await?;
            session.wire.flush().await?;
        }
        session.wire.patience = Patience::endless();
        let again = session.idle_since().or(session.quiet_since).map_or(deadline, |since| since + IDLE_TIME);
        let until = [Some(deadline), Some(again), hold.filter(|_| !news.is_empty())].into_iter().flatten().min();
        let Ok(arrived) = tokio::time::timeout_at(until.unwrap_or(deadline), session.next()).await else { continue };
        let changed = match arrived?.response {
            Response::Continue(_) => {
                session.idle_agreed();
                None
            }
            Response::Tagged(tag, status) => {
                if session.idle_ended(tag) && status.condition != Condition::Ok {
                    // Offered and refused: from here on the clock alone wakes us.
                    tracing::warn!(words = status.text, "the server refuses to IDLE");
                    tokio::time::sleep_until(deadline).await;
                }
                None
            }
            Response::Exists(_) | Response::Expunge(_) | Response::Vanished { earlier: false, .. } => {
                session.selected.as_ref().filter(|selected| selected.changed).map(|selected| selected.remote.clone())
            }
            Response::Fetch(_) => session.selected.as_mut().map(|selected| {
                (selected.changed, session.events) = (true, session.events.saturating_add(1));
                selected.remote.clone()
            }),
            Response::Counts(..) => session.noted.pop(),
            _ => None,
        };
        news.extend(changed.filter(|folder| !news.contains(folder)));
    }
}
