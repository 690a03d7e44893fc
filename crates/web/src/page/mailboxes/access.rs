//! By whom a mailbox at a provider is opened: chosen in the wizard, and chosen anew on the tab Server, where the
//! organisation's app may have changed since (features M8).

use crate::{
    AppState,
    page::{visitor::Visitor, words::words},
    problem::Problem,
};
use mailroom::accounts::{self, vendor};
use store::account::{Access, Account};

words! {
    WaysSay {
        title "Wie deze mailbox opent" "Who opens this mailbox";
        why "Kiest u iets anders, dan vervalt de toestemming die er nu is. De mail die hier al is, blijft." "When you choose something else, the consent that there is now no longer counts. The mail that is here stays.";
        by_owner(provider) "De eigenaar, die bij {provider} akkoord gaat" "Its owner, who agrees at {provider}";
        by_app(provider) "De app van uw organisatie bij {provider}; niemand hoeft te autoriseren" "Your organisation's app at {provider}; nobody has to authorise";
        by_somebody(provider) "Iemand met wie hij is gedeeld, die bij {provider} akkoord gaat" "Somebody whom it is shared with, who agrees at {provider}";
        not_alone(provider) "De app van uw organisatie bij {provider} opent mailboxen niet meer zelf. Kies wie deze mailbox nu opent." "Your organisation's app at {provider} no longer opens mailboxes by itself. Choose who opens this mailbox now.";
        only_alone(provider) "Uw organisatie gebruikt bij {provider} nu een serviceaccount. Dat opent mailboxen zelf, en een eigenaar kan niet meer autoriseren. Kies dat de app deze mailbox opent." "Your organisation now uses a service account at {provider}. It opens mailboxes by itself, and an owner can no longer authorise one. Choose that the app opens this mailbox.";
    }
}

/// By whom a mailbox can be opened, as the page offers it; without any when there is nothing to choose.
pub(super) struct Ways {
    pub(super) say: WaysSay,
    pub(super) all: Vec<Way>,
    /// What another choice puts an end to.
    pub(super) ends: Option<&'static str>,
    /// Why the way it has leads nowhere any more.
    pub(super) closed: Option<String>,
    /// Whether the choice is laid open.
    pub(super) is_open: bool,
}

pub(super) struct Way {
    pub(super) value: &'static str,
    pub(super) label: String,
    pub(super) chosen: bool,
}

impl Ways {
    /// `is_ill`: the mailbox can't be opened as it is.
    pub(super) async fn of(
        state: &AppState,
        visitor: &Visitor,
        account: &Account,
        is_ill: bool,
    ) -> Result<Ways, Problem> {
        let (say, kept) = (WaysSay(visitor.language), account.settings.access);
        let none = Ways { say, all: Vec::new(), ends: None, closed: None, is_open: false };
        let Some(provider) = vendor::of(&account.settings).map(vendor::name) else { return Ok(none) };
        let open = accounts::ways(&state.room, account).await?;
        if open == [kept] {
            return Ok(none);
        }
        let is_closed = !open.contains(&kept);
        let chosen = if is_closed { open.first().copied() } else { Some(kept) };
        let way = |access: Access| Way {
            value: access.as_str(),
            label: match access {
                Access::Own => say.by_owner(provider),
                Access::App => say.by_app(provider),
                Access::Shared => say.by_somebody(provider),
            },
            chosen: chosen == Some(access),
        };
        let closed = is_closed.then(|| match kept {
            Access::App => say.not_alone(provider),
            Access::Own | Access::Shared => say.only_alone(provider),
        });
        // The app has no consent that could be lost.
        let ends = (kept != Access::App && !is_closed).then(|| say.why());
        Ok(Ways { say, all: open.into_iter().map(way).collect(), ends, is_open: is_ill || is_closed, closed })
    }

    /// With what was chosen and could not be saved.
    pub(super) fn choose(&mut self, value: &str) {
        self.is_open = true;
        self.all.iter_mut().for_each(|way| way.chosen = way.value == value);
    }
}
