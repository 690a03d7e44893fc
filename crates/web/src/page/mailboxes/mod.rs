//! The mailbox manager (*e-mailmanager*): the list, the wizard, and the tabs of one mailbox.

mod access;
mod authorise;
mod connect;
mod device;
mod elsewhere;
mod exchange;
mod fields;
mod folder;
mod general;
mod history;
mod linking;
mod list;
mod mailgun;
mod new;
mod owner;
mod progress;
mod restore;
mod sender;
mod sending;
mod sent;
mod test_run;
mod words;

use super::{
    route::Pages,
    visitor::{Person, Visitor},
};
use crate::{AppState, problem::Problem};
use axum::response::{IntoResponse, Redirect, Response};
use mail::AccountKey;
use mailroom::{
    accounts::health::Half,
    words::{Language, cause, field},
};
use store::{StoreError, account::Account, owner as owners};
use words::Say;

pub(super) fn routes(pages: Pages) -> Pages {
    let pages = list::routes(pages);
    let pages = new::routes(pages);
    let pages = connect::routes(pages);
    let pages = authorise::routes(pages);
    let pages = elsewhere::routes(pages);
    let pages = progress::routes(pages);
    let pages = general::routes(pages);
    let pages = restore::routes(pages);
    let pages = folder::routes(pages);
    let pages = owner::routes(pages);
    let pages = sending::routes(pages);
    let pages = sender::routes(pages);
    let pages = linking::routes(pages);
    let pages = device::routes(pages);
    history::routes(pages)
}

/// A tab of one mailbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tab {
    General,
    Server,
    Folders,
    Owners,
    Sending,
    Sender,
    Linking,
    Devices,
    History,
}

/// A tab as the bar shows it.
struct TabLink {
    path: String,
    label: &'static str,
    current: bool,
}

/// What stands above every tab.
struct Head {
    id: AccountKey,
    name: String,
    address: String,
    state: State,
    tabs: Vec<TabLink>,
    /// The last thing that was done, in words.
    notice: Option<String>,
    /// What was saved but should be looked at.
    warnings: Vec<&'static str>,
}

impl Head {
    fn new(account: &Account, tab: Tab, after: &After, visitor: &Visitor) -> Head {
        let say = Say(visitor.language);
        let id = account.id;
        let all = [
            (Tab::General, "", say.tab_general()),
            (Tab::Server, "/connect", say.tab_server()),
            (Tab::Folders, "/folders", say.tab_folders()),
            (Tab::Owners, "/owners", say.tab_owners()),
            (Tab::Sending, "/sending", say.tab_sending()),
            (Tab::Sender, "/sender", say.tab_sender()),
            (Tab::Linking, "/linking", say.tab_linking()),
            (Tab::Devices, "/devices", say.tab_devices()),
            (Tab::History, "/history", say.tab_history()),
        ];
        let here = account.settings.is_delivered_here();
        let tabs = all.into_iter().filter(|(one, ..)| here || *one != Tab::Sender).map(|(one, path, label)| TabLink {
            path: format!("/mailboxes/{id}{path}"),
            label,
            current: one == tab,
        });
        Head {
            id,
            name: account.settings.called().to_owned(),
            address: account.settings.address.clone(),
            state: State::of(account, visitor),
            tabs: tabs.collect(),
            notice: after.saved.is_some().then(|| say.saved().to_owned()),
            warnings: after.warnings(visitor.language),
        }
    }
}

/// What happened just before a page is shown, out of its query.
#[derive(Debug, Default, serde::Deserialize)]
struct After {
    saved: Option<String>,
    /// Codes of warnings, with commas.
    warned: Option<String>,
}

impl After {
    fn warnings(&self, language: Language) -> Vec<&'static str> {
        let codes = self.warned.as_deref().unwrap_or_default().split(',');
        let known = codes.filter_map(|code| field::ALL.iter().find(|(known, _)| *known == code));
        known.map(|(_, text)| text.say(language)).collect()
    }
}

/// How a mailbox does, in words and a colour.
#[derive(Debug, Clone)]
struct State {
    /// The class of the dot.
    colour: &'static str,
    /// In a word or two.
    label: &'static str,
    /// The likely cause, and what to do.
    cause: Option<String>,
    fix: Option<&'static str>,
    server_said: Option<String>,
}

impl State {
    fn of(account: &Account, visitor: &Visitor) -> State {
        let (say, language) = (Say(visitor.language), visitor.language);
        let health = &account.health;
        if !account.settings.active {
            let unfinished = is_unfinished(account);
            let label = if unfinished { say.state_unfinished() } else { say.state_off() };
            let cause = unfinished.then(|| say.unfinished_why().to_owned());
            return State { colour: "off", label, cause, fix: None, server_said: None };
        }
        let explained = health.code.as_deref().map(Half::of);
        let known = explained.and_then(|(half, code)| cause::by_code(code).map(|explained| (half, explained)));
        let cause = known.map(|(half, explained)| match half {
            Half::Receiving => explained.cause.say(language).to_owned(),
            Half::Sending => format!("{} {}", say.when_sending(), explained.cause.say(language)),
        });
        State {
            colour: health.colour.as_str(),
            label: match health.colour {
                store::account::Colour::Green => say.state_green(),
                store::account::Colour::Amber if health.code.as_deref() == Some("not_tried") => say.state_new(),
                store::account::Colour::Amber => say.state_amber(),
                store::account::Colour::Red => say.state_red(),
            },
            cause,
            fix: known.map(|(_, explained)| explained.fix.say(language)),
            server_said: health.words.clone().filter(|words| !words.is_empty()),
        }
    }
}

/// Begun in the wizard, and never fetched.
fn is_unfinished(account: &Account) -> bool {
    !account.settings.active && account.health.last_fetched_at.is_none()
}

/// The mailbox, when the person manages it; to everybody else it is not there.
async fn managed(state: &AppState, person: &Person, key: AccountKey) -> Result<Account, Problem> {
    let viewer = person.viewer;
    state
        .read(move |tx| {
            Box::pin(async move {
                match owners::rights(tx, &viewer, key).await?.manage {
                    true => store::account::load(tx, viewer.organisation, key).await,
                    false => Err(StoreError::NotFound),
                }
            })
        })
        .await
}

/// To that tab, which then says that it was saved.
fn saved_at(path: &str) -> Response {
    Redirect::to(&format!("{path}?saved=1")).into_response()
}
