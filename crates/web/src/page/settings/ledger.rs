//! The tab Completeness: per folder what the server has and where it is, so that anybody sees that nothing is missing
//! (pains P27).

use super::bar;
use crate::{
    AppState,
    page::{
        frame::{Frame, Place, Shown, shown},
        habit::{Habit, Moment},
        route::{Pages, Who},
        tabs::Tab,
        visitor::{Person, Visitor},
        words::words,
    },
};
use askama::Template;
use axum::extract::State;
use mail::FolderKey;
use mailroom::accounts::server_name;
use store::{
    account::{self, Account},
    folder::{self, Folder},
    owner, quarantine,
};

pub(super) fn routes(pages: Pages) -> Pages {
    pages.get("/settings/ledger", Who::Everybody, show)
}

words! {
    Say {
        title "Volledigheid" "Completeness";
        why "Elke dag wordt van elke map geteld wat er op de server ligt, en waar elk bericht bij ons is." "Every day the messages of each folder on the server are counted, and where each is with us.";
        none "Nog geen mailboxen" "No mailboxes yet";
        none_why "Hier komt van elke map hoeveel er op de server ligt en hoeveel we hebben, zodat u ziet dat er niets ontbreekt." "Here comes for each folder how much is on the server and how much we have, so that you see that nothing is missing.";
        folder "Map" "Folder";
        on_server "Op de server" "On the server";
        stored "Bewaard" "Stored";
        aside "Apart gezet" "Set aside";
        left_out "Vóór de begindatum" "Before the first date";
        missing "Ontbreekt" "Missing";
        checked "Geteld" "Counted";
        not_yet "nog niet" "not yet";
        complete "Er ontbreekt niets." "Nothing is missing.";
        lacks(n) "Er ontbreekt {n} bericht; het wordt vanzelf opgehaald.|Er ontbreken {n} berichten; ze worden vanzelf opgehaald." "{n} message is missing; it is fetched by itself.|{n} messages are missing; they are fetched by themselves.";
        not_counted "Nog niet geteld." "Not counted yet.";
        local "Deze mailbox heeft geen server: alles wat erin ligt is hier." "This mailbox has no server: all that is in it is here.";
    }
}

#[derive(Template)]
#[template(path = "settings/ledger.html")]
struct Page {
    frame: Frame,
    say: Say,
    tabs: Vec<Tab>,
    books: Vec<Book>,
}

/// The ledger of one mailbox.
struct Book {
    id: String,
    name: String,
    colour: &'static str,
    verdict: String,
    lines: Vec<Line>,
}

struct Line {
    folder: String,
    on_server: String,
    stored: String,
    aside: String,
    left_out: String,
    missing: String,
    lacks: bool,
    checked: Option<Moment>,
}

async fn show(State(state): State<AppState>, visitor: Visitor, person: Person) -> Shown {
    let viewer = person.viewer;
    let found = state
        .read(move |tx| {
            Box::pin(async move {
                let mut found = Vec::new();
                for account in account::list(tx, &viewer, None, super::MANY).await?.0 {
                    let rights = owner::rights(tx, &viewer, account.id).await?;
                    if !rights.read && !rights.manage {
                        continue;
                    }
                    let folders = folder::list(tx, account.organisation, account.id).await?;
                    let aside = quarantine::counts(tx, account.organisation, account.id).await?;
                    found.push((account, folders, aside));
                }
                Ok(found)
            })
        })
        .await?;
    let (say, habit) = (Say(visitor.language), visitor.habit());
    let books = found.into_iter().map(|(account, folders, aside)| book(account, folders, &aside, say, &habit));
    shown(&Page {
        frame: Frame::new(&visitor, Place::Settings),
        say,
        tabs: bar(&visitor, &person, "/settings/ledger"),
        books: books.collect(),
    })
}

fn book(account: Account, folders: Vec<Folder>, aside: &[(FolderKey, i64)], say: Say, habit: &Habit) -> Book {
    let has_server = !matches!(account.settings.incoming, account::Incoming::None);
    let counted: Vec<&Folder> = folders.iter().filter(|folder| folder.selectable).collect();
    let missing: i64 = counted.iter().filter_map(|folder| folder.missing).sum();
    let is_counted = !counted.is_empty() && counted.iter().all(|folder| folder.checked_at.is_some());
    let (colour, verdict) = match (has_server, missing, is_counted) {
        (false, ..) => ("green", say.local().to_owned()),
        (_, 1.., _) => ("red", say.lacks(missing)),
        (_, _, true) => ("green", say.complete().to_owned()),
        _ => ("amber", say.not_counted().to_owned()),
    };
    let number = |number: i64| habit.number(number);
    let line = |folder: &Folder| {
        let aside = aside.iter().find(|(key, _)| *key == folder.id).map_or(0, |(_, count)| *count);
        Line {
            folder: server_name(folder),
            on_server: folder.on_server.map(number).unwrap_or_default(),
            stored: number(folder.messages),
            aside: number(aside),
            left_out: number(folder.excluded),
            missing: folder.missing.map(number).unwrap_or_default(),
            lacks: folder.missing.is_some_and(|missing| missing > 0),
            checked: folder.checked_at.map(|at| habit.moment(at)),
        }
    };
    let (id, name) = (account.id.to_string(), account.settings.called().to_owned());
    Book { id, name, colour, verdict, lines: counted.into_iter().map(line).collect() }
}
