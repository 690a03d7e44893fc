//! Signing in at a provider that we did not write: the way in, and every way in which somebody stays out.

use super::{gallery, nothing_went_wrong, sign_in};
use crate::program::{Backing, Program};
use crate::secrets::{has, search, shapes};
use serde_json::{Value, json};
use testkit::{Browser, IdentityServer, OauthServer};

const PROVIDER: &str = "/organisation/identity-provider";
const BUTTON: &str = "Aanmelden met Voorbeeld-ID";
const BEGIN_AGAIN: &str = "Deze aanmelding is verlopen, al gebruikt, of in een andere browser begonnen.";

/// A browser for which the typefaces of the provider's own page are there, which come from elsewhere.
fn visitor() -> Browser {
    let mut browser = Browser::open();
    let elsewhere = "await page.route(url => !['localhost', '127.0.0.1'].includes(url.hostname),
        route => route.fulfill({ contentType: 'text/css', body: '' }))";
    browser.run(elsewhere, Value::Null);
    browser
}

/// From our page to the provider's, where somebody gives their name and any password, and agrees.
fn go_and_sign_in(browser: &mut Browser, program: &Program, name: &str) {
    browser.go(&format!("{}/sign-in", program.url()));
    browser.follow(BUTTON);
    let there = "await page.locator('input[name=login]').fill(given);
        await page.locator('input[name=password]').fill('wat dan ook');
        await page.locator('button[type=submit]').click();
        await page.getByText('Continue', { exact: true }).click()";
    browser.run(there, json!(name));
}

fn colleague(program: &Program, email: &str) -> String {
    let made = program.api.post("/users", &json!({ "email": email, "name": "Cees de Boer", "role": "member" }));
    made["id"].as_str().expect("an id").to_owned()
}

fn person(email: &str, verified: bool, name: &str) -> Value {
    json!({ "email": email, "email_verified": verified, "name": name })
}

#[test]
fn people_sign_in_with_the_organisations_provider_and_others_stay_out_with_words() {
    let program = Program::start_with(Backing::Disk, &[("POSTKAMER_LOG", "trace")]);
    let server = IdentityServer::start(
        &format!("{}/sign-in/answer", program.url()),
        &[
            ("cees", person("cees@example.test", true, "Cees")),
            ("vreemd", person("vreemd@elders.test", true, "Vreemd")),
            ("vaag", person("vaag@example.test", false, "Vaag")),
            ("noor", person("noor@example.test", true, "Noor Nieuw")),
        ],
    );
    let cees = colleague(&program, "cees@example.test");
    colleague(&program, "vaag@example.test");

    // An administrator sets it up.
    let mut admin = Browser::open();
    sign_in(&mut admin, program.url(), &program.installation.admin, &program.installation.password);
    admin.arrives("/mail");
    admin.go(&format!("{}/settings/sign-in", program.url()));
    admin.judge(&gallery(), "settings-sign-in-empty");
    let shown = admin.run("return await page.locator('#redirect_uri').inputValue()", Value::Null);
    assert_eq!(shown, json!(format!("{}/sign-in/answer", program.url())));
    let try_it = "await page.locator('input[name=tried]').fill(given);
        await page.getByRole('button', { name: 'Proberen', exact: true }).click()";
    admin.run(try_it, json!("http://127.0.0.1:1"));
    admin.sees("Daar antwoordt niemand");
    admin.run(try_it, json!(format!("{}/", server.issuer)));
    admin.sees(&format!("noemt zichzelf {}.", server.issuer));
    admin.run(try_it, json!(server.issuer));
    admin.sees("De dienst antwoordt goed.");
    admin.fill("Naam op de knop", "Voorbeeld-ID");
    admin.fill("Client-ID", server.client_id);
    admin.fill("Clientgeheim", server.client_secret);
    admin.fill("Domeinen, een per regel", "geen domein");
    admin.press("Bewaren");
    admin.sees("geen domein: Dit is geen domein");
    admin.fill("Clientgeheim", server.client_secret);
    admin.fill("Domeinen, een per regel", "");
    admin.press("Bewaren");
    admin.sees("Bewaard.");
    admin.judge(&gallery(), "settings-sign-in");

    // Somebody comes in by it, to where they wanted to be.
    let mut theirs = visitor();
    theirs.go(&format!("{}/outbox", program.url()));
    theirs.sees(BUTTON);
    theirs.judge(&gallery(), "sign-in-provider");
    theirs.follow(BUTTON);
    theirs.follow("Cancel");
    theirs.sees("U hebt het aanmelden bij Voorbeeld-ID afgebroken.");
    theirs.judge(&gallery(), "sign-in-kept-out");
    theirs.follow("Opnieuw beginnen");
    go_and_sign_in(&mut theirs, &program, "cees");
    theirs.arrives("/mail");
    theirs.go(&format!("{}/me", program.url()));
    theirs.sees("U meldt zich aan met Voorbeeld-ID, sinds");
    theirs.judge(&gallery(), "me-provider");
    theirs.press("Verbinding verbreken");
    theirs.sees("Dit is uw enige manier van aanmelden.");
    // The second time they are known by who they are there, and go on to where they wanted to be.
    theirs.press("Afmelden");
    theirs.arrives("/sign-in");
    theirs.go(&format!("{}/outbox", program.url()));
    theirs.follow(BUTTON);
    theirs.arrives("/outbox");

    for (name, words) in [
        ("vreemd", "maar vreemd@elders.test is hier niet bekend"),
        ("noor", "maar noor@example.test is hier niet bekend"),
        ("vaag", "Voorbeeld-ID heeft niet bevestigd dat vaag@example.test van u is."),
    ] {
        let mut stranger = visitor();
        go_and_sign_in(&mut stranger, &program, name);
        stranger.sees(words);
        stranger.go(&format!("{}/mail", program.url()));
        assert!(stranger.path().starts_with("/sign-in"), "{name} is in");
    }
    let admits = json!({ "name": "Voorbeeld-ID", "issuer": server.issuer, "client_id": server.client_id,
        "domains": ["example.test"], "admit_unknown": true, "passwords_for_members": false });
    program.api.put(PROVIDER, &admits);
    let mut newcomer = visitor();
    go_and_sign_in(&mut newcomer, &program, "noor");
    newcomer.arrives("/mail");
    let users = program.api.list("/users");
    let noor = users.iter().find(|user| user["email"] == "noor@example.test").expect("a member");
    assert_eq!((&noor["name"], &noor["role"]), (&json!("Noor Nieuw"), &json!("member")));

    // Whoever may not sign in any more does not, whatever the provider says.
    program.api.patch(&format!("/users/{cees}"), &json!({ "active": false }));
    theirs.go(&format!("{}/sign-in", program.url()));
    theirs.follow(BUTTON);
    theirs.sees("U mag zich hier niet meer aanmelden.");

    admin.go(&format!("{}/settings/log", program.url()));
    for words in
        ["hield iemand tegen na de aanmelddienst", "werd medewerker via de aanmelddienst", "stelde de aanmelddienst in"]
    {
        admin.sees(words);
    }
    let html = admin.run("return await page.content()", Value::Null);
    let of_all = [html.to_string(), String::from_utf8_lossy(&program.api.bytes(PROVIDER)).into_owned()];
    nothing_went_wrong(&mut admin, &["status of 422"]);
    nothing_went_wrong(&mut theirs, &["status of 403", "status of 409", "status of 422", "status of 404"]);
    is_nowhere(program, "kanarie-Paars-3391-vogel", &of_all);
}

/// A secret stands in no answer, in no file, and in no line of the log.
fn is_nowhere(mut program: Program, secret: &str, answers: &[String]) {
    assert!(program.stop().success());
    let shapes = shapes(secret);
    assert!(!answers.iter().any(|answer| has(answer.as_bytes(), &shapes)), "in an answer");
    let mut found = Vec::new();
    search(&program.installation.data, &shapes, &mut found);
    assert_eq!(found, Vec::<String>::new(), "in the data folder");
    let log = program.log();
    let lines: Vec<&str> = log.lines().filter(|line| has(line.as_bytes(), &shapes)).collect();
    assert_eq!(lines, Vec::<&str>::new(), "in the log");
}

#[test]
fn an_answer_that_is_not_right_lets_nobody_in() {
    let program = Program::start(Backing::Disk);
    let server = OauthServer::start();
    colleague(&program, "cees@example.test");
    let settings = json!({ "name": "Voorbeeld-ID", "issuer": server.issuer, "client_id": "postkamer",
        "client_secret": "geheim" });
    program.api.put(PROVIDER, &settings);
    let mut browser = Browser::open();
    let begin = |browser: &mut Browser| {
        browser.go(&format!("{}/sign-in", program.url()));
        browser.follow(BUTTON);
    };
    let cees = |changes: Value| {
        let mut claims = person("cees@example.test", true, "Cees");
        claims.as_object_mut().expect("an object").extend(changes.as_object().expect("an object").clone());
        claims
    };
    for (changes, words) in [
        (json!({ "nonce": "anders" }), "omdat het niet klopt (nonce)"),
        (json!({ "iss": "https://kwaad.example" }), "omdat het niet klopt (iss)"),
        (json!({ "aud": "elders" }), "omdat het niet klopt (aud)"),
        (json!({ "aud": ["postkamer", "elders"] }), "omdat het niet klopt (aud)"),
        (json!({ "sub": "" }), "omdat het niet klopt (sub)"),
        (json!({ "exp": 1_700_000_000 }), "lopen niet gelijk, of het antwoord was verlopen"),
        (json!({ "email": null }), "noemt geen e-mailadres van u"),
    ] {
        server.says(&cees(changes.clone()));
        begin(&mut browser);
        browser.sees(words);
        browser.go(&format!("{}/mail", program.url()));
        assert!(browser.path().starts_with("/sign-in"), "{changes} lets somebody in");
    }
    // An answer on its way: another browser can't bring it, and its own can once.
    server.says(&cees(json!({})));
    let caught = "await page.goto(given + '/sign-in');
        const button = page.getByRole('link', { name: 'Aanmelden met Voorbeeld-ID' });
        const there = await context.request.get(given + (await button.getAttribute('href')), { maxRedirects: 0 });
        const back = await context.request.get(there.headers().location, { maxRedirects: 0 });
        return back.headers().location";
    let catch = |browser: &mut Browser| {
        let answer = browser.run(caught, json!(program.url()));
        answer.as_str().expect("an address").to_owned()
    };
    let answer = catch(&mut browser);
    let mut other = Browser::open();
    other.go(&format!("{}/sign-in", program.url()));
    other.go(&answer);
    other.sees(BEGIN_AGAIN);
    browser.go(&answer);
    browser.arrives("/mail");
    browser.go(&answer);
    browser.sees(BEGIN_AGAIN);
    // Still in: a wrong answer ends nothing either.
    browser.go(&format!("{}/mail", program.url()));
    assert_eq!(browser.path(), "/mail");
    let forged = format!("{}/sign-in/answer?code=x&state=pk_{}", program.url(), "a".repeat(43));
    other.go(&forged);
    other.sees(BEGIN_AGAIN);
    // Nobody answers there any more.
    let answer = catch(&mut other);
    drop(server);
    other.go(&answer);
    other.sees("Voorbeeld-ID is nu niet bereikbaar.");
    nothing_went_wrong(&mut other, &["status of 403"]);
}
