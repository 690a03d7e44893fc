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
mod topic;
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
    let pages = topic::routes(pages);
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
        per_mailbox "Per mailbox" "By mailbox";
        deeds "Handelingen" "Deeds";
        ledger "Volledigheid" "Completeness";
    }
}

/// The bar of the settings with this tab open: what the person may see of it.
fn bar(visitor: &Visitor, person: &Person, current: &str) -> Vec<Tab> {
    let say = Say(visitor.language);
    let all = [
        (true, say.organisation(), vec![("/settings", say.organisation())]),
        (true, say.sign_in(), vec![("/settings/sign-in", say.sign_in())]),
        (
            true,
            say.connections(),
            vec![
                ("/settings/microsoft", "Microsoft 365"),
                ("/settings/google", "Google"),
                ("/settings/mailgun", "Mailgun"),
                ("/settings/addresses", say.addresses()),
            ],
        ),
        (true, say.users(), vec![("/settings/users", say.users())]),
        (true, say.groups(), vec![("/settings/groups", say.groups())]),
        (false, say.templates(), vec![("/settings/templates", say.templates())]),
        (true, say.tokens(), vec![("/settings/tokens", say.tokens())]),
        (
            false,
            say.ledger(),
            vec![("/settings/ledger", say.per_mailbox()), ("/settings/quarantine", say.quarantine())],
        ),
        (true, say.log(), vec![("/settings/log", say.deeds()), ("/settings/blocks", say.blocks())]),
    ];
    let is_administrator = person.viewer.role == UserRole::Administrator;
    let seen = all.into_iter().filter(|(restricted, ..)| is_administrator || !restricted);
    seen.map(|(_, label, pages)| {
        let path = pages[0].0;
        let is_open = pages.iter().any(|(page, _)| *page == current);
        let beneath = if is_open && pages.len() > 1 { tabs(pages, current) } else { Vec::new() };
        Tab { path, label, current: is_open, beneath }
    })
    .collect()
}
