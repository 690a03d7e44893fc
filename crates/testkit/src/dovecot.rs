//! Dovecot: the main IMAP and POP3 peer, and the LMTP server and password checker behind Postfix.

use crate::{Identity, Process, free_port, process::fill};
use std::path::PathBuf;

/// What one Dovecot shall be like.
#[derive(Debug, Clone)]
pub struct DovecotOptions {
    /// Names and passwords; a name may be an address.
    pub users: Vec<(String, String)>,
    /// With it, STARTTLS and the TLS port work; without it, no TLS at all.
    pub tls: Option<Identity>,
    /// The issuer's URL of an [`crate::OauthServer`]; turns on XOAUTH2 and OAUTHBEARER.
    pub oauth: Option<String>,
    /// Pretend to be a poorer server: the whole capability list, such as `IMAP4rev1 UIDPLUS`.
    pub capability: Option<String>,
    /// SASL mechanisms for passwords.
    pub mechanisms: String,
    /// Where mail lies; `~` is the user's folder.
    pub storage: String,
    /// Between the levels of a folder's name.
    pub separator: char,
    /// Before every folder's name except INBOX, such as `INBOX.`.
    pub prefix: String,
    /// The SMTP server that submitted mail is passed to.
    pub relay_to: Option<u16>,
    /// Further lines of configuration, to be found at the end.
    pub extra: String,
}

impl Default for DovecotOptions {
    fn default() -> DovecotOptions {
        DovecotOptions {
            users: vec![("anna".into(), "geheim-1".into()), ("bram@voorbeeld.test".into(), "geheim-2".into())],
            tls: None,
            oauth: None,
            capability: None,
            mechanisms: "plain login scram-sha-1 scram-sha-256".into(),
            storage: "sdbox:~/mail".into(),
            separator: '/',
            prefix: String::new(),
            relay_to: None,
            extra: String::new(),
        }
    }
}

/// A running Dovecot.
#[derive(Debug)]
pub struct Dovecot {
    /// IMAP, with STARTTLS when it has a certificate.
    pub imap_port: u16,
    /// IMAP over TLS; answers only when it has a certificate.
    pub imaps_port: u16,
    /// POP3, with STLS when it has a certificate.
    pub pop3_port: u16,
    /// POP3 over TLS; answers only when it has a certificate.
    pub pop3s_port: u16,
    /// Submission; the mail goes on to `relay_to`.
    pub submission_port: u16,
    /// Delivery into the mailboxes (LMTP), by full user name.
    pub lmtp_port: u16,
    /// Where Postfix asks whether a password is right.
    pub auth_socket: PathBuf,
    /// The process; its log says what Dovecot thought of a session.
    pub process: Process,
}

impl Dovecot {
    /// Starts one and waits until it listens. Any number may run at once.
    ///
    /// # Panics
    /// When Dovecot is not installed or does not start.
    pub fn start(options: DovecotOptions) -> Dovecot {
        let program = crate::home::program("Dovecot", &["/usr/sbin/dovecot"]);
        let dir = Process::folder("dovecot");
        let ports = [(); 6].map(|()| free_port());
        let write = |name: &str, text: &str| std::fs::write(dir.join(name), text).expect("a file in our own folder");
        let users: String =
            options.users.iter().map(|(name, password)| format!("{name}:{{PLAIN}}{password}::::::\n")).collect();
        write("users", &users);
        write("dovecot.conf", &configuration(&options, &dir, ports));
        if let Some(issuer) = &options.oauth {
            write("oauth.conf", &fill(include_str!("../peers/dovecot-oauth.conf"), &[("ISSUER", issuer)]));
        }
        let script = format!(
            "mkdir -p {dir}/mail && chown mail:mail {dir}/mail && exec {program} -F -c {dir}/dovecot.conf",
            dir = dir.display(),
            program = program.display()
        );
        let auth_socket = dir.join("auth-client");
        let mut process = Process::start("Dovecot", dir, &script);
        let [imap_port, imaps_port, submission_port, lmtp_port, pop3_port, pop3s_port] = ports;
        process.wait_for_ports(&[imap_port, submission_port, lmtp_port, pop3_port]);
        Dovecot { imap_port, imaps_port, pop3_port, pop3s_port, submission_port, lmtp_port, auth_socket, process }
    }

    /// Gives a folder of a user, as the system knows him, this UIDVALIDITY.
    ///
    /// # Panics
    /// When `doveadm` refuses.
    pub fn set_uidvalidity(&self, user: &str, folder: &str, validity: u32) {
        let done = std::process::Command::new("doveadm")
            .arg("-c")
            .arg(self.process.dir().join("dovecot.conf"))
            .args(["mailbox", "update", "-u", user, "--uid-validity", &validity.to_string(), folder])
            .output()
            .expect("doveadm, which comes with Dovecot");
        assert!(done.status.success(), "doveadm: {}", String::from_utf8_lossy(&done.stderr));
    }
}

fn configuration(options: &DovecotOptions, dir: &std::path::Path, ports: [u16; 6]) -> String {
    let folder = dir.display().to_string();
    let name = dir.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let [imap, imaps, submission, lmtp, pop3, pop3s] = ports.map(|port| port.to_string());
    let tls = match &options.tls {
        None => "ssl = no".to_owned(),
        Some(identity) => {
            let (certificate, key) = identity.write(dir);
            format!("ssl = yes\nssl_cert = <{}\nssl_key = <{}", certificate.display(), key.display())
        }
    };
    let (oauth, mechanisms) = match &options.oauth {
        None => (String::new(), options.mechanisms.clone()),
        Some(_) => (
            format!(
                "passdb {{\n  driver = oauth2\n  mechanisms = xoauth2 oauthbearer\n  args = {folder}/oauth.conf\n}}"
            ),
            format!("{} xoauth2 oauthbearer", options.mechanisms),
        ),
    };
    let capability = options.capability.as_ref().map(|list| format!("imap_capability = {list}")).unwrap_or_default();
    let [imaps, pop3s] = [imaps, pop3s].map(|port| if options.tls.is_some() { port } else { "0".to_owned() });
    fill(
        include_str!("../peers/dovecot.conf"),
        &[
            ("DIR", &folder),
            ("NAME", &name),
            ("TLS", &tls),
            ("OAUTH", &oauth),
            ("MECHANISMS", &mechanisms),
            ("CAPABILITY", &capability),
            ("STORAGE", &options.storage),
            ("SEPARATOR", &options.separator.to_string()),
            ("PREFIX", &options.prefix),
            ("RELAY", &options.relay_to.unwrap_or(25).to_string()),
            ("IMAP", &imap),
            ("IMAPS", &imaps),
            ("POP3", &pop3),
            ("POP3S", &pop3s),
            ("SUBMISSION", &submission),
            ("LMTP", &lmtp),
            ("EXTRA", &options.extra),
        ],
    )
}
