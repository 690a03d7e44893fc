//! The list: a row a mailbox.

use super::{State as Doing, is_unfinished, words::Say};
use crate::{
    AppState,
    given::Named,
    page::{
        frame::{Frame, Place, Shown, shown},
        habit::Moment,
        route::{Pages, Who},
        visitor::{Person, Visitor},
    },
    problem::Problem,
};
use askama::Template;
use axum::{
    extract::State,
    http::HeaderMap,
    response::{IntoResponse, Redirect},
};
use mail::AccountKey;
use mailroom::accounts;
use store::{
    UserRole,
    account::{self, Account, Counts, Incoming, Outgoing},
};

pub(super) fn routes(pages: Pages) -> Pages {
    pages.get("/mailboxes", Who::Everybody, show).post("/mailboxes/{id}/fetch", Who::Everybody, fetch)
}

#[derive(Template)]
#[template(path = "mailboxes/list.html")]
struct Page {
    frame: Frame,
    say: Say,
    rows: Vec<Row>,
    /// How many, and how many want attention.
    summary: String,
    may_connect: bool,
}

#[derive(Template)]
#[template(path = "mailboxes/row_part.html")]
struct RowPart {
    say: Say,
    csrf: String,
    row: Row,
}

/// One mailbox.
struct Row {
    id: AccountKey,
    name: String,
    address: String,
    primary: bool,
    temporary: bool,
    doing: Doing,
    receives: String,
    sends: String,
    count: String,
    last_fetched: Option<Moment>,
    /// How far a pass is that is under way.
    fetching: Option<String>,
    act: Act,
}

/// What a person can do about a mailbox at once.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Act {
    Fetch,
    /// It waits for a person.
    Mend,
    Finish,
    SwitchOn,
    /// It only sends.
    Nothing,
}

impl Row {
    fn can_fetch(&self) -> bool {
        self.act == Act::Fetch
    }

    /// Where else the way leads, and what it is called.
    fn way(&self, say: &Say) -> Option<(String, &'static str)> {
        let id = self.id;
        match self.act {
            Act::Mend => Some((format!("/mailboxes/{id}/connect"), say.mend())),
            Act::Finish => Some((format!("/mailboxes/{id}/connect"), say.finish())),
            Act::SwitchOn => Some((format!("/mailboxes/{id}"), say.switch_on())),
            Act::Fetch | Act::Nothing => None,
        }
    }
}

async fn show(State(state): State<AppState>, visitor: Visitor, person: Person) -> Shown {
    let say = Say(visitor.language);
    let mut found = of_manager(&state, &person).await?;
    found.sort_by_key(|(account, _)| (urgency(account), account.settings.called().to_lowercase()));
    let wanting = found.iter().filter(|(account, _)| urgency(account) < 2).count();
    let summary = match wanting {
        0 => say.all_well(visitor.habit().number(found.len() as i64)),
        _ => say.some_want(wanting),
    };
    let rows: Vec<Row> = found.into_iter().map(|(account, counts)| row(&state, account, counts, &visitor)).collect();
    let frame = Frame::new(&visitor, Place::Mailboxes);
    shown(&Page { frame, say, rows, summary, may_connect: person.viewer.role != UserRole::Member })
}

/// What asks for a person comes first.
fn urgency(account: &Account) -> usize {
    match account.health.colour {
        _ if is_unfinished(account) => 1,
        _ if !account.settings.active => 4,
        account::Colour::Red => 0,
        account::Colour::Amber => 2,
        account::Colour::Green => 3,
    }
}

/// Fetches now. With script the row is put in the place of the old one.
async fn fetch(
    State(state): State<AppState>,
    visitor: Visitor,
    person: Person,
    Named(key): Named<AccountKey>,
    headers: HeaderMap,
) -> Shown {
    let account = super::managed(&state, &person, key).await?;
    accounts::fetch_soon(&state.room, &person.viewer, key).await?;
    if !headers.contains_key("hx-request") {
        let to = if is_first_fetch(&account) { format!("/mailboxes/{key}/progress") } else { "/mailboxes".to_owned() };
        return Ok(Redirect::to(&to).into_response());
    }
    let organisation = person.viewer.organisation;
    let (account, counts) = state
        .read(move |tx| {
            Box::pin(async move {
                Ok((account::load(tx, organisation, key).await?, account::counts(tx, organisation, key).await?))
            })
        })
        .await?;
    let row =
        Row { fetching: Some(Say(visitor.language).fetching().to_owned()), ..row(&state, account, counts, &visitor) };
    shown(&RowPart { say: Say(visitor.language), csrf: visitor.form_token(), row })
}

fn is_first_fetch(account: &Account) -> bool {
    account.settings.active && account.health.last_fetched_at.is_none()
}

/// The mailboxes that the person manages.
async fn of_manager(state: &AppState, person: &Person) -> Result<Vec<(Account, Counts)>, Problem> {
    const MANY: usize = 1000;
    let viewer = person.viewer;
    state
        .read(move |tx| {
            Box::pin(async move {
                let mut found = Vec::new();
                for account in account::list(tx, &viewer, None, MANY).await?.0 {
                    if store::owner::rights(tx, &viewer, account.id).await?.manage {
                        let counts = account::counts(tx, viewer.organisation, account.id).await?;
                        found.push((account, counts));
                    }
                }
                Ok(found)
            })
        })
        .await
}

fn row(state: &AppState, account: Account, counts: Counts, visitor: &Visitor) -> Row {
    let (say, habit) = (Say(visitor.language), visitor.habit());
    let progress = state.room.desks.progress(account.id).filter(|progress| progress.done < progress.total);
    let act = match (&account.settings.incoming, account.settings.active) {
        _ if is_unfinished(&account) => Act::Finish,
        (_, false) => Act::SwitchOn,
        _ if account.health.parked || account.health.colour == account::Colour::Red => Act::Mend,
        (Incoming::None, true) => Act::Nothing,
        _ => Act::Fetch,
    };
    Row {
        id: account.id,
        name: account.settings.called().to_owned(),
        primary: account.primary,
        temporary: account.settings.is_own(),
        doing: Doing::of(&account, visitor),
        receives: match &account.settings.incoming {
            Incoming::Imap(server) => format!("IMAP · {}", server.host),
            Incoming::Pop3(server) => format!("POP3 · {}", server.host),
            Incoming::Microsoft365 => "Microsoft 365".to_owned(),
            Incoming::Gmail => "Gmail".to_owned(),
            Incoming::Ews(exchange) => format!("Exchange · {}", exchange.server().host),
            Incoming::Mailgun(domain) => format!("Mailgun · {}", domain.domain),
            Incoming::Relay { .. } => say.kind_relay().to_owned(),
            Incoming::None => say.kind_none().to_owned(),
        },
        sends: match &account.settings.outgoing {
            Outgoing::Smtp(server) => format!("SMTP · {}", server.host),
            Outgoing::Microsoft365 => "Microsoft 365".to_owned(),
            Outgoing::Gmail => "Gmail".to_owned(),
            Outgoing::Ews(exchange) => format!("Exchange · {}", exchange.server().host),
            Outgoing::Mailgun(domain) => format!("Mailgun · {}", domain.domain),
            Outgoing::Builtin => say.kind_builtin().to_owned(),
            Outgoing::None => say.kind_none().to_owned(),
        },
        count: habit.number(counts.messages),
        last_fetched: account.health.last_fetched_at.map(|moment| habit.moment(moment)),
        fetching: progress
            .map(|progress| say.fetching_at(habit.number(progress.done as i64), habit.number(progress.total as i64))),
        address: account.settings.address,
        act,
    }
}
