//! The program under test: an installation of its own on each kind of store, served, and looked at from outside.

use crate::client::Client;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::process::{Command, ExitStatus};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use testkit::{Installation, Postgres, S3, Serving, SmallDisk};

/// How long anything may take before a test calls it broken. The machine may be busy building something, and a mail server
/// that answers "later" is asked again after a minute.
const PATIENCE: Duration = Duration::from_secs(180);

/// Where an installation keeps its things.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Backing {
    /// SQLite and files in the data folder.
    Disk,
    /// PostgreSQL, files in the data folder.
    Postgres,
    /// SQLite, and raw messages in a bucket.
    S3,
    /// PostgreSQL and a bucket, which several nodes share.
    Nodes,
}

/// Tells a story on each kind of store: `the_story::on_disk`, `on_postgres`, `on_s3`.
macro_rules! on_every_backing {
    ($(#[$doc:meta])* $story:ident) => {
        mod $story {
            #[test]
            fn on_disk() {
                super::stories::$story($crate::program::Backing::Disk);
            }
            #[test]
            fn on_postgres() {
                super::stories::$story($crate::program::Backing::Postgres);
            }
            #[test]
            fn on_s3() {
                super::stories::$story($crate::program::Backing::S3);
            }
        }
    };
}
pub(crate) use on_every_backing;

/// An installation that serves. When the test fails, its log is shown.
#[derive(Debug)]
pub(crate) struct Program {
    pub(crate) installation: Installation,
    /// The interface as the administrator's program reaches it.
    pub(crate) api: Client,
    serving: Option<Serving>,
    folder: TempDir,
}

impl Program {
    /// Sets up an organisation and serves it.
    pub(crate) fn start(backing: Backing) -> Program {
        Program::start_with(backing, &[])
    }

    /// The same with further variables, such as `POSTKAMER_EXTRA_CA`.
    pub(crate) fn start_with(backing: Backing, variables: &[(&str, &str)]) -> Program {
        Program::start_in(tempfile::tempdir().expect("a temporary folder"), backing, variables)
    }

    /// The same with its data folder on a disk of so many megabytes, which is to be dropped first.
    pub(crate) fn start_on_small_disk(megabytes: usize) -> (Program, SmallDisk) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let disk = SmallDisk::at(&folder.path().join("data"), megabytes);
        (Program::start_in(folder, Backing::Disk, &[]), disk)
    }

    fn start_in(folder: TempDir, backing: Backing, variables: &[(&str, &str)]) -> Program {
        let installation = set_up(&folder, backing, variables);
        // Beside SQLite only one process works on a data folder, so the token comes first.
        let token = installation.token();
        let serving = installation.serve();
        let api = Client::new(&serving.url, &token);
        Program { installation, api, serving: Some(serving), folder }
    }

    /// A second node of [`Backing::Nodes`], with these variables besides, which serves beside the first, at this port.
    pub(crate) fn second_node(&self, http: Option<u16>, variables: &[(&str, &str)]) -> Program {
        let mut node = self.further_node(variables);
        node.installation.http = http;
        node.serve_again();
        node
    }

    /// The same, while it does not serve.
    pub(crate) fn further_node(&self, variables: &[(&str, &str)]) -> Program {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut installation = Installation { data: folder.path().join("data"), ..self.installation.clone() };
        let key = self.installation.data.join("postkamer.key").display().to_string();
        installation.variables.push(("POSTKAMER_KEY_FILE".to_owned(), key));
        let further = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        installation.variables.extend(further);
        Program { installation, api: self.api.clone(), serving: None, folder }
    }

    /// Where it serves.
    pub(crate) fn url(&self) -> &str {
        &self.serving.as_ref().expect("it serves").url
    }

    /// A path beside the data folder.
    pub(crate) fn beside(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// What it wrote so far.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.installation.data.with_extension("log")).unwrap_or_default()
    }

    /// Asks it to stop, as a service manager does, and waits until it did.
    pub(crate) fn stop(&mut self) -> ExitStatus {
        let mut serving = self.serving.take().expect("it serves");
        let asked = Command::new("kill").args(["-TERM", &serving.child.id().to_string()]).status();
        assert!(asked.is_ok_and(|status| status.success()), "kill works");
        serving.child.wait().expect("our own child")
    }

    /// Waits until it is dead by a hand other than ours.
    pub(crate) fn killed(&mut self) {
        let mut serving = self.serving.take().expect("it serves");
        assert!(!serving.child.wait().expect("our own child").success());
    }

    /// Whether it has died by itself by now.
    pub(crate) fn is_dead(&mut self) -> bool {
        let serving = self.serving.as_mut().expect("it serves");
        serving.child.try_wait().is_ok_and(|ended| ended.is_some())
    }

    /// Serves again, and dies the first time that it comes to this point.
    pub(crate) fn serve_until(&mut self, point: &str) {
        self.installation.variables.push(("POSTKAMER_KILLPOINT".into(), format!("{point}:1")));
        self.serve_again();
        self.installation.variables.pop();
    }

    /// Serves again, at another port; the token stays good.
    pub(crate) fn serve_again(&mut self) {
        let serving = self.installation.serve();
        self.api = self.api.at(&serving.url);
        self.serving = Some(serving);
    }

    /// Connects an account and answers its id.
    pub(crate) fn connect(&self, account: &Value) -> String {
        let made = self.api.post("/accounts", account);
        made["id"].as_str().expect("an id").to_owned()
    }

    /// Fetches the account now and answers what came.
    pub(crate) fn fetch(&self, account: &str) -> Value {
        self.api.post(&format!("/accounts/{account}/fetch?wait=true"), &json!({}))
    }

    /// A colleague with this role, and the interface as their program reaches it. Starts the program anew.
    pub(crate) fn colleague(&mut self, email: &str, role: &str, scope: &str) -> (String, Client) {
        let user = self.api.post("/users", &json!({ "email": email, "name": email, "role": role }));
        let token = self.token(email, scope);
        (user["id"].as_str().expect("an id").to_owned(), self.api.speaking_for(&token))
    }

    /// A further token for somebody, by the command line while nothing serves.
    pub(crate) fn token(&mut self, email: &str, scope: &str) -> String {
        assert!(self.stop().success());
        let output = self.installation.run("token", &["--user", email, "--name", "proef", "--scope", scope]);
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "token: {}", String::from_utf8_lossy(&output.stderr));
        self.serve_again();
        text.lines().last().expect("a token alone on the last line").to_owned()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let log = self.log();
            let lines: Vec<&str> = log.lines().collect();
            let last = lines.len().saturating_sub(60);
            eprintln!("--- the last words of the program:\n{}", lines[last..].join("\n"));
            // By another program, because whoever panics twice is ended without a word.
            let bearer = format!("Authorization: Bearer {}", self.api.token());
            let asked = self.serving.as_ref().map(|serving| format!("{}/api/v1/outbox", serving.url));
            let output = Command::new("curl").args(["-sm", "5", "-H", &bearer]).args(asked).output();
            let said = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
            eprintln!("--- its outbox:\n{said}");
        }
    }
}

/// An installation that does not serve yet.
pub(crate) fn set_up(folder: &TempDir, backing: Backing, variables: &[(&str, &str)]) -> Installation {
    static NUMBER: AtomicUsize = AtomicUsize::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let mut all: Vec<(String, String)> = store_variables(backing, number);
    all.extend(variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    let all: Vec<(&str, &str)> = all.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    Installation::set_up(env!("CARGO_BIN_EXE_postkamer").into(), folder.path().join("data"), &all)
}

fn store_variables(backing: Backing, number: usize) -> Vec<(String, String)> {
    static BUCKET: OnceLock<S3> = OnceLock::new();
    let owned =
        |pairs: &[(&str, String)]| pairs.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    match backing {
        Backing::Nodes => {
            let database = store_variables(Backing::Postgres, number);
            database.into_iter().chain(store_variables(Backing::S3, number)).collect()
        }
        Backing::Disk => Vec::new(),
        Backing::Postgres => {
            owned(&[("POSTKAMER_DATABASE", Postgres::shared().database(&format!("program_{number}")))])
        }
        Backing::S3 => {
            let s3 = BUCKET.get_or_init(S3::start);
            let url = format!("s3://{}/program-{number}?endpoint={}&region={}", s3.bucket, s3.endpoint, s3.region);
            owned(&[
                ("POSTKAMER_BLOBS", url),
                ("AWS_ACCESS_KEY_ID", s3.access_key.clone()),
                ("AWS_SECRET_ACCESS_KEY", s3.secret_key.clone()),
            ])
        }
    }
}

/// The incoming half of an account on this machine, without encryption.
pub(crate) fn imap(port: u16, user: &str, password: &str) -> Value {
    json!({ "kind": "imap", "host": "127.0.0.1", "port": port, "encryption": "none", "username": user, "secret": password })
}

/// The outgoing half of an account on this machine, without encryption.
pub(crate) fn smtp(port: u16, user: &str, password: &str) -> Value {
    json!({ "kind": "smtp", "host": "127.0.0.1", "port": port, "encryption": "none", "username": user, "secret": password })
}

/// The half that does nothing.
pub(crate) fn none() -> Value {
    json!({ "kind": "none" })
}

/// An account that may work without encryption.
pub(crate) fn account(address: &str, incoming: Value, outgoing: Value) -> Value {
    json!({
        "display_name": "Proefpost", "address": address, "incoming": incoming, "outgoing": outgoing,
        "allow_plaintext": true,
    })
}

/// What is found as soon as it is there; looks again every few milliseconds.
pub(crate) fn wait_until<T>(what: &str, found: impl FnMut() -> Option<T>) -> T {
    wait_longer(PATIENCE, what, found)
}

/// The same for what takes its time by design.
pub(crate) fn wait_longer<T>(patience: Duration, what: &str, mut found: impl FnMut() -> Option<T>) -> T {
    let begin = Instant::now();
    loop {
        if let Some(found) = found() {
            return found;
        }
        assert!(begin.elapsed() < patience, "waited in vain until {what}");
        std::thread::sleep(Duration::from_millis(15));
    }
}
