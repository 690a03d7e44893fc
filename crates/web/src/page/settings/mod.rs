//! The settings of the organisation. Administrators keep people, tokens and the log; everybody keeps templates, and sees
//! what was set aside and that nothing is missing.

mod app;
mod aside;
mod audit;
mod block;
mod deed_words;
mod group;
mod group_removal;
mod ledger;
mod mailgun;
mod mailgun_words;
mod organisation;
mod own_addresses;
mod people;
mod sign_in;
mod suppression;
mod template;
mod token;
mod user;
mod user_words;

use super::{
    route::Pages,
    tabs::{Tab, tabs},
    visitor::{Person, Visitor},
    words::words,
};
use store::UserRole;

/// More users, groups or mailboxes than an organisation of ours has.
const MANY: usize = 2000;

pub(super) fn routes(pages: Pages) -> Pages {
    let pages = organisation::routes(pages);
    let pages = sign_in::routes(pages);
    let pages = app::routes(pages);
    let pages = own_addresses::routes(pages);
    let pages = mailgun::routes(pages);
    let pages = suppression::routes(pages);
    let pages = people::routes(pages);
    let pages = user::routes(pages);
    let pages = group::routes(pages);
    let pages = group_removal::routes(pages);
    let pages = template::routes(pages);
    let pages = token::routes(pages);
    let pages = audit::routes(pages);
    let pages = block::routes(pages);
    let pages = aside::routes(pages);
    ledger::routes(pages)
}

words! {
    Say {
        organisation "Organisatie" "Organisation";
        sign_in "Aanmelden" "Sign-in";
        connections "Aansluitingen" "Connections";
        addresses "Eigen adressen" "Own addresses";
        users "Gebruikers" "Users";
        groups "Groepen" "Groups";
        templates "Sjablonen" "Templates";
        tokens "Tokens" "Tokens";
        log "Logboek" "Log";
        blocks "Blokkades" "Blocks";
        quarantine "Apart gezet" "Set aside";
        ledger "Volledigheid" "Completeness";
    }
}

/// The bar of the settings with this tab open: what the person may see of it.
fn bar(visitor: &Visitor, person: &Person, current: &str) -> Vec<Tab> {
    let say = Say(visitor.language);
    let ways = [
        ("/settings/microsoft", "Microsoft 365"),
        ("/settings/google", "Google"),
        ("/settings/mailgun", "Mailgun"),
        ("/settings/addresses", say.addresses()),
    ];
    let connections = tabs(ways, current);
    let connects = connections.iter().any(|way| way.current);
    let first = ways[0].0;
    let all = [
        (true, "/settings", say.organisation()),
        (true, "/settings/sign-in", say.sign_in()),
        (true, first, say.connections()),
        (true, "/settings/users", say.users()),
        (true, "/settings/groups", say.groups()),
        (false, "/settings/templates", say.templates()),
        (true, "/settings/tokens", say.tokens()),
        (false, "/settings/ledger", say.ledger()),
        (false, "/settings/quarantine", say.quarantine()),
        (true, "/settings/blocks", say.blocks()),
        (true, "/settings/log", say.log()),
    ];
    let is_administrator = person.viewer.role == UserRole::Administrator;
    let seen = all.into_iter().filter(|(restricted, ..)| is_administrator || !restricted);
    let mut bar: Vec<Tab> =
        seen.map(|(_, path, label)| Tab { path, label, current: path == current, beneath: Vec::new() }).collect();
    if let Some(tab) = bar.iter_mut().find(|tab| connects && tab.path == first) {
        (tab.current, tab.beneath) = (true, connections);
    }
    bar
}
