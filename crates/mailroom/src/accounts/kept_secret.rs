//! What the secrets that are kept were given for: a password for one server, a grant for one mailbox at a provider. Neither
//! goes anywhere else, and one that means nothing any more is not kept until somebody finds another use for it.

use super::{same_mailbox, vendor};
use store::account::{AccountSettings, Direction};

const HALVES: [Direction; 2] = [Direction::Incoming, Direction::Outgoing];

/// The host that a half's password is for; `None` when it signs in nowhere, or by a grant.
pub(super) fn host(settings: &AccountSettings, half: Direction) -> Option<String> {
    let server = match half {
        Direction::Incoming => same_mailbox::server(&settings.incoming),
        Direction::Outgoing => same_mailbox::server_of_way_out(&settings.outgoing),
    };
    let by_password = vendor::opened_half(settings, half).is_none();
    server.filter(|server| by_password && !server.username.is_empty()).map(|server| server.host)
}

/// Whether a half has any use for a secret.
pub(super) fn is_of_use(settings: &AccountSettings, half: Direction) -> bool {
    host(settings, half).is_some() || vendor::opened_half(settings, half).is_some()
}

/// The secrets that mean nothing after the settings changed: a password is no grant, a grant is no password and opens one
/// mailbox, and a half that signs in no more has no use for a password, which the next server would be shown.
pub(super) fn spent(before: &AccountSettings, after: &AccountSettings) -> Vec<Direction> {
    let is_spent = |half: &Direction| {
        let is_left = host(before, *half).is_some() && host(after, *half).is_none();
        is_left || vendor::opening_half(before, *half) != vendor::opening_half(after, *half)
    };
    HALVES.into_iter().filter(is_spent).collect()
}
