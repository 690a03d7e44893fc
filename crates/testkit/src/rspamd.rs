//! Rspamd: a judge of mail that many receivers use, in a test's own internet ([`crate::Internet`]).

use crate::{Process, free_port, process::fill};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    io::Write as _,
    process::{Command, Stdio},
};

/// A running Rspamd, which asks the resolver of the internet it was started in.
#[derive(Debug)]
pub struct Rspamd {
    /// Where it takes letters to judge.
    pub port: u16,
    /// The process.
    pub process: Process,
}

/// Who brought a letter, as its server would tell the judge.
#[derive(Debug, Clone, Copy)]
pub struct Brought<'a> {
    /// From which address.
    pub ip: &'a str,
    /// Under which name.
    pub helo: &'a str,
    /// The sender on the envelope.
    pub from: &'a str,
}

impl Rspamd {
    /// Starts one, and waits until it judges.
    ///
    /// # Panics
    /// When Rspamd is not installed or does not start.
    pub fn start() -> Rspamd {
        let program = crate::home::program("Rspamd", &["/usr/bin/rspamd"]);
        let dir = Process::folder("rspamd");
        let port = free_port();
        let values = [("DIR", &*dir.display().to_string()), ("PORT", &*port.to_string())];
        let config = fill(include_str!("../peers/rspamd.conf"), &values);
        std::fs::write(dir.join("rspamd.conf"), config).expect("a file in our own folder");
        let script = format!("exec {} -f -i -c {}/rspamd.conf", program.display(), dir.display());
        let mut process = Process::start("Rspamd", dir, &script);
        process.wait_for_ports(&[port]);
        Rspamd { port, process }
    }

    /// What it finds in a letter: the name of each finding, and what it says with it.
    ///
    /// # Panics
    /// When it does not answer, or not as it should.
    pub fn finds(&self, letter: &[u8], brought: Brought<'_>) -> BTreeMap<String, Vec<String>> {
        let url = format!("http://127.0.0.1:{}/checkv2", self.port);
        let mut command = Command::new("curl");
        command.args(["--silent", "--show-error", "--fail", "--max-time", "60", "--data-binary", "@-", &url]);
        for (name, value) in [("IP", brought.ip), ("Helo", brought.helo), ("From", brought.from)] {
            command.args(["--header", &format!("{name}: {value}")]);
        }
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("curl is installed");
        child.stdin.take().expect("a pipe").write_all(letter).expect("curl reads");
        let ended = child.wait_with_output().expect("curl ends");
        assert!(ended.status.success(), "Rspamd did not judge; its log:\n{}", self.process.log());
        let answer: Value = serde_json::from_slice(&ended.stdout).expect("it answers in JSON");
        let found = answer["symbols"].as_object().expect("findings by name").iter();
        let said = |found: &Value| {
            let all = found["options"].as_array().into_iter().flatten();
            all.filter_map(Value::as_str).map(str::to_owned).collect()
        };
        found.map(|(name, found)| (name.clone(), said(found))).collect()
    }
}
