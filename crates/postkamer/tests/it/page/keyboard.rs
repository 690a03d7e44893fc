//! Without a mouse: every control is reached by Tab, shows that it is, and lets one go on; Escape puts back what was opened.

use super::{at_mail, nothing_went_wrong};
use serde_json::{Value, json};
use testkit::{Append, Browser};

/// Goes through the page with Tab. Answers what was not reached, what did not show that it was, and how many there are.
const WALK: &str = "
    const wanted = await page.evaluate(() => {
      const can = 'a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex], [contenteditable=true]';
      const names = [];
      // Kept here and not written on them: a list that is read anew keeps its elements, not what it doesn't know of them.
      globalThis.walked = [];
      for (const it of document.querySelectorAll(can)) {
        if (it.disabled || it.tabIndex < 0 || !it.checkVisibility({ checkVisibilityCSS: true })) continue;
        // Of a group of radio buttons one is reached by Tab, the others from there by the arrows.
        const group = it.type === 'radio' && [...document.getElementsByName(it.name)];
        if (group && it !== (group.find((one) => one.checked) ?? group[0])) continue;
        walked.push(it);
        names.push(`${it.tagName.toLowerCase()} ${it.id || it.name || it.textContent.trim().slice(0, 40)}`);
      }
      return names;
    });
    const reached = new Set(), faint = new Set();
    for (let n = 0; n < wanted.length + 15; n += 1) {
      await page.keyboard.press('Tab');
      const at = await page.evaluate(() => {
        const it = document.activeElement;
        const n = walked.indexOf(it);
        if (n < 0) return null;
        const rings = (one) => {
          const style = one && getComputedStyle(one);
          return !!style && style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 1;
        };
        const stand = it.closest('.add-files')?.querySelector('label') ?? it.closest('.paper');
        const box = (stand ?? it).getBoundingClientRect();
        return { n, shows: (rings(it) || rings(stand)) && box.width > 0 && box.height > 0 };
      });
      if (!at) continue;
      reached.add(at.n);
      if (!at.shows) faint.add(wanted[at.n]);
    }
    return { missed: wanted.filter((_, n) => !reached.has(n)), faint: [...faint], count: wanted.length };";

/// What is wrong with going through this page, if anything.
fn walk(browser: &mut Browser, place: &str) -> Option<String> {
    let found = browser.run(WALK, Value::Null);
    let is_well = found["missed"] == json!([]) && found["faint"] == json!([]);
    let is_whole = found["count"].as_u64().is_some_and(|count| count > 8);
    (!is_well || !is_whole).then(|| format!("{place}: {found}"))
}

fn letter() -> Append {
    let raw = "From: Jan Jansen <jan@elders.test>\r\nTo: info@example.test\r\nSubject: Offerte dakgoot\r\nMessage-ID: <een@elders.test>\r\n\
         Date: Mon, 2 Mar 2026 10:00:00 +0100\r\n\r\nKunt u hier eens naar kijken?\r\n";
    Append { raw: raw.as_bytes().to_vec(), ..Append::default() }
}

#[test]
fn every_control_of_the_mail_and_of_settings_is_reached_by_tab_and_shows_it() {
    let (_office, program, mut browser) = at_mail(&[letter()]);
    let browser = &mut browser;
    let mut wrong = Vec::from_iter(walk(browser, "/mail"));
    browser.follow("Offerte dakgoot");
    browser.sees("Kunt u hier eens naar kijken?");
    // What is read is told to the server, and the list is read anew.
    browser.run("await page.waitForFunction(() => !lines.textContent.includes('Ongelezen'))", Value::Null);
    wrong.extend(walk(browser, "a conversation"));
    for path in [
        "/compose",
        "/mailboxes",
        "/mailboxes/new",
        "/mailboxes/new?address=piet@elders.test",
        "/me",
        "/me/notifications",
        "/me/tokens",
        "/settings",
        "/settings/users",
        "/settings/sign-in",
        "/contacts/new",
        "/outbox",
    ] {
        browser.go(&format!("{}{path}", program.url()));
        wrong.extend(walk(browser, path));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    nothing_went_wrong(browser, &["Applying inline style violates"]);
}

#[test]
fn every_control_of_a_mailbox_of_any_kind_and_of_its_provider_is_reached_by_tab_and_shows_it() {
    let (_office, program, mut browser) = at_mail(&[letter()]);
    let browser = &mut browser;
    let app = json!({ "tenant": "voorbeeld.test", "client_id": "een-app", "client_secret": "een-geheim" });
    program.api.put("/organisation/apps/microsoft", &app);
    let by = |kind: &str| json!({ "kind": kind });
    let made = |address: &str, incoming: &str, outgoing: &str| {
        program.connect(&json!({ "address": address, "incoming": by(incoming), "outgoing": by(outgoing) }))
    };
    let server = program.api.list("/accounts")[0]["id"].as_str().expect("an id").to_owned();
    let granted = made("info@voorbeeld.test", "microsoft365", "microsoft365");
    let own = made("post@voorbeeld.test", "relay", "builtin");
    let mut paths = Vec::new();
    for id in [&server, &granted, &own] {
        for tab in ["", "/connect", "/folders", "/owners", "/sending", "/linking", "/devices", "/history", "/delete"] {
            paths.push(format!("/mailboxes/{id}{tab}"));
        }
    }
    paths.push(format!("/mailboxes/{granted}/authorise/device"));
    paths.push(format!("/mailboxes/{own}/sender"));
    let settings = ["microsoft", "google", "google/notifications", "mailgun", "mailgun/new", "addresses"];
    paths.extend(settings.map(|page| format!("/settings/{page}")));
    let mut wrong = Vec::new();
    for path in paths {
        let there = format!("{}{path}", program.url());
        let status = browser.run("return (await page.goto(given)).status()", json!(there));
        assert_eq!(status, json!(200), "{path}");
        browser.arrives(&path);
        // What is folded is laid open: it can be by Enter.
        let unfold =
            "await page.evaluate(() => document.querySelectorAll('details').forEach((it) => { it.open = true; }))";
        browser.run(unfold, Value::Null);
        wrong.extend(walk(browser, &path));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    nothing_went_wrong(browser, &["Applying inline style violates"]);
}

#[test]
fn escape_puts_back_what_was_opened_and_the_focus_with_it() {
    let (_office, program, mut browser) = at_mail(&[letter()]);
    let browser = &mut browser;
    browser.follow("Offerte dakgoot");
    browser.sees("Kunt u hier eens naar kijken?");
    let open = "return page.evaluate(() => document.querySelectorAll('details.pull[open], details.deeds[open], dialog[open]').length)";
    let at = "return page.evaluate(() => document.activeElement.textContent.trim())";
    for summary in ["Toewijzen", "Uitstellen", "Meer"] {
        browser.run("await page.locator('.bar summary', { hasText: given }).focus()", json!(summary));
        browser.key("Enter");
        assert_eq!(browser.run(open, Value::Null), json!(1), "{summary}");
        browser.key("Tab");
        assert_ne!(browser.run(at, Value::Null), json!(summary), "one goes in");
        browser.key("Escape");
        assert_eq!(browser.run(open, Value::Null), json!(0), "{summary} is put back");
        assert_eq!(browser.run(at, Value::Null), json!(summary), "the focus is where it was");
    }
    browser.key("?");
    assert_eq!(browser.run(open, Value::Null), json!(1), "the keys are shown");
    browser.key("Escape");
    assert_eq!((browser.run(open, Value::Null), browser.run(at, Value::Null)), (json!(0), json!("Meer")));

    browser.go(&format!("{}/compose", program.url()));
    program.api.post("/contacts", &json!({ "name": "Jan Jansen", "addresses": ["jan@elders.test"] }));
    browser.run("await page.locator('#to').pressSequentially('jan')", Value::Null);
    browser.run("await page.locator('.people-list [role=option]').first().waitFor()", Value::Null);
    browser.key("Escape");
    browser.run("await page.locator('.people-list').first().waitFor({ state: 'hidden' })", Value::Null);
    let field = "return page.evaluate(() => document.activeElement.id)";
    assert_eq!(browser.run(field, Value::Null), json!("to"), "who closes the list goes on typing");
}
