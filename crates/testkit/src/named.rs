//! BIND: a name server for zones that a test makes up.

use crate::{Process, free_port};
use std::net::SocketAddr;

/// A running BIND that answers for its zones and knows of nothing else.
#[derive(Debug)]
pub struct NameServer {
    /// Where it answers, by UDP and TCP.
    pub address: SocketAddr,
    /// The process.
    pub process: Process,
}

impl NameServer {
    /// Starts one with these zones: a name, and its records below the SOA and NS that every zone has.
    ///
    /// # Panics
    /// When BIND is not installed or does not start.
    pub fn start(zones: &[(&str, &str)]) -> NameServer {
        let program = crate::home::program("BIND", &["/usr/sbin/named"]);
        let dir = Process::folder("named");
        let port = free_port();
        let mut config = format!(
            "options {{ directory \"{dir}\"; pid-file none; session-keyfile none; listen-on port {port} {{ 127.0.0.1; }};\n\
             listen-on-v6 {{ none; }}; recursion no; dnssec-validation no; managed-keys-directory \"{dir}\"; }};\n\
             controls {{ }};\n",
            dir = dir.display()
        );
        for (n, (name, records)) in zones.iter().enumerate() {
            let zone =
                format!("$TTL 60\n@ IN SOA ns h 1 3600 600 86400 60\n@ IN NS ns\nns IN A 127.0.0.1\n{records}\n");
            std::fs::write(dir.join(format!("zone-{n}")), zone).expect("a file inside our own folder");
            config.push_str(&format!("zone \"{name}\" {{ type master; file \"zone-{n}\"; }};\n"));
        }
        std::fs::write(dir.join("named.conf"), config).expect("a file inside our own folder");
        let script = format!("exec {} -g -4 -n 1 -c {}/named.conf", program.display(), dir.display());
        let mut process = Process::start("BIND", dir, &script);
        process.wait_for_ports(&[port]);
        NameServer { address: ([127, 0, 0, 1], port).into(), process }
    }
}
