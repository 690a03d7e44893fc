//! Exim: refuses after the data, hangs up, and closes a connection after so many messages.

use crate::layer::{Layer, inside};
use crate::{Identity, Process, free_port, process::fill};
use std::time::{Duration, Instant};

/// How long a delivery may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// What one Exim shall be like.
#[derive(Debug, Clone)]
pub struct EximOptions {
    /// May sign in with PLAIN.
    pub user: (String, String),
    /// With it, STARTTLS works.
    pub tls: Option<Identity>,
    /// The message after this many is answered with 421.
    pub messages_per_connection: u32,
    /// In bytes.
    pub size_limit: u64,
    /// The domain it takes mail for.
    pub domain: String,
    /// At this address, on port 25, instead of a free port of 127.0.0.1.
    pub address: Option<String>,
    /// Mail for this domain is carried on to this port of this machine.
    pub onward: Option<(String, u16)>,
}

impl Default for EximOptions {
    fn default() -> EximOptions {
        let user = ("anna".into(), "geheim-1".into());
        EximOptions {
            user,
            tls: None,
            messages_per_connection: 20,
            size_limit: 2 << 20,
            domain: "example.test".into(),
            address: None,
            onward: None,
        }
    }
}

/// A running Exim that takes mail for `example.test`.
///
/// Recipients: `terug@` is taken and comes back by a report, `later@` 450, `gone@` 550, `slam@` hangs up, `tarpit@` answers after 8 seconds. Subjects:
/// `REFUSE AFTER DATA` 550, `DEFER AFTER DATA` 451.
#[derive(Debug)]
pub struct Exim {
    /// SMTP, with STARTTLS when it has a certificate.
    pub smtp_port: u16,
    /// The process.
    pub process: Process,
}

impl Exim {
    /// Starts one and waits until it listens.
    ///
    /// # Panics
    /// When Exim is not installed or does not start.
    pub fn start(options: EximOptions) -> Exim {
        let layer = Layer::new("exim");
        let smtp_port = if options.address.is_some() { 25 } else { free_port() };
        let address = options.address.clone().unwrap_or_else(|| "127.0.0.1".into());
        // A layer does not show what is mounted over a file of the machine.
        layer.write("/etc/resolv.conf", &std::fs::read_to_string("/etc/resolv.conf").unwrap_or_default());
        let mut tls = "tls_advertise_hosts =";
        if let Some(identity) = &options.tls {
            layer.write("/etc/exim4/cert.pem", &identity.certificate);
            layer.write("/etc/exim4/key.pem", &identity.key);
            tls = "tls_advertise_hosts = *\ntls_certificate = /etc/exim4/cert.pem\ntls_privatekey = /etc/exim4/key.pem";
        }
        // Nobody listens on port 9 (discard), and nothing is sent there.
        let (domain, port) = options.onward.unwrap_or((String::new(), 9));
        let values = [
            ("ONWARD_DOMAIN", domain),
            ("ONWARD_PORT", port.to_string()),
            ("SMTP", smtp_port.to_string()),
            ("ADDRESS", address.clone()),
            ("DOMAIN", options.domain.clone()),
            ("SIZE_LIMIT", options.size_limit.to_string()),
            ("MESSAGES_PER_CONNECTION", options.messages_per_connection.to_string()),
            ("USER", options.user.0),
            ("PASSWORD", options.user.1),
            ("TLS", tls.to_owned()),
        ];
        let values: Vec<(&str, &str)> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
        layer.write("/etc/exim4/exim4.conf", &fill(include_str!("../peers/exim.conf"), &values));
        let mut process = layer.start("Exim", SCRIPT);
        match options.address {
            Some(address) => process.wait_for("to listen", || crate::listens(&format!("{address}:{smtp_port}"))),
            None => process.wait_for_ports(&[smtp_port]),
        }
        Exim { smtp_port, process }
    }

    /// The same, once there are so many.
    ///
    /// # Panics
    /// When they do not come within half a minute.
    pub fn arrived(&self, count: usize) -> Vec<Vec<u8>> {
        let begin = Instant::now();
        loop {
            let delivered = self.delivered();
            if delivered.len() >= count {
                return delivered;
            }
            assert!(begin.elapsed() < PATIENCE, "{} of {count} were delivered", delivered.len());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// What was delivered so far, byte for byte, with `Return-path` and `Envelope-to` on top.
    pub fn delivered(&self) -> Vec<Vec<u8>> {
        let folder = inside(self.process.dir(), "/srv/mail/new");
        let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
        files.filter_map(|file| std::fs::read(file.path()).ok()).collect()
    }
}

const SCRIPT: &str = r#"set -e
chmod 644 /etc/exim4/exim4.conf
if [ -e /etc/exim4/key.pem ]; then chown Debian-exim /etc/exim4/key.pem /etc/exim4/cert.pem; fi
mkdir -p /srv/mail /run/exim4
chown mail:mail /srv/mail
chown -R Debian-exim /run/exim4
exec /usr/sbin/exim4 -bdf -q5s
"#;
