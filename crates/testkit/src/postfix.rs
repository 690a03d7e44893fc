//! Postfix: the main SMTP peer. Takes submissions, delivers through LMTP, and fails on request.

use crate::{Identity, Process, free_port, process::fill};
use std::path::PathBuf;

/// What one Postfix shall be like.
#[derive(Debug, Clone)]
pub struct PostfixOptions {
    /// The domain it takes mail for.
    pub domain: String,
    /// Local parts that exist in `domain`, besides those that fail.
    pub recipients: Vec<String>,
    /// Where mail for `domain` goes: the LMTP port of a Dovecot. `None` throws it away.
    pub deliver_to_lmtp: Option<u16>,
    /// Where mail for other domains goes: an SMTP port on this machine. `None` leaves it in the queue.
    pub relay_to: Option<u16>,
    /// The password checker of a Dovecot ([`crate::Dovecot::auth_socket`]); `None` offers no AUTH.
    pub auth_socket: Option<PathBuf>,
    /// With it, STARTTLS works, submission insists on it, and `submissions_port` answers.
    pub tls: Option<Identity>,
    /// In bytes.
    pub size_limit: u64,
    /// Connections of one client at a time; 0 for any number.
    pub connections: u32,
    /// Messages of one client in a minute; 0 for any number. The one after that is answered with 450.
    pub messages_per_minute: u32,
    /// Takes mail between servers at this address and port instead of a free one of 127.0.0.1.
    pub listens_at: Option<String>,
    /// Further lines for `main.cf`.
    pub extra: String,
}

impl Default for PostfixOptions {
    fn default() -> PostfixOptions {
        PostfixOptions {
            domain: "example.test".into(),
            recipients: vec!["anna".into(), "bram".into(), "postmaster".into()],
            deliver_to_lmtp: None,
            relay_to: None,
            auth_socket: None,
            tls: None,
            size_limit: 60 << 20,
            connections: 0,
            messages_per_minute: 0,
            listens_at: None,
            extra: String::new(),
        }
    }
}

/// A running Postfix.
///
/// Recipients in its domain that fail: `full@` 452, `gone@` 550, `policy@` 554, `defer@` 450, `moved@` 551, `hangup@`
/// 421 and a closed connection, `slow@` answers after five seconds.
#[derive(Debug)]
pub struct Postfix {
    /// Between servers; STARTTLS when it has a certificate, no need to sign in for its own domain.
    pub smtp_port: u16,
    /// Submission: signing in is required, and so is STARTTLS when it has a certificate.
    pub submission_port: u16,
    /// Submission over TLS; answers only when it has a certificate.
    pub submissions_port: u16,
    /// Like `smtp_port`, without a single extension.
    pub bare_port: u16,
    /// The process.
    pub process: Process,
}

impl Postfix {
    /// Starts one and waits until it listens. Any number may run at once.
    ///
    /// # Panics
    /// When Postfix is not installed or does not start.
    pub fn start(options: PostfixOptions) -> Postfix {
        let program = crate::home::program("Postfix", &["/usr/sbin/postfix"]);
        let dir = Process::folder("postfix");
        let ports = [free_port(), free_port(), free_port(), free_port()];
        std::fs::create_dir(dir.join("conf")).expect("a folder inside our own");
        let write = |name: &str, text: &str| std::fs::write(dir.join("conf").join(name), text).expect("our own file");
        write("main.cf", &main_cf(&options, &dir));
        write("master.cf", &master_cf(&options, ports));
        let script = format!(
            "mkdir {dir}/queue {dir}/state && chown postfix {dir}/state && exec {program} -c {dir}/conf start-fg",
            dir = dir.display(),
            program = program.display()
        );
        let mut process = Process::start("Postfix", dir, &script);
        let [smtp_port, submission_port, submissions_port, bare_port] = ports;
        match &options.listens_at {
            Some(address) => process.wait_for("to listen", || crate::listens(address)),
            None => process.wait_for_ports(&[smtp_port, submission_port, bare_port]),
        }
        Postfix { smtp_port, submission_port, submissions_port, bare_port, process }
    }

    /// Its log once it holds these words so often: it tells of a letter after it has answered for it.
    ///
    /// # Panics
    /// When it does not within a minute.
    pub fn logged(&self, words: &str, times: usize) -> String {
        let begin = std::time::Instant::now();
        loop {
            let log = self.mail_log();
            if log.matches(words).count() >= times {
                return log;
            }
            assert!(begin.elapsed().as_secs() < 60, "Postfix did not log {words} {times} times:\n{log}");
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
    }

    /// Postfix's own log: who connected, what was accepted, what became of it.
    pub fn mail_log(&self) -> String {
        std::fs::read_to_string(self.process.dir().join("maillog")).unwrap_or_default()
    }
}

fn main_cf(options: &PostfixOptions, dir: &std::path::Path) -> String {
    let failing = ["full", "gone", "policy", "defer", "moved", "hangup", "slow"];
    let names = options.recipients.iter().map(String::as_str).chain(failing);
    let recipients: Vec<String> = names.map(|name| format!("{{{name}@{} = x}}", options.domain)).collect();
    let delivery = options.deliver_to_lmtp.map(|port| format!("lmtp:inet:127.0.0.1:{port}"));
    let tls = options.tls.as_ref().map(|identity| {
        let (certificate, key) = identity.write(dir);
        let level = "smtpd_tls_security_level = may";
        format!("{level}\nsmtpd_tls_cert_file = {}\nsmtpd_tls_key_file = {}", certificate.display(), key.display())
    });
    let auth = options
        .auth_socket
        .as_ref()
        .map(|path| format!("smtpd_sasl_auth_enable = yes\nsmtpd_sasl_path = {}", path.display()));
    // Nobody listens on port 9 (discard): what can't be sent waits in the queue.
    let relay = format!("[127.0.0.1]:{}", options.relay_to.unwrap_or(9));
    let text = fill(
        include_str!("../peers/postfix-main.cf"),
        &[
            ("DOMAIN", &options.domain),
            ("DIR", &dir.display().to_string()),
            ("RECIPIENTS", &recipients.join(", ")),
            ("DELIVERY", delivery.as_deref().unwrap_or("discard:")),
            ("RELAY", &relay),
            ("SIZE_LIMIT", &options.size_limit.to_string()),
            ("AUTH", auth.as_deref().unwrap_or("smtpd_sasl_auth_enable = no")),
            ("TLS", tls.as_deref().unwrap_or("smtpd_tls_security_level = none")),
            ("CONNECTIONS", &options.connections.to_string()),
            ("MESSAGES_PER_MINUTE", &options.messages_per_minute.to_string()),
        ],
    );
    format!("{}{}\n", without(&text, &options.extra), options.extra)
}

/// The configuration without what the further lines say again. Postfix warns of a parameter that is there twice, in every
/// process; so many warnings fill the line to its log before the log is kept, and then it waits for itself for ever.
fn without(text: &str, extra: &str) -> String {
    let name = |line: &str| line.split_once('=').map(|(name, _)| name.trim().to_owned());
    let said: Vec<String> = extra.lines().filter(|line| !line.starts_with([' ', '\t'])).filter_map(name).collect();
    let mut is_said = false;
    let mut kept = String::new();
    for line in text.lines() {
        if !line.starts_with([' ', '\t']) {
            is_said = !line.starts_with('#') && name(line).is_some_and(|name| said.contains(&name));
        }
        if !is_said {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    kept
}

fn master_cf(options: &PostfixOptions, ports: [u16; 4]) -> String {
    let [smtp, submission, submissions, bare] = ports.map(|port| port.to_string());
    let smtp = options.listens_at.clone().unwrap_or(smtp);
    let (level, over_tls) = match options.tls {
        None => ("none", String::new()),
        Some(_) => (
            "encrypt",
            format!(
                "{submissions} inet n - n - - smtpd\n  -o syslog_name=postfix/submissions\n  -o smtpd_tls_wrappermode=yes\n  \
                 -o smtpd_relay_restrictions=permit_sasl_authenticated,reject"
            ),
        ),
    };
    fill(
        include_str!("../peers/postfix-master.cf"),
        &[
            ("SMTP", &smtp),
            ("SUBMISSION", &submission),
            ("SUBMISSION_TLS", level),
            ("SUBMISSIONS", &over_tls),
            ("BARE", &bare),
        ],
    )
}
