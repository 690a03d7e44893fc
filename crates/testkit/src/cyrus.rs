//! Cyrus IMAP: OBJECTID, QRESYNC without NOTIFY, special-use names in lower case, a very long capability list.

use crate::layer::Layer;
use crate::{Identity, Process, free_port, process::fill};

/// What one Cyrus shall be like.
#[derive(Debug, Clone)]
pub struct CyrusOptions {
    /// Names and passwords.
    pub users: Vec<(String, String)>,
    /// With it, STARTTLS and the TLS port work.
    pub tls: Option<Identity>,
    /// Folders as `Archief/2026`; else as `INBOX.Archief.2026`.
    pub slashes: bool,
}

impl Default for CyrusOptions {
    fn default() -> CyrusOptions {
        CyrusOptions { users: vec![("anna".into(), "geheim-1".into())], tls: None, slashes: true }
    }
}

/// A running Cyrus.
#[derive(Debug)]
pub struct Cyrus {
    /// IMAP.
    pub imap_port: u16,
    /// IMAP over TLS; answers only when it has a certificate.
    pub imaps_port: u16,
    /// POP3.
    pub pop3_port: u16,
    /// Delivery by user name.
    pub lmtp_port: u16,
    /// The process.
    pub process: Process,
}

impl Cyrus {
    /// Starts one and waits until it listens.
    ///
    /// # Panics
    /// When Cyrus is not installed or does not start.
    pub fn start(options: CyrusOptions) -> Cyrus {
        let layer = Layer::new("cyrus");
        let [imap_port, imaps_port, pop3_port, lmtp_port] = std::array::from_fn(|_| free_port());
        let mut tls = String::new();
        let mut imaps = String::new();
        if let Some(identity) = &options.tls {
            layer.write("/etc/cyrus-tls/cert.pem", &identity.certificate);
            layer.write("/etc/cyrus-tls/key.pem", &identity.key);
            tls.push_str("tls_server_cert: /etc/cyrus-tls/cert.pem\ntls_server_key: /etc/cyrus-tls/key.pem");
            imaps = format!("imaps cmd=\"imapd -s\" listen=\"127.0.0.1:{imaps_port}\" prefork=0 maxchild=200");
        }
        let slashes = if options.slashes { "yes" } else { "no" };
        let settings = fill(include_str!("../peers/cyrus-imapd.conf"), &[("SLASHES", slashes), ("TLS", &tls)]);
        layer.write("/etc/imapd.conf", &settings);
        let [imap, pop3, lmtp] = [imap_port, pop3_port, lmtp_port].map(|port| port.to_string());
        let ports = [("IMAP", &*imap), ("POP3", &*pop3), ("LMTP", &*lmtp), ("IMAPS", &*imaps)];
        layer.write("/etc/cyrus.conf", &fill(include_str!("../peers/cyrus.conf"), &ports));
        let people: String = options.users.iter().map(|(name, password)| format!("{name}:{password}\n")).collect();
        layer.write("/etc/cyrus-people", &people);

        let mut process = layer.start("Cyrus", SCRIPT);
        process.wait_for_ports(&[imap_port, pop3_port, lmtp_port]);
        Cyrus { imap_port, imaps_port, pop3_port, lmtp_port, process }
    }
}

const SCRIPT: &str = r#"set -e
while IFS=: read -r name password; do
    printf '%s' "$password" | saslpasswd2 -p -c -u cyrus.example.test "$name"
done </etc/cyrus-people
chown cyrus:sasl /etc/sasldb2 2>/dev/null || chown cyrus /etc/sasldb2
if [ -d /etc/cyrus-tls ]; then chown -R cyrus /etc/cyrus-tls; fi
mkdir -p /run/cyrus/proc /run/cyrus/lock /run/cyrus/socket
chown -R cyrus:mail /run/cyrus /var/lib/cyrus /var/spool/cyrus
exec /usr/sbin/cyrmaster
"#;
