//! The settings: people, groups, templates, the log, and a second factor that is asked of administrators.

use super::me::{code, take_second_factor};
use super::{gallery, nothing_went_wrong, sign_in};
use crate::post_office::PostOffice;
use crate::program::{Backing, Program, wait_until};
use serde_json::{Value, json};
use testkit::{Append, Browser};

const COLLEAGUE: &str = "cees@example.test";
const CHOSEN: &str = "een heel nieuwe zin over fietsen";

/// Signed in as the administrator, at that page.
fn administrator_at(program: &Program, path: &str) -> Browser {
    let mut browser = Browser::open();
    sign_in(&mut browser, program.url(), &program.installation.admin, &program.installation.password);
    browser.arrives("/mail");
    browser.go(&format!("{}{path}", program.url()));
    browser
}

/// The link in the mail to the colleague, which went out by the primary mailbox and came by the post office.
fn mailed_link(office: &PostOffice) -> String {
    let letters = office.delivered("cees", 1);
    let text = String::from_utf8_lossy(&letters[0]).replace("=\r\n", "").replace("=3D", "=");
    let begin = text.find("/password?token=").unwrap_or_else(|| panic!("no link in {text}"));
    text[begin..].split_whitespace().next().unwrap_or_default().to_owned()
}

#[test]
fn a_new_colleague_is_invited_by_mail_and_begins() {
    let office = PostOffice::open();
    let (program, _) = office.tenant(Backing::Disk);
    let mut browser = administrator_at(&program, "/settings/users");
    browser.judge(&gallery(), "settings-users");
    browser.follow("Gebruiker toevoegen");
    browser.arrives("/settings/users/new");
    browser.judge(&gallery(), "settings-user-new");
    browser.fill("Naam", "Cees de Boer");
    browser.fill("E-mailadres", "geen adres");
    browser.run("await page.locator('form.card').evaluate((form) => { form.noValidate = true; })", Value::Null);
    browser.press("Toevoegen");
    browser.sees("Dit is geen e-mailadres.");
    browser.fill("E-mailadres", COLLEAGUE);
    browser.press("Toevoegen");
    browser.sees("De uitnodiging is onderweg.");
    browser.judge(&gallery(), "settings-user");

    let link = mailed_link(&office);
    let mut theirs = Browser::open();
    theirs.go(&format!("{}{link}", program.url()));
    theirs.sees(COLLEAGUE);
    theirs.judge(&gallery(), "invitation");
    theirs.fill("Nieuw wachtwoord", CHOSEN);
    theirs.fill("Nog een keer", "iets anders");
    theirs.press("Wachtwoord bewaren");
    theirs.sees("De twee wachtwoorden zijn niet gelijk.");
    theirs.fill("Nieuw wachtwoord", CHOSEN);
    theirs.fill("Nog een keer", CHOSEN);
    theirs.press("Wachtwoord bewaren");
    theirs.sees("Uw wachtwoord is bewaard");
    theirs.go(&format!("{}{link}", program.url()));
    theirs.sees("Deze link werkt niet meer");
    theirs.judge(&gallery(), "invitation-used");
    sign_in(&mut theirs, program.url(), COLLEAGUE, CHOSEN);
    theirs.arrives("/mail");
    theirs.go(&format!("{}/settings", program.url()));
    theirs.arrives("/settings/templates");
    theirs.go(&format!("{}/settings/users", program.url()));
    theirs.sees("Vraag een beheerder om dit te doen.");

    browser.run("await page.getByLabel('Mailboxbeheerder').check()", Value::Null);
    browser.press("Bewaren");
    browser.sees("Bewaard.");
    theirs.go(&format!("{}/mailboxes/new", program.url()));
    theirs.sees("De instellingen zoeken we op");
    browser.run("await page.getByLabel('Mag zich aanmelden').uncheck()", Value::Null);
    browser.press("Bewaren");
    browser.sees("Bewaard.");
    theirs.go(&format!("{}/mail", program.url()));
    assert_eq!(theirs.path(), "/sign-in");
    nothing_went_wrong(&mut browser, &["status of 422"]);
}

#[test]
fn groups_and_templates_are_kept_and_the_log_tells_who_did_it() {
    let office = PostOffice::open();
    let (program, account) = office.tenant(Backing::Disk);
    program.api.post("/users", &json!({ "email": COLLEAGUE, "name": "Cees de Boer", "role": "member" }));
    let mut browser = administrator_at(&program, "/settings/groups");
    browser.sees("Nog geen groepen");
    browser.judge(&gallery(), "settings-groups-empty");
    browser.follow("Groep toevoegen");
    browser.fill("Naam van de groep", "Balie");
    browser.run("await page.getByLabel('Cees de Boer').check()", Value::Null);
    browser.judge(&gallery(), "settings-group");
    browser.press("Toevoegen");
    browser.sees("Bewaard.");
    browser.follow("Alle groepen");
    browser.sees("1 lid");
    browser.judge(&gallery(), "settings-groups");
    let groups = program.api.list("/groups");
    assert_eq!(groups[0]["members"].as_array().map(Vec::len), Some(1));
    browser.follow("Groep toevoegen");
    browser.fill("Naam van de groep", "Balie");
    browser.press("Toevoegen");
    browser.sees("Deze naam is al in gebruik.");
    the_group_goes_when_its_mailbox_has_another_manager(&mut browser, &program, &account);

    browser.go(&format!("{}/settings/templates", program.url()));
    browser.judge(&gallery(), "settings-templates-empty");
    browser.follow("Sjabloon toevoegen");
    browser.fill("Naam", "offerte");
    browser.fill("Onderwerp", "Uw offerte {{nummer}}");
    browser.fill("Tekst", "Beste {{naam}},\n\nHierbij de offerte.\n");
    browser.press("Toevoegen");
    browser.sees("In te vullen:");
    browser.judge(&gallery(), "settings-template");
    let kept = program.api.list("/templates");
    assert_eq!(kept[0]["text"], json!("Beste {{naam}},\n\nHierbij de offerte.\n"));
    browser.follow("Alle sjablonen");
    browser.sees("nummer");
    browser.judge(&gallery(), "settings-templates");

    browser.go(&format!("{}/settings/log", program.url()));
    browser.sees("maakte een sjabloon");
    browser.judge(&gallery(), "settings-log");
    browser.run("await page.getByLabel('Waarover').selectOption('group')", Value::Null);
    browser.press("Zoeken");
    browser.sees("maakte een groep");
    browser.sees("verwijderde een groep");
    let rows = browser.run("return await page.locator('.log tbody tr').count()", Value::Null);
    assert_eq!(rows, json!(2));
    browser.fill("Nummer of kenmerk", "staat nergens");
    browser.press("Zoeken");
    browser.sees("Niets gevonden");
    browser.go(&format!("{}/settings/tokens", program.url()));
    browser.sees("wijzigt instellingen");
    browser.judge(&gallery(), "settings-tokens");
    nothing_went_wrong(&mut browser, &["status of 409", "status of 422"]);
}

/// What hangs on it is said before, with the way out.
fn the_group_goes_when_its_mailbox_has_another_manager(browser: &mut Browser, program: &Program, account: &str) {
    let group = program.api.list("/groups")[0]["id"].clone();
    let owners = format!("/accounts/{account}/owners");
    let before = program.api.get(&format!("/accounts/{account}"))["owners"].clone();
    program.api.put(&owners, &json!([{ "group": group, "rights": ["read", "send", "manage"] }]));
    browser.go(&format!("{}/settings/groups", program.url()));
    browser.follow("Balie");
    browser.follow("Groep verwijderen");
    browser.sees("niemand anders beheert deze mailbox");
    browser.judge(&gallery(), "settings-group-kept");
    browser.run("await page.getByRole('link', { name: 'Andere eigenaar kiezen' }).click()", Value::Null);
    browser.arrives(&format!("/mailboxes/{account}/owners"));
    program.api.put(&owners, &before);
    browser.go(&format!("{}/settings/groups/{}/remove", program.url(), group.as_str().unwrap_or_default()));
    browser.sees("Deze groep is van geen enkele mailbox eigenaar.");
    browser.judge(&gallery(), "settings-group-removal");
    browser.press("Groep verwijderen");
    browser.sees("De groep is verwijderd.");
    assert_eq!(program.api.list("/groups"), Vec::<Value>::new());
}

#[test]
fn the_ledger_shows_that_nothing_is_missing_and_what_was_set_aside() {
    let office = PostOffice::open();
    office.client("info").append("INBOX", &[super::mailboxes::letter(1), super::mailboxes::letter(2)]);
    let (program, id) = office.tenant(Backing::Disk);
    program.fetch(&id);
    wait_until("the folders are counted", || {
        let lines = program.api.list(&format!("/accounts/{id}/ledger"));
        lines.iter().all(|line| !line["checked_at"].is_null()).then_some(())
    });
    let mut browser = administrator_at(&program, "/settings/ledger");
    browser.sees("Er ontbreekt niets.");
    let line = "const row = page.locator('.ledger tr', { hasText: 'INBOX' });
        return (await row.locator('td').allInnerTexts()).slice(0, 5)";
    assert_eq!(browser.run(line, Value::Null), json!(["2", "2", "0", "0", "0"]));
    browser.judge(&gallery(), "settings-ledger");
    browser.follow("Apart gezet");
    browser.sees("Niets apart gezet");
    browser.judge(&gallery(), "settings-quarantine-empty");
    nothing_went_wrong(&mut browser, &[]);
}

#[test]
fn what_was_set_aside_is_told_with_its_reason_and_tried_again_at_a_press() {
    let office = PostOffice::open();
    let unstorable =
        Append { raw: b"From: a@elders.test\r\nSubject: Brief 7.\r\n\r\nDag\r\n".into(), ..Append::default() };
    office.client("info").append("INBOX", &[super::mailboxes::letter(1), unstorable]);
    // A mistake of ours, played: what has this in it can't be kept.
    let program = Program::start_with(Backing::Disk, &[("POSTKAMER_UNSTORABLE", "Brief 7."), ("RUST_BACKTRACE", "0")]);
    let id = program.connect(&office.account("info"));
    let aside = || program.api.get("/quarantine")["items"].clone();
    program.api.call("POST", &format!("/accounts/{id}/fetch"), Some(&json!({})), &[]);
    wait_until("one is set aside and the other is here", || {
        let here = program.api.list("/messages").len();
        (here == 1 && aside().as_array().map(Vec::len) == Some(1)).then_some(())
    });
    let tries = || aside()[0]["tries"].as_i64().unwrap_or_default();
    let before = tries();
    let mut browser = administrator_at(&program, "/settings/quarantine");
    browser.sees("Het bericht kon niet worden bewaard.");
    browser.sees("info@example.test · INBOX");
    browser.sees("We hebben het bericht zelf wel.");
    browser.judge(&gallery(), "settings-quarantine");
    browser.run("await page.getByRole('button', { name: /^Opnieuw proberen: bericht/ }).click()", Value::Null);
    browser.sees("Het wordt nu opnieuw geprobeerd.");
    assert_eq!(super::sent_by_reloading(&mut browser), 0);
    wait_until("it was tried again", || (tries() > before).then_some(()));
    nothing_went_wrong(&mut browser, &[]);
}

#[test]
fn a_network_that_was_shut_out_is_let_in_again() {
    let program = Program::start(Backing::Disk);
    let mut browser = administrator_at(&program, "/settings/blocks");
    browser.sees("Niemand is geblokkeerd");
    browser.judge(&gallery(), "settings-blocks-empty");
    // Somebody else's web server on this machine says who stands behind it.
    let knock = "const { request } = await import('node:http');
        const url = new URL(given.url);
        const send = (method, path, headers, body) => new Promise((resolve, reject) => {
            const sent = request({ method, path, host: url.hostname, port: url.port, headers: { ...headers,
                'x-forwarded-for': '192.0.2.7', origin: url.origin } }, (answer) => {
                let text = ''; answer.on('data', (piece) => text += piece);
                answer.on('end', () => resolve({ status: answer.statusCode, headers: answer.headers, text }));
            });
            sent.on('error', reject); sent.end(body);
        });
        const door = await send('GET', '/sign-in', {});
        const cookie = door.headers['set-cookie'][0].split(';')[0];
        const csrf = /name=\"csrf\" value=\"([^\"]+)\"/.exec(door.text)[1];
        let status = 0;
        for (let n = 0; n < 120 && status !== 429; n++) {
            const body = new URLSearchParams({ csrf, email: `iemand${n}@elders.test`, password: `gok ${n}` }).toString();
            const type = 'application/x-www-form-urlencoded';
            status = (await send('POST', '/sign-in', { cookie, 'content-type': type, 'content-length': body.length }, body)).status;
        }
        return status";
    assert_eq!(browser.run(knock, json!({ "url": program.url() })), json!(429));
    browser.go(&format!("{}/settings/blocks", program.url()));
    browser.sees("192.0.2.0/24");
    browser.judge(&gallery(), "settings-blocks");
    browser.run("await page.getByRole('button', { name: 'Blokkade opheffen: 192.0.2.0/24' }).click()", Value::Null);
    browser.sees("De blokkade is opgeheven.");
    assert_eq!(program.api.list("/sign-in-blocks"), Vec::<Value>::new());
    nothing_went_wrong(&mut browser, &[]);
}

#[test]
fn an_administrator_takes_a_second_factor_before_anything_else_when_it_is_asked() {
    let office = PostOffice::open();
    let (mut program, _) = office.tenant(Backing::Disk);
    let (other, others_token) = program.colleague(COLLEAGUE, "administrator", "admin");
    let mut browser = administrator_at(&program, "/settings");
    browser.judge(&gallery(), "settings");
    browser.run("await page.getByLabel('Beheerders moeten een tweede factor hebben').check()", Value::Null);
    browser.press("Bewaren");
    browser.sees("Neem eerst zelf een tweede factor");
    browser.go(&format!("{}/me/second-factor", program.url()));
    let key = take_second_factor(&mut browser);
    browser.go(&format!("{}/settings", program.url()));
    browser.sees("Nog zonder: cees@example.test.");
    browser.run("await page.getByLabel('Beheerders moeten een tweede factor hebben').check()", Value::Null);
    browser.press("Bewaren");
    browser.sees("Bewaard.");
    assert_eq!(program.api.get("/organisation")["second_factor_for_administrators"], json!(true));
    browser.go(&format!("{}/me/second-factor", program.url()));
    browser.sees("verwijderen kan daarom niet");
    // The other administrator: neither their program nor their browser gets any further.
    let refused = others_token.call("GET", "/accounts", None, &[]);
    assert_eq!((refused.status, refused.wrong()), (403, vec![("second_factor".into(), "second_factor_owed".into())]));
    let mut theirs = Browser::open();
    program.api.post(&format!("/users/{other}/invite"), &json!({}));
    let link = mailed_link(&office);
    theirs.go(&format!("{}{link}", program.url()));
    theirs.fill("Nieuw wachtwoord", CHOSEN);
    theirs.fill("Nog een keer", CHOSEN);
    theirs.press("Wachtwoord bewaren");
    sign_in(&mut theirs, program.url(), COLLEAGUE, CHOSEN);
    theirs.arrives("/me/second-factor");
    theirs.sees("Eerst een tweede factor");
    theirs.judge(&gallery(), "second-factor-owed");
    for path in ["/mail", "/settings/users", "/me"] {
        theirs.go(&format!("{}{path}", program.url()));
        assert_eq!(theirs.path(), "/me/second-factor", "{path}");
    }
    take_second_factor(&mut theirs);
    theirs.follow("Ik heb ze bewaard");
    theirs.arrives("/mail");
    assert_eq!(others_token.call("GET", "/accounts", None, &[]).status, 200);
    // And when one loses it, another lets them begin anew.
    browser.go(&format!("{}/settings/users/{other}", program.url()));
    browser.press("Tweede factor verwijderen");
    browser.sees("De tweede factor is weg.");
    theirs.go(&format!("{}/mail", program.url()));
    assert_eq!(theirs.path(), "/me/second-factor");
    browser.press("Afmelden");
    sign_in(&mut browser, program.url(), &program.installation.admin, &program.installation.password);
    let next = code(&mut browser, &key, 1);
    browser.fill("Code", &next);
    browser.press("Verder");
    browser.arrives("/mail");
    nothing_went_wrong(&mut browser, &["status of 409", "status of 422"]);
}
