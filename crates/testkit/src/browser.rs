//! A real browser, driven by a test: Debian's Chromium by way of Playwright.

use crate::{Process, home};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// A browser with one page open. Gone, with everything it started, when dropped.
#[derive(Debug)]
pub struct Browser {
    driver: Child,
    say: Option<ChildStdin>,
    hear: BufReader<ChildStdout>,
    dir: std::path::PathBuf,
}

/// How a page looks to axe and in a picture: a name, the width in pixels, and whether the system is dark.
const LOOKS: [(&str, u32, &str); 4] = [
    ("wide-light", 1280, "light"),
    ("wide-dark", 1280, "dark"),
    ("narrow-light", 360, "light"),
    ("narrow-dark", 360, "dark"),
];

/// Waits until the page listens: what is pressed or typed before its script is there is lost, or meets a plain field that
/// the editor takes the place of.
const LISTENS: &str = "await page.waitForLoadState('load');
    await page.waitForFunction(() =>
      [...document.querySelectorAll('form[data-begun]')].every((it) => it.querySelector('.editor')));";

impl Browser {
    /// Opens one.
    ///
    /// # Panics
    /// When Chromium, node or Playwright is not installed or does not start.
    pub fn open() -> Browser {
        home::program("chromium", &["/usr/bin/chromium"]);
        let programs = home::need(home::home().join("browser/ready")).with_file_name("node_modules");
        let dir = Process::folder("browser");
        let log = std::fs::File::create(dir.join("log")).expect("a log");
        let mut driver = Command::new("node")
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/browser/drive.mjs"))
            .args([programs.as_path(), dir.as_path()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .expect("node starts");
        let say = driver.stdin.take();
        let hear = BufReader::new(driver.stdout.take().expect("a pipe of our own"));
        let mut browser = Browser { driver, say, hear, dir };
        let ready = browser.answer();
        assert_eq!(ready, json!({ "ready": true }), "the browser did not open");
        browser
    }

    /// Runs a piece of script in the driver and answers what it returns. At hand: Playwright's `page` and `context`,
    /// `seen` (`requests`, `dialogs`, `mistakes`), `findings()` (axe), and `given`.
    ///
    /// # Panics
    /// When the script fails.
    pub fn run(&mut self, script: &str, given: Value) -> Value {
        let line = json!({ "script": script, "given": given }).to_string();
        writeln!(self.say.as_mut().expect("an open pipe"), "{line}").expect("the browser still listens");
        let answer = self.answer();
        assert!(answer["error"].is_null(), "{script}\n{}", answer["error"].as_str().unwrap_or_default());
        answer["value"].clone()
    }

    /// Runs a piece of script once the page listens.
    fn act(&mut self, script: &str, given: Value) -> Value {
        self.run(&format!("{LISTENS} {script}"), given)
    }

    /// Goes to a page.
    pub fn go(&mut self, url: &str) {
        self.run(&format!("await page.goto(given); {LISTENS}"), json!(url));
    }

    /// Types into the field with this label.
    pub fn fill(&mut self, label: &str, text: &str) {
        self.act("await page.getByLabel(given[0], { exact: true }).fill(given[1])", json!([label, text]));
    }

    /// Presses the button of this name.
    pub fn press(&mut self, name: &str) {
        self.act("await page.getByRole('button', { name: given, exact: true }).first().click()", json!(name));
    }

    /// Follows the link of this name.
    pub fn follow(&mut self, name: &str) {
        self.act("await page.getByRole('link', { name: given }).first().click()", json!(name));
    }

    /// Waits until this text is to be seen, and the page listens.
    pub fn sees(&mut self, text: &str) {
        let script = "await page.getByText(given).filter({ visible: true }).first().waitFor();";
        self.run(&format!("{script} {LISTENS}"), json!(text));
    }

    /// Waits until the browser is at this path, in which `*` stands for anything, and the page listens.
    pub fn arrives(&mut self, path: &str) {
        self.run(&format!("await page.waitForURL(`**${{given}}`); {LISTENS}"), json!(path));
    }

    /// Types a key, as `page.keyboard.press` names it.
    pub fn key(&mut self, key: &str) {
        self.act("await page.keyboard.press(given)", json!(key));
    }

    /// The path and query of the page.
    pub fn path(&mut self) -> String {
        let path = self.run("const url = new URL(page.url()); return url.pathname + url.search", Value::Null);
        path.as_str().unwrap_or_default().to_owned()
    }

    /// Holds the page against axe in light and dark, wide and narrow, and photographs it into `folder` when the variable
    /// `POSTKAMER_PICTURES` is set. What is dark differs by its colours only, so only these are looked at again.
    ///
    /// # Panics
    /// When axe finds something, or the page is wider than the window.
    pub fn judge(&mut self, folder: &Path, name: &str) {
        let mut all = Vec::new();
        let is_photographed = std::env::var_os("POSTKAMER_PICTURES").is_some();
        for (look, width, scheme) in LOOKS {
            let file = is_photographed.then(|| folder.join(format!("{name}-{look}.png")));
            let script = "await page.setViewportSize({ width: given.width, height: 800 });
                await page.emulateMedia({ colorScheme: given.scheme });
                if (given.file) await page.screenshot({ path: given.file });
                const found = await findings(given.scheme === 'dark');
                const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
                return over > 0 ? [...found, `${over} pixels too wide`] : found";
            let found = self.act(script, json!({ "width": width, "scheme": scheme, "file": file }));
            all.extend(found.as_array().into_iter().flatten().map(|finding| format!("{look}: {finding}")));
        }
        let back = "await page.setViewportSize({ width: 1280, height: 800 }); await page.emulateMedia({ colorScheme: 'light' })";
        self.run(back, Value::Null);
        assert!(all.is_empty(), "{name}:\n{}", all.join("\n"));
    }

    fn answer(&mut self) -> Value {
        let mut line = String::new();
        self.hear.read_line(&mut line).expect("the browser's answer is text");
        let log = || std::fs::read_to_string(self.dir.join("log")).unwrap_or_default();
        serde_json::from_str(&line).unwrap_or_else(|_| panic!("the browser said {line:?}; its log:\n{}", log()))
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The driver closes the browser when our pipe closes.
        drop(self.say.take());
        let _ = self.driver.wait();
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}
