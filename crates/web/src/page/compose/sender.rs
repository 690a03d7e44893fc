//! From which address somebody may write (features S2).

use super::Say;
use crate::{AppState, page::visitor::Person, problem::Problem};
use mail::AccountKey;
use store::account::{self, Font, Outgoing};

/// A line of the list of senders.
pub(super) struct Sender {
    pub(super) id: AccountKey,
    /// As recipients see it; or why it can't be chosen.
    pub(super) label: String,
    pub(super) usable: bool,
    /// The mailbox with which the organisation began: it reaches nobody outside.
    pub(super) temporary: bool,
    pub(super) chosen: bool,
    /// What is written from it looks so: a value of `font-family`, and points. Empty: as it comes.
    pub(super) family: &'static str,
    pub(super) points: String,
}

/// The mailboxes of the person, those that they can write from first. `wanted` is chosen, else their default, else the
/// first.
pub(super) async fn all(
    state: &AppState,
    person: &Person,
    say: Say,
    wanted: Option<AccountKey>,
) -> Result<Vec<Sender>, Problem> {
    const MANY: usize = 500;
    let viewer = person.viewer;
    let (accounts, rights) = state
        .read(move |tx| {
            Box::pin(async move {
                let rights = viewer.rights(tx).await?;
                Ok((account::list(tx, &viewer, None, MANY).await?.0, rights))
            })
        })
        .await?;
    let mut senders = Vec::new();
    for account in accounts {
        let (sends, reads) = (rights.send.contains(&account.id), rights.read.contains(&account.id));
        if !sends && !reads {
            continue;
        }
        let settings = account.settings;
        let unproven = settings.is_delivered_here() && !account.sender_proven;
        let usable = sends && settings.active && settings.outgoing != Outgoing::None && !unproven;
        let temporary = settings.is_own();
        let label = match () {
            () if !sends => say.may_not_send(&settings.address),
            () if settings.outgoing == Outgoing::None => say.cannot_send(&settings.address),
            () if !settings.active => say.inactive(&settings.address),
            () if settings.display_name.is_empty() || settings.display_name == settings.address => settings.address,
            () => format!("{} <{}>", settings.display_name, settings.address),
        };
        let family = settings.style.font.map(Font::family).unwrap_or_default();
        let points = settings.style.font_size.map(|points| points.to_string()).unwrap_or_default();
        senders.push(Sender { id: account.id, label, usable, temporary, chosen: false, family, points });
    }
    senders.sort_by_key(|sender| !sender.usable);
    let choice = [wanted, person.default_account, senders.first().map(|it| it.id)].into_iter().flatten();
    let chosen = choice.into_iter().find(|id| senders.iter().any(|it| it.usable && it.id == *id));
    if let Some(sender) = senders.iter_mut().find(|it| Some(it.id) == chosen) {
        sender.chosen = true;
    }
    Ok(senders)
}
