//! Mail that was made to do harm (`testdata/hostile`, by family), in every place where a stranger's words are shown: the list,
//! the conversation, paper, an answer, something passed on, and what lies behind a message. Nothing of it runs, nothing is
//! asked for elsewhere, nothing opens, and nothing leaves its place (reliability.md, cases 49 to 51).

use super::{gallery, sign_in};
use crate::fetch::text;
use crate::post_office::PostOffice;
use crate::program::{Backing, Program};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use testkit::{Append, Browser};

const HTML: &str = include_str!("../../../../../testdata/hostile/html.txt");
const TEXT: &str = include_str!("../../../../../testdata/hostile/text.txt");
const HEAD: &str = include_str!("../../../../../testdata/hostile/head.txt");
const FILE: &str = include_str!("../../../../../testdata/hostile/file.txt");

/// So many letters go in one conversation: as many as it opens at once.
const TOGETHER: usize = 6;

/// The bytes that a line of a list stands for: `\n`, `\r` and `\xNN` are signs.
fn bytes(line: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = line;
    while let Some((before, after)) = rest.split_once('\\') {
        out.extend_from_slice(before.as_bytes());
        let hex = after.strip_prefix('x').and_then(|it| it.get(..2)).and_then(|it| u8::from_str_radix(it, 16).ok());
        let (sign, used) = match (after.chars().next(), hex) {
            (_, Some(byte)) => (byte, 3),
            (Some('n'), _) => (b'\n', 1),
            (Some('r'), _) => (b'\r', 1),
            _ => (b'\\', 0),
        };
        out.push(sign);
        rest = &after[used..];
    }
    out.extend_from_slice(rest.as_bytes());
    out
}

/// Every letter: its family with its number, and its bytes.
fn letters() -> Vec<(String, Vec<u8>)> {
    let lines = |list: &'static str| list.lines().filter(|line| !line.is_empty() && !line.starts_with("# "));
    let html =
        lines(HTML).map(|it| (Vec::new(), [b"Content-Type: text/html; charset=utf-8\n\n", it.as_bytes()].concat()));
    let plain =
        lines(TEXT).map(|it| (Vec::new(), [&b"Content-Type: text/plain; charset=utf-8\n\n"[..], &bytes(it)].concat()));
    let head = lines(HEAD).map(|it| (bytes(it), b"Content-Type: text/plain; charset=utf-8\n\nDag".to_vec()));
    let file = lines(FILE).map(|it| {
        let (name, kind) = it.split_once('|').expect("a name and a kind");
        let name = String::from_utf8_lossy(&bytes(name)).replace('"', "\\\"");
        let inside = "<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'><script>alert(1)</script></svg>";
        let rest = format!(
            "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\nZie de bijlage.\n--b\n\
             Content-Type: {kind}\nContent-Disposition: attachment; filename=\"{name}\"\n\n{inside}\n--b--"
        );
        (Vec::new(), rest.into_bytes())
    });
    let all = html.map(|it| ("html", it)).chain(plain.map(|it| ("text", it)));
    let all = all.chain(head.map(|it| ("head", it))).chain(file.map(|it| ("file", it)));
    all.enumerate().map(|(n, (family, (head, rest)))| (format!("{family} {n}"), letter(n, &head, &rest))).collect()
}

/// A letter in the conversation of its six, with these fields in the place of the usual ones.
fn letter(n: usize, fields: &[u8], rest: &[u8]) -> Vec<u8> {
    let group = n / TOGETHER;
    let given = String::from_utf8_lossy(fields).to_lowercase();
    let mut raw = fields.to_vec();
    if !raw.is_empty() {
        raw.push(b'\n');
    }
    let usual = [
        ("from", "From: Jan Jansen <jan@elders.test>".to_owned()),
        ("to", "To: info@example.test".to_owned()),
        ("subject", format!("Subject: Proef {group}")),
        ("message-id", format!("Message-ID: <proef-{n}@elders.test>")),
        ("date", "Date: Mon, 2 Mar 2026 10:00:00 +0100".to_owned()),
    ];
    for (name, line) in usual {
        if !given.starts_with(&format!("{name}:")) {
            raw.extend_from_slice(line.as_bytes());
            raw.push(b'\n');
        }
    }
    raw.extend_from_slice(format!("References: <begin-{group}@elders.test>\nMIME-Version: 1.0\n").as_bytes());
    raw.extend_from_slice(rest);
    raw.push(b'\n');
    let mut crlf = Vec::with_capacity(raw.len() + 64);
    for byte in raw {
        if byte == b'\n' {
            crlf.push(b'\r');
        }
        crlf.push(byte);
    }
    crlf
}

/// Looks at the page as it is, and names everything that is not as it should be.
const LOOK: &str = r#"
    const faults = [];
    const base = given.base;
    if (!page.url().startsWith(base)) faults.push(`left for ${page.url()}`);
    if (context.pages().length !== 1) faults.push('another window opened');
    faults.push(...seen.dialogs.splice(0).map((it) => `a dialog: ${it}`));
    const known = (url) => url.startsWith(base) || url.startsWith('data:') || url === 'about:blank' || url === 'about:srcdoc';
    faults.push(...seen.requests.splice(0).filter((url) => !known(url)).map((url) => `asked for ${url}`));
    const bad = 'script,iframe,object,embed,applet,form,input,button,select,textarea,svg,math,link,base,meta[http-equiv],video,audio,area,[id],[name]:not(meta),[class]:not(.elsewhere,.letter)';
    // In a document where nothing runs we only look: by selectors, and by what lies at a place.
    const still = async (frame, where) => {
        const found = frame.locator(bad);
        for (let n = 0; n < await found.count(); n++) faults.push(`${where}: ${await found.nth(n).evaluate((it) => it.outerHTML.slice(0, 80)).catch(String)}`);
    };
    if (given.paper) {
        await still(page, 'on paper');
        const cdp = await context.newCDPSession(page);
        await cdp.send('DOM.enable');
        const heads = page.locator('article > dl');
        for (let n = 0; n < await heads.count(); n++) {
            await heads.nth(n).scrollIntoViewIfNeeded();
            const at = await heads.nth(n).boundingBox();
            if (at.width > 800) faults.push('a head that is too wide');
            // The place is asked for as the document counts, not the window.
            const { cssVisualViewport: { pageX, pageY } } = await cdp.send('Page.getLayoutMetrics');
            const place = { x: Math.round(at.x + pageX + 20), y: Math.round(at.y + pageY + at.height / 2) };
            const hit = await cdp.send('DOM.getNodeForLocation', place).catch(() => null);
            const lies = hit ? (await cdp.send('DOM.describeNode', { backendNodeId: hit.backendNodeId })).node.nodeName : 'nothing';
            if (!['DL', 'DT', 'DD', 'BDI', '#text'].includes(lies)) faults.push(`a ${lies} lies over a head`);
        }
        await cdp.detach();
        return faults;
    }
    const main = await page.evaluate(() => {
        const found = [];
        const all = [...document.querySelectorAll('*')];
        for (const it of all) for (const { name } of it.attributes) if (name.startsWith('on') || name.startsWith('hx-on')) found.push(`${it.tagName} has ${name}`);
        for (const it of document.querySelectorAll('script')) if (!it.getAttribute('src')?.startsWith('/assets/')) found.push('a script of its own');
        for (const it of document.querySelectorAll('form:not([method=dialog])')) if (!it.getAttribute('action')?.startsWith('/')) found.push(`a form to ${it.action}`);
        for (const it of document.querySelectorAll('a[href]')) if (!/^(https?|mailto):$/.test(it.protocol)) found.push(`a link to ${it.href}`);
        for (const it of document.querySelectorAll('object,embed,applet,base,meta[http-equiv],math,portal')) found.push(`a ${it.tagName}`);
        for (const it of document.querySelectorAll('iframe')) if (it.getAttribute('sandbox') !== 'allow-popups allow-popups-to-escape-sandbox') found.push('a box with a hole');
        if (document.documentElement.scrollWidth > innerWidth) found.push(`${document.documentElement.scrollWidth - innerWidth} pixels too wide`);
        return found;
    });
    faults.push(...main);
    for (const frame of page.frames().slice(1)) {
        if (!frame.url().startsWith(base) || !/\/mail\/messages\/msg_\w+\/body$/.test(new URL(frame.url()).pathname)) faults.push(`a box shows ${frame.url()}`);
        await still(frame, 'in a box');
    }
    return faults;
"#;

struct Trap {
    browser: Browser,
    base: String,
    faults: BTreeMap<String, Value>,
    looked: usize,
}

impl Trap {
    /// Goes to a page, waits for what it shows, and keeps what is wrong under this name.
    fn look(&mut self, name: &str, path: &str, until: &str) {
        let script = "await page.goto(given[0], { waitUntil: 'load' }); if (given[1]) await page.locator(given[1]).first().waitFor({ state: 'attached' })";
        self.browser.run(script, json!([format!("{}{path}", self.base), until]));
        let found = self.browser.run(LOOK, json!({ "base": self.base, "paper": path.ends_with("/print") }));
        self.looked += 1;
        if found != json!([]) {
            self.faults.insert(format!("{name} {path}"), found);
        }
    }
}

#[test]
fn mail_that_means_harm_does_none_wherever_it_is_shown() {
    let letters = letters();
    assert!(letters.len() >= 150, "only {} letters", letters.len());
    let office = PostOffice::open();
    let appends: Vec<Append> =
        letters.iter().map(|(_, raw)| Append { raw: raw.clone(), ..Append::default() }).collect();
    office.client("info").append("INBOX", &appends);
    let (program, _) = office.tenant(Backing::Disk);
    let mut trap =
        Trap { browser: Browser::open(), base: program.url().to_owned(), faults: BTreeMap::new(), looked: 0 };
    snaps(&mut trap);
    sign_in(&mut trap.browser, program.url(), &program.installation.admin, &program.installation.password);
    trap.browser.sees("Postvak in");

    let conversations = program.api.list("/conversations");
    let messages = program.api.list("/messages");
    assert_eq!(messages.len(), letters.len(), "some letters did not come in");
    trap.look("the list", "/mail", "#lines li");
    trap.browser.judge(&gallery(), "hostile-list");
    for conversation in &conversations {
        let id = text(&conversation["id"]);
        trap.look("to read", &format!("/mail/{id}"), ".message");
        trap.look("on paper", &format!("/mail/{id}/print"), "article");
    }
    for message in &messages {
        let (id, subject) = (text(&message["id"]), text(&message["subject"]));
        for how in ["reply", "forward"] {
            trap.look(&format!("{how} {subject}"), &format!("/compose?how={how}&message={id}"), ".editor");
        }
    }
    for message in behind(&messages, &program) {
        trap.look("behind", &format!("/mail/messages/{message}/details"), "#head");
    }
    let Trap { faults, looked, .. } = trap;
    assert!(looked > 2 * letters.len(), "only {looked} pages were looked at");
    assert!(faults.is_empty(), "{} of {looked} pages:\n{faults:#?}", faults.len());
}

/// The trap must snap: a page that does what the letters try is found out.
fn snaps(trap: &mut Trap) {
    let bad = "await page.setContent(`<p onclick=1>x</p><img src=https://kwaad.test/p.gif><script>alert(1)<\\/script><form action=https://kwaad.test></form><p style='width:5000px'>x</p>`)";
    trap.browser.run(bad, Value::Null);
    let found = trap.browser.run(LOOK, json!({ "base": trap.base })).to_string();
    for word in ["left for", "a dialog", "asked for https://kwaad.test/p.gif", "has onclick", "a form to", "too wide"] {
        assert!(found.contains(word), "{word} was not seen: {found}");
    }
}

/// The messages whose heads are the harm.
fn behind(messages: &[Value], program: &Program) -> Vec<String> {
    let odd = |id: &String| {
        let raw = program.api.bytes(&format!("/messages/{id}/raw"));
        !raw.starts_with(b"From: Jan Jansen")
    };
    messages.iter().map(|message| text(&message["id"])).filter(odd).collect()
}
