//! One's own page: name, language, notifications, password, second factor, devices and tokens (features U2, M17, D3, D7).

mod factor;
mod notification;
mod password;
mod profile;
mod session;
mod token;
mod words;

use super::{
    route::Pages,
    tabs::{Tab, tabs},
};
use words::Say;

/// Who owes a second factor may be here, and nowhere else.
pub(super) const FACTOR: &str = factor::HERE;

pub(super) fn routes(pages: Pages) -> Pages {
    let pages = profile::routes(pages);
    let pages = notification::routes(pages);
    let pages = password::routes(pages);
    let pages = factor::routes(pages);
    let pages = session::routes(pages);
    token::routes(pages)
}

/// The bar of one's own page, with this tab open.
fn bar(say: Say, current: &str) -> Vec<Tab> {
    let all = [
        ("/me", say.tab_profile()),
        ("/me/notifications", say.tab_notifications()),
        ("/me/password", say.tab_password()),
        ("/me/second-factor", say.tab_factor()),
        ("/me/sessions", say.tab_sessions()),
        ("/me/tokens", say.tab_tokens()),
    ];
    tabs(all, current)
}
