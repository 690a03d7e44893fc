//! The program under test, which may die at any moment, and calls that know it may.

use crate::backing::{Backing, Kind};
use serde_json::{Value, json};
use std::cell::Cell;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use testkit::{Installation, free_port, is_listening};
use tokio::runtime::Runtime;

/// A start may take this long, whatever the last end was (reliability case 3).
const READY_WITHIN: Duration = Duration::from_secs(10);
/// How long anything else may take before a test calls it broken; the machine may be busy building something.
const PATIENCE: Duration = Duration::from_secs(90);

/// An installation with an administrator's token.
pub(crate) struct House {
    pub(crate) installation: Installation,
    pub(crate) backing: Backing,
    /// A second data folder on the same stores: then every start is the other's turn.
    other: Option<Installation>,
    pub(crate) starts: Cell<usize>,
    /// How many of them took longer than they may.
    pub(crate) slow_starts: Cell<usize>,
    token: String,
    http: reqwest::Client,
    pub(crate) runtime: Runtime,
    _folder: Option<TempDir>,
}

/// The program while it runs; killed when dropped.
pub(crate) struct Running {
    pub(crate) child: Child,
    url: String,
}

impl House {
    pub(crate) fn new() -> House {
        House::on(Kind::Disk)
    }

    /// One on this kind of store.
    pub(crate) fn on(kind: Kind) -> House {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut house = House::at(folder.path().join("data"), Backing::new(kind));
        if kind == Kind::Nodes {
            let mut other = house.installation.clone();
            other.data = folder.path().join("other");
            let key = house.installation.data.join("postkamer.key").display().to_string();
            other.variables.push(("POSTKAMER_KEY_FILE".into(), key));
            house.other = Some(other);
        }
        house._folder = Some(folder);
        house
    }

    /// One in a folder of the caller's.
    pub(crate) fn at(data: std::path::PathBuf, backing: Backing) -> House {
        let variables = backing.variables();
        let variables: Vec<(&str, &str)> =
            variables.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let installation = Installation::set_up(env!("CARGO_BIN_EXE_postkamer").into(), data, &variables);
        let http = reqwest::Client::builder().no_proxy().pool_max_idle_per_host(0).timeout(Duration::from_secs(60));
        House {
            token: installation.token(),
            installation,
            backing,
            other: None,
            starts: Cell::new(0),
            slow_starts: Cell::new(0),
            http: http.build().expect("a client"),
            runtime: tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime"),
            _folder: None,
        }
    }

    /// Starts it with these variables and returns when it is ready, or `None` when it died before that.
    pub(crate) fn try_start(&self, variables: &[(&str, &str)]) -> Option<Running> {
        let port = free_port();
        self.starts.set(self.starts.get() + 1);
        let log = std::fs::File::options().create(true).append(true).open(self.log());
        let mut command = self.node().command("serve");
        command.args(["--http", &format!("127.0.0.1:{port}")]).envs(variables.iter().copied());
        command.stdout(Stdio::null()).stderr(log.expect("a log beside the data folder"));
        let mut running =
            Running { child: command.spawn().expect("the program starts"), url: format!("http://127.0.0.1:{port}") };
        let begin = Instant::now();
        loop {
            if let Some(status) = running.child.try_wait().expect("our own child") {
                let died = std::os::unix::process::ExitStatusExt::signal(&status).is_some();
                assert!(died, "it did not start:\n{}", self.last_words());
                return None;
            }
            let path = format!("{}/readyz", running.url);
            let asked = self
                .runtime
                .block_on(async { if is_listening(port) { self.http.get(path).send().await.ok() } else { None } });
            if asked.is_some_and(|answer| answer.status().is_success()) {
                self.slow_starts.set(self.slow_starts.get() + usize::from(begin.elapsed() > READY_WITHIN));
                return Some(running);
            }
            assert!(begin.elapsed() < PATIENCE, "not ready in time:\n{}", self.last_words());
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    pub(crate) fn start(&self) -> Running {
        self.try_start(&[]).unwrap_or_else(|| panic!("it died at its start:\n{}", self.last_words()))
    }

    /// A call, or `None` when the program died before its answer was complete.
    pub(crate) fn try_call(
        &self,
        running: &Running,
        method: &str,
        path: &str,
        body: &Value,
        key: Option<&str>,
    ) -> Option<(u16, Value)> {
        let method = method.parse().expect("a method");
        let mut request = self.http.request(method, format!("{}/api/v1{path}", running.url)).bearer_auth(&self.token);
        if !body.is_null() {
            request = request.json(body);
        }
        if let Some(key) = key {
            request = request.header("Idempotency-Key", key);
        }
        self.runtime.block_on(async {
            let answer = request.send().await.ok()?;
            let status = answer.status().as_u16();
            let bytes = answer.bytes().await.ok()?;
            Some((status, serde_json::from_slice(&bytes).unwrap_or_default()))
        })
    }

    /// A call that must go well.
    pub(crate) fn call(&self, running: &Running, method: &str, path: &str, body: &Value) -> Value {
        let (status, answer) = self
            .try_call(running, method, path, body, None)
            .unwrap_or_else(|| panic!("{method} {path}: no answer; its last words:\n{}", self.last_words()));
        assert!((200..300).contains(&status), "{method} {path}: {status} {answer}\n{}", self.last_words());
        answer
    }

    pub(crate) fn get(&self, running: &Running, path: &str) -> Value {
        self.call(running, "GET", path, &Value::Null)
    }

    /// Connects an account and answers its id.
    pub(crate) fn connect(&self, running: &Running, address: &str, incoming: Value, outgoing: Value) -> String {
        let account = json!({
            "display_name": "Proefpost", "address": address, "incoming": incoming, "outgoing": outgoing,
            "allow_plaintext": true,
        });
        let made = self.call(running, "POST", "/accounts", &account);
        made["id"].as_str().expect("an id").to_owned()
    }

    /// The data folder whose turn it is.
    fn node(&self) -> &Installation {
        self.other.as_ref().filter(|_| self.starts.get().is_multiple_of(2)).unwrap_or(&self.installation)
    }

    fn log(&self) -> std::path::PathBuf {
        self.node().data.with_extension("log")
    }

    /// The end of what it wrote so far.
    pub(crate) fn last_words(&self) -> String {
        let log = std::fs::read_to_string(self.log()).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(40)..].join("\n")
    }
}

impl Drop for House {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("--- the last words of the program:\n{}", self.last_words());
        }
    }
}

impl Running {
    /// Ends it as the power does.
    pub(crate) fn kill(mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Whether it has died by itself by now.
    pub(crate) fn is_dead(&mut self) -> bool {
        self.child.try_wait().is_ok_and(|ended| ended.is_some())
    }

    /// Asks it to stop, and waits until it did.
    pub(crate) fn stop(mut self) {
        let asked = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        assert!(asked.is_ok_and(|status| status.success()), "kill works");
        assert!(self.child.wait().expect("our own child").success(), "it ends well when asked to");
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself, which is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// One half of an account on this machine.
pub(crate) fn half(kind: &str, port: u16) -> Value {
    json!({
        "kind": kind, "host": "127.0.0.1", "port": port, "encryption": "none", "username": "anna", "secret": "geheim-1",
    })
}

/// What is found as soon as it is there; looks again every few milliseconds.
pub(crate) fn wait_until<T>(what: &str, mut found: impl FnMut() -> Option<T>) -> T {
    let begin = Instant::now();
    loop {
        if let Some(found) = found() {
            return found;
        }
        assert!(begin.elapsed() < PATIENCE, "waited in vain until {what}");
        std::thread::sleep(Duration::from_millis(15));
    }
}
