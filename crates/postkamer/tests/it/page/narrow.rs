//! On a telephone: everything is in reach, with and without script.

use super::{at_mail, gallery, nothing_went_wrong};
use serde_json::{Value, json};

#[test]
fn every_place_of_the_menu_is_in_reach_on_a_narrow_screen_without_script() {
    let (_office, program, mut browser) = at_mail(&[]);
    let script = "const still = await context.newPage();
        await still.setViewportSize({ width: 360, height: 640 });
        const session = await context.newCDPSession(still);
        await session.send('Emulation.setScriptExecutionDisabled', { value: true });
        await still.goto(given);
        const bar = still.getByRole('navigation', { name: 'Hoofdmenu' });
        const right = [];
        for (const name of ['Contacten', 'Dossiers', 'Postvak uit']) {
            const box = await bar.getByRole('link', { name, exact: true }).boundingBox();
            right.push(box.x + box.width);
        }
        await bar.locator('summary').click();
        for (const name of ['Mailboxen', 'Instellingen']) {
            const box = await bar.getByRole('link', { name, exact: true }).boundingBox();
            right.push(box.x + box.width);
        }
        const out = await bar.getByRole('button', { name: 'Afmelden' }).boundingBox();
        right.push(out.x + out.width);
        await bar.getByRole('link', { name: 'Instellingen', exact: true }).click();
        await still.waitForURL('**/settings**');
        await still.close();
        return right";
    let right = browser.run(script, json!(format!("{}/mail", program.url())));
    let right: Vec<f64> = serde_json::from_value(right).expect("numbers");
    assert!(right.len() == 6 && right.iter().all(|edge| *edge <= 360.0), "{right:?}");
    browser.run("await page.setViewportSize({ width: 360, height: 640 })", Value::Null);
    browser.run("await page.locator('.menu summary').click()", Value::Null);
    browser.judge(&gallery(), "menu-open");
    nothing_went_wrong(&mut browser, &["Applying inline style violates"]);
}

#[test]
fn an_empty_list_says_what_would_be_in_it() {
    let (_office, program, mut browser) = at_mail(&[]);
    for (view, words) in [
        ("mine", "Er staat niets op uw naam"),
        ("unassigned", "Alles is opgepakt"),
        ("snoozed", "Er is niets uitgesteld"),
        ("closed", "Er is niets gesloten"),
    ] {
        browser.go(&format!("{}/mail?view={view}", program.url()));
        browser.sees(words);
    }
    browser.judge(&gallery(), "mail-view-empty");
}
