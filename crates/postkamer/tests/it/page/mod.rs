//! Stories of the page, in a real browser on real mail servers. Each page is photographed and held against axe.

mod another_way;
mod by_app;
mod doubt;
mod exchange;
mod exchange_granted;
mod first_day;
mod full_disk;
mod google;
mod handling;
mod hostile;
mod keyboard;
mod live;
mod mailboxes;
pub(crate) mod mailgun;
mod me;
mod microsoft;
mod narrow;
mod notifications;
mod office;
mod people;
mod pop3;
mod provider;
mod reading;
mod relay;
mod restore;
mod sender;
mod settings;
mod signature;
mod team;
mod writing;

use crate::post_office::PostOffice;
use crate::program::{Backing, Program};
use std::path::PathBuf;
use testkit::{Append, Browser};

/// Where the pictures go: below `target`, for `make screenshots`.
pub(crate) fn gallery() -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).with_file_name("screenshots");
    std::fs::create_dir_all(&folder).expect("a folder for pictures");
    folder
}

/// Signs in at an installation that serves there.
pub(crate) fn sign_in(browser: &mut Browser, url: &str, email: &str, password: &str) {
    browser.go(&format!("{url}/sign-in"));
    browser.fill("E-mailadres", email);
    browser.fill("Wachtwoord", password);
    browser.press("Aanmelden");
}

/// From here on no script of ours comes: what is left is what everybody can use.
pub(crate) fn without_script(browser: &mut Browser) {
    browser.run("await page.route('**/assets/*.js', (route) => route.abort())", serde_json::Value::Null);
}

/// How many forms a browser sends when it loads the page again.
pub(crate) fn sent_by_reloading(browser: &mut Browser) -> usize {
    let reload = "const sent = []; const hear = (it) => it.method() !== 'GET' && sent.push(it.url());
        page.on('request', hear); await page.reload(); page.off('request', hear); return sent.length";
    browser.run(reload, serde_json::Value::Null).as_u64().expect("a number") as usize
}

/// An office whose info@ holds these, and a browser at its mail.
pub(crate) fn at_mail(letters: &[Append]) -> (PostOffice, Program, Browser) {
    let office = PostOffice::open();
    office.client("info").append("INBOX", letters);
    let (program, _) = office.tenant(Backing::Disk);
    let mut browser = Browser::open();
    sign_in(&mut browser, program.url(), &program.installation.admin, &program.installation.password);
    browser.sees("Postvak in");
    (office, program, browser)
}

/// The digest of no text at all, as the policy names it: measuring leaves emptied style attributes behind, and a swap that
/// meets one copies it. There is nothing in it to be stopped.
const EMPTIED_STYLE: &str = "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";

/// Nothing in a page of ours goes wrong unseen: no mistake of a script, nothing that the policy had to stop.
pub(crate) fn nothing_went_wrong(browser: &mut Browser, except: &[&str]) {
    let mistakes = browser.run("return seen.mistakes", serde_json::Value::Null);
    let mistakes: Vec<String> = serde_json::from_value(mistakes).expect("a list of texts");
    let left: Vec<_> = mistakes
        .into_iter()
        .filter(|it| !except.iter().chain(&[EMPTIED_STYLE]).any(|known| it.contains(known)))
        .collect();
    assert!(left.is_empty(), "in the browser's console: {left:#?}");
}
