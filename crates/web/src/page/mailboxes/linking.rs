//! The tab Linking: addresses and domains that are never linked, and a box to try one (features D2).

use super::{After, Head, Tab, managed, saved_at, sent::Sent, words::Say};
use crate::{
    AppState,
    given::Named,
    page::{
        frame::{Errors, Frame, Place, Shown, field_errors, shown, shown_as},
        route::{Pages, Who},
        visitor::{Person, Visitor},
    },
};
use askama::Template;
use axum::{
    extract::{Query, State},
    http::StatusCode,
};
use mail::{AccountKey, Address};
use mailroom::{
    accounts::{self, AccountInput},
    people::exclusion,
};
use serde::Deserialize;
use store::account::Account;

pub(super) fn routes(pages: Pages) -> Pages {
    pages.get("/mailboxes/{id}/linking", Who::Everybody, show).post("/mailboxes/{id}/linking", Who::Everybody, save)
}

#[derive(Template)]
#[template(path = "mailboxes/linking.html")]
struct Page {
    frame: Frame,
    say: Say,
    head: Head,
    /// Lines that are wrong, each with why.
    wrong: Vec<String>,
    never_link: String,
    tried: String,
    verdict: Option<Verdict>,
}

/// What becomes of an address.
struct Verdict {
    linked: bool,
    words: String,
}

#[derive(Deserialize)]
struct Asked {
    #[serde(rename = "try")]
    tried: Option<String>,
    saved: Option<String>,
}

fn page(visitor: &Visitor, account: &Account, asked: Asked) -> Page {
    let tried = asked.tried.unwrap_or_default();
    let after = After { saved: asked.saved, warned: None };
    Page {
        frame: Frame::new(visitor, Place::Mailboxes),
        say: Say(visitor.language),
        head: Head::new(account, Tab::Linking, &after, visitor),
        wrong: Vec::new(),
        never_link: account.settings.never_link.join("\n"),
        verdict: (!tried.trim().is_empty())
            .then(|| verdict(&account.settings.address, &account.settings.never_link, &tried, Say(visitor.language))),
        tried,
    }
}

/// Whether an address is linked, and by which line it is not.
fn verdict(own: &str, never_link: &[String], tried: &str, say: Say) -> Verdict {
    let Some(address) = Address::parse(tried.trim()) else {
        return Verdict { linked: false, words: say.not_an_address().to_owned() };
    };
    match exclusion::verdict(own, never_link, &address.address) {
        exclusion::Verdict::LeftOut(line) => Verdict { linked: false, words: say.is_left_out(&address.address, line) },
        exclusion::Verdict::Own => Verdict { linked: false, words: say.is_own(&address.address) },
        exclusion::Verdict::Linked => Verdict { linked: true, words: say.is_linked(&address.address) },
    }
}

async fn show(
    State(state): State<AppState>,
    visitor: Visitor,
    person: Person,
    Named(key): Named<AccountKey>,
    Query(asked): Query<Asked>,
) -> Shown {
    let account = managed(&state, &person, key).await?;
    shown(&page(&visitor, &account, asked))
}

async fn save(Sent { state, visitor, person, account, fields }: Sent) -> Shown {
    let id = account.id;
    let typed: Vec<String> = fields.of("never_link").lines().map(str::to_owned).collect();
    let input = AccountInput { never_link: Some(typed.clone()), ..AccountInput::default() };
    match accounts::patch(&state.room, &person.viewer, id, input).await {
        Ok(_) => Ok(saved_at(&format!("/mailboxes/{id}/linking"))),
        Err(refusal) => {
            let errors = Errors::new(&field_errors(refusal)?, visitor.language);
            let mut page = page(&visitor, &account, Asked { tried: None, saved: None });
            page.wrong = errors.of_lines("never_link", &typed);
            page.never_link = fields.of("never_link").to_owned();
            shown_as(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mailroom::words::Language;

    #[test]
    fn an_address_that_is_tried_says_by_which_line_it_is_left_out() {
        let never_link = vec!["voorbeeld.nl".to_owned(), "baas@elders.nl".to_owned()];
        let tell = |tried| verdict("info@ons.nl", &never_link, tried, Say(Language::Dutch));
        assert!(!tell("info@ons.nl").linked);
        assert!(tell("jan@ergens.nl").linked);
        let left_out = tell(" Info@Voorbeeld.NL ");
        assert!(!left_out.linked && left_out.words.contains("voorbeeld.nl"), "{}", left_out.words);
        assert!(!tell("geen adres").linked);
    }
}
