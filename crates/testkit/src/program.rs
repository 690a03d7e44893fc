//! The program under test, run the way a person runs it.

use crate::{free_port, is_listening};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// An installation: a data folder, and what every command on it is told.
#[derive(Debug, Clone)]
pub struct Installation {
    /// The program file.
    pub program: PathBuf,
    /// The data folder.
    pub data: PathBuf,
    /// Variables for every command, such as `POSTKAMER_DATABASE`.
    pub variables: Vec<(String, String)>,
    /// Where it listens when it serves; at another free port each time when there is none.
    pub http: Option<u16>,
    /// The administrator's address.
    pub admin: String,
    /// The administrator's password.
    pub password: String,
}

/// The program while it serves; killed without warning when dropped.
#[derive(Debug)]
pub struct Serving {
    /// `http://127.0.0.1:PORT`.
    pub url: String,
    /// The process.
    pub child: Child,
    log: PathBuf,
}

impl Installation {
    /// A new installation in a folder that does not exist yet, which may reach servers on this machine.
    ///
    /// # Panics
    /// When the set-up fails.
    pub fn set_up(program: PathBuf, data: PathBuf, variables: &[(&str, &str)]) -> Installation {
        let mut variables: Vec<(String, String)> =
            variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        variables.push(("POSTKAMER_ALLOW_NETWORK".into(), "127.0.0.0/8,::1/128".into()));
        let installation = Installation {
            program,
            data,
            variables,
            http: None,
            admin: "beheer@voorbeeld.test".into(),
            password: "een-lang-genoeg-wachtwoord".into(),
        };
        let file = installation.data.with_extension("password");
        std::fs::write(&file, &installation.password).expect("a file beside the data folder");
        let who =
            ["--without-mailbox", "--organisation", "Voorbeeld", "--admin", &installation.admin, "--password-file"];
        let output = installation.command("setup").args(who).arg(&file).output().expect("the program starts");
        assert!(output.status.success(), "setup: {}", String::from_utf8_lossy(&output.stderr));
        installation
    }

    /// A command of the program, such as `fetch`, with this installation's options. It speaks English whatever this machine
    /// speaks, unless the variables say otherwise.
    pub fn command(&self, name: &str) -> Command {
        let mut command = Command::new(&self.program);
        for language in ["POSTKAMER_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"] {
            command.env_remove(language);
        }
        command.arg("--data").arg(&self.data).arg(name).envs(self.variables.iter().cloned());
        command
    }

    /// Runs a command to its end.
    pub fn run(&self, name: &str, arguments: &[&str]) -> Output {
        self.command(name).args(arguments).output().expect("the program starts")
    }

    /// A token of the administrator's with all rights. Ask before serving: on SQLite the running program holds the folder.
    ///
    /// # Panics
    /// When there is none to be had.
    pub fn token(&self) -> String {
        let output = self.run("token", &["--user", &self.admin, "--name", "proef", "--scope", "admin"]);
        let text = String::from_utf8_lossy(&output.stdout);
        let last = text.lines().last().map(str::trim).unwrap_or_default();
        assert!(output.status.success() && !last.is_empty(), "token: {}", String::from_utf8_lossy(&output.stderr));
        last.to_owned()
    }

    /// Serves on a free port and returns when it listens, or when it died at the point where it was told to: what it does
    /// by itself may come there sooner.
    ///
    /// # Panics
    /// When it ends otherwise or does not listen within a minute.
    pub fn serve(&self) -> Serving {
        let port = self.http.unwrap_or_else(free_port);
        let log = self.data.with_extension("log");
        let file = std::fs::File::options().create(true).append(true).open(&log).expect("a log beside the data folder");
        let mut command = self.command("serve");
        command.args(["--http", &format!("127.0.0.1:{port}")]).stdout(Stdio::null()).stderr(file);
        let mut child = command.spawn().expect("the program starts");
        let may_die = self.variables.iter().any(|(name, _)| name == "POSTKAMER_KILLPOINT");
        let begin = Instant::now();
        while !is_listening(port) {
            let ended = child.try_wait().ok().flatten();
            if may_die && ended.is_some_and(|status| status.code().is_none()) {
                break;
            }
            let words = || std::fs::read_to_string(&log).unwrap_or_default();
            assert!(ended.is_none(), "serve ended: {}", words());
            assert!(begin.elapsed() < Duration::from_secs(60), "serve does not listen: {}", words());
            std::thread::sleep(Duration::from_millis(5));
        }
        Serving { url: format!("http://127.0.0.1:{port}"), child, log }
    }
}

impl Serving {
    /// What it wrote so far, over all starts of this installation.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // It may have ended by itself, which is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
