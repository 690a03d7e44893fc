//! The first day: from an empty installation to reading the mail that comes in.

use super::{gallery, nothing_went_wrong, sign_in};
use testkit::{Browser, Installation};

const PASSWORD: &str = "zonnig-dorp-aan-de-zee-42";

#[test]
fn a_newcomer_is_at_their_mail_after_three_questions() {
    let folder = tempfile::tempdir().expect("a folder");
    let installation = Installation {
        program: env!("CARGO_BIN_EXE_postkamer").into(),
        data: folder.path().join("data"),
        variables: Vec::new(),
        http: None,
        admin: "sanne@voorbeeld.test".into(),
        password: PASSWORD.into(),
    };
    let serving = installation.serve();
    let mut browser = Browser::open();
    browser.go(&serving.url);
    assert_eq!(browser.path(), "/setup");
    browser.judge(&gallery(), "setup");
    browser.fill("Naam van uw organisatie", "Dorpshuis");
    browser.fill("Uw e-mailadres", &installation.admin);
    browser.fill("Kies een wachtwoord", "kort");
    browser.press("Postkamer openen");
    browser.sees("15 tekens");
    browser.judge(&gallery(), "setup-wrong");
    browser.fill("Kies een wachtwoord", PASSWORD);
    browser.press("Postkamer openen");
    browser.arrives("/mail");
    browser.sees("Welkom in uw postkamer");
    browser.judge(&gallery(), "mail-first");
    browser.follow("Welkom in uw postkamer");
    browser.sees("verbind de mailbox van uw organisatie");
    browser.judge(&gallery(), "mail-welcome");
    browser.go(&format!("{}/compose", serving.url));
    browser.sees("Met de tijdelijke mailbox bereikt u alleen adressen van deze Postkamer");
    browser.go(&format!("{}/mailboxes", serving.url));
    browser.sees("tijdelijk");
    browser.press("Afmelden");
    browser.arrives("/sign-in");
    browser.judge(&gallery(), "sign-in");
    sign_in(&mut browser, &serving.url, &installation.admin, "verkeerd");
    browser.sees("horen niet bij elkaar");
    sign_in(&mut browser, &serving.url, &installation.admin, PASSWORD);
    browser.arrives("/mail");
    browser.go(&format!("{}/nergens", serving.url));
    browser.judge(&gallery(), "not-found");
    browser.go(&format!("{}/password/forgotten", serving.url));
    browser.judge(&gallery(), "password-forgotten");
    nothing_went_wrong(&mut browser, &["status of 404", "status of 422"]);
}
