//! Courier: the classic odd one. No CONDSTORE, MOVE, SPECIAL-USE or ID; folders below `INBOX.`.

use crate::layer::Layer;
use crate::{Process, free_port, process::fill};

/// A running Courier.
#[derive(Debug)]
pub struct Courier {
    /// IMAP without TLS.
    pub imap_port: u16,
    /// POP3 without TLS; answers only when `make peers` was run since it brings that package.
    pub pop3_port: u16,
    /// The process.
    pub process: Process,
}

impl Courier {
    /// Starts one for these names and passwords and waits until it listens.
    ///
    /// # Panics
    /// When Courier is not installed or does not start.
    pub fn start(users: &[(&str, &str)]) -> Courier {
        let layer = Layer::new("courier");
        let (imap_port, pop3_port) = (free_port(), free_port());
        let people: String = users.iter().map(|(name, password)| format!("{name}:{password}\n")).collect();
        layer.write("/etc/courier/people", &people);
        let told = [("IMAP", &*imap_port.to_string()), ("POP3", &pop3_port.to_string())];
        let script = fill(include_str!("../peers/courier.sh"), &told);
        let mut process = layer.start("Courier", &script);
        let hands_out = crate::home::home().join("layers/courier/upper/etc/courier/pop3d").exists();
        let ports = [imap_port, pop3_port];
        process.wait_for_ports(if hands_out { &ports } else { &ports[..1] });
        Courier { imap_port, pop3_port, process }
    }
}
