//! A small internet of one test: a network namespace with its own port 25, its own name servers (BIND, with signed zones)
//! and a resolver that validates (Unbound), so that mail can be delivered as it is in the world. Its hosts are 127.0.0.20 to
//! 127.0.0.60, and fd00::25, fd00::26 and fd00::30.

use crate::{Process, home, process::fill};
use std::{
    fmt::Write as _,
    io::Write as _,
    net::{SocketAddr, TcpStream},
    process::{Command, Stdio},
    time::Duration,
};

/// Tells the second run of a test that it is inside.
const INSIDE: &str = "POSTKAMER_TEST_INTERNET";
/// A network of its own; what is mounted here is seen by nobody else, and all of it ends with the test.
const ENTER: &str = r#"set -e
ip link set lo up
for host in $(seq 20 60); do ip addr add "127.0.0.$host/8" dev lo; done
for host in 25 26 30; do ip -6 addr add "fd00::$host/128" dev lo nodad; done
printf 'nameserver 127.0.0.1\noptions edns0 trust-ad timeout:2 attempts:2\n' >"$1"
mount --bind "$1" /etc/resolv.conf
shift
exec "$@"
"#;

/// A zone of it.
#[derive(Debug, Clone)]
pub struct Zone {
    /// Its name, without the dot at the end.
    pub name: String,
    /// Its records, in the form of a zone file; the SOA and NS records are there.
    pub records: String,
    /// Signed, and the resolver knows its key.
    pub signed: bool,
}

impl Zone {
    /// A zone whose answers nothing proves.
    pub fn plain(name: &str, records: &str) -> Zone {
        Zone { name: name.to_owned(), records: records.to_owned(), signed: false }
    }

    /// A zone that DNSSEC proves.
    pub fn signed(name: &str, records: &str) -> Zone {
        Zone { signed: true, ..Zone::plain(name, records) }
    }
}

/// The name servers of a test's internet.
#[derive(Debug)]
pub struct Internet {
    /// BIND and Unbound.
    pub servers: Process,
}

/// Whether this is the run inside. Outside, the test that is named (as the test runner names it) is run again inside, and
/// fails here when it fails there.
///
/// # Panics
/// When the test fails, or this user may not make namespaces.
pub fn inside_internet(test: &str) -> bool {
    if std::env::var(INSIDE).is_ok_and(|inside| inside == test) {
        return true;
    }
    let dir = tempfile::tempdir().expect("a temporary folder");
    let program = std::env::current_exe().expect("this very program");
    let ended = Command::new("unshare")
        .args(["--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "bash", "-c", ENTER, "enter"])
        .arg(dir.path().join("resolv.conf"))
        .arg(program)
        .args([test, "--exact", "--nocapture", "--test-threads=1"])
        .env(INSIDE, test)
        .output()
        .expect("unshare runs");
    let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (out, err) = (said(&ended.stdout), said(&ended.stderr));
    assert!(ended.status.success() && out.contains("1 passed"), "inside the test's own internet:\n{out}\n{err}");
    false
}

impl Internet {
    /// Starts the name servers with these zones; whatever ends in `.test` and is in none of them does not exist.
    ///
    /// # Panics
    /// When BIND or Unbound is not installed or does not start.
    pub fn start(zones: &[Zone]) -> Internet {
        let named = home::program("BIND", &["/usr/sbin/named"]);
        let unbound = home::program("Unbound", &["/usr/sbin/unbound"]);
        let dir = Process::folder("internet");
        let top = Zone::plain("test", "");
        let mut script = format!("set -e\ncd {}\n", dir.display());
        let (mut named_zones, mut stubs, mut insecure) = (String::new(), String::new(), String::new());
        for zone in zones.iter().chain([&top]) {
            let Zone { name, records, signed } = zone;
            let text = format!(
                "$TTL 1\n@ IN SOA ns.{name}. hostmaster.{name}. 1 3600 600 86400 1\n@ IN NS ns.{name}.\nns IN A 127.0.0.53\n{records}\n"
            );
            std::fs::write(dir.join(format!("{name}.zone")), text).expect("a file in our own folder");
            let mut file = format!("{name}.zone");
            if *signed {
                let _ = writeln!(
                    script,
                    "k=$(dnssec-keygen -q -a ECDSAP256SHA256 -f KSK -n ZONE {name}); z=$(dnssec-keygen -q -a ECDSAP256SHA256 -n ZONE {name})
cat $k.key $z.key >> {name}.zone
dnssec-signzone -q -o {name} -e +864000 -f {name}.signed {name}.zone >/dev/null
grep DNSKEY $k.key | sed 's/;.*//' >> anchors"
                );
                file = format!("{name}.signed");
            } else {
                let _ = writeln!(insecure, "  domain-insecure: \"{name}.\"");
            }
            let _ = writeln!(
                named_zones,
                "zone \"{name}\" {{ type primary; file \"{file}\"; allow-update {{ 127.0.0.0/8; }}; }};"
            );
            let _ = writeln!(stubs, "stub-zone:\n  name: \"{name}.\"\n  stub-addr: 127.0.0.53");
        }
        // What is proven below a zone that is not must be told to the resolver by hand.
        if zones.iter().any(|zone| zone.signed) {
            insecure.push_str("  trust-anchor-file: \"anchors\"\n");
        }
        let at = dir.display().to_string();
        let write = |name: &str, text: String| std::fs::write(dir.join(name), text).expect("a file in our own folder");
        write("named.conf", fill(include_str!("../peers/named.conf"), &[("DIR", &at), ("ZONES", &named_zones)]));
        let values = [("DIR", at.as_str()), ("INSECURE", insecure.as_str()), ("STUBS", stubs.as_str())];
        write("unbound.conf", fill(include_str!("../peers/unbound.conf"), &values));
        let _ = writeln!(
            script,
            "{} -f -c {at}/named.conf &\nexec {} -d -c {at}/unbound.conf",
            named.display(),
            unbound.display()
        );
        let mut servers = Process::start("the name servers", dir, &script);
        servers.wait_for("to answer", || listens("127.0.0.53:53") && listens("127.0.0.1:53"));
        Internet { servers }
    }
}

impl Internet {
    /// Adds a record to a zone that is not signed, as its owner would: name, kind and value.
    ///
    /// # Panics
    /// When BIND does not take it.
    pub fn publish(&self, name: &str, kind: &str, value: &str) {
        let text = format!("server 127.0.0.53\nupdate add {name}. 1 {kind} {value}\nsend\n");
        let mut child = Command::new("nsupdate").stdin(Stdio::piped()).spawn().expect("nsupdate runs");
        child.stdin.take().expect("a pipe").write_all(text.as_bytes()).expect("nsupdate listens");
        assert!(child.wait().is_ok_and(|status| status.success()), "{text}");
    }
}

/// Somebody takes connections at this address.
pub fn listens(address: &str) -> bool {
    let address: SocketAddr = address.parse().expect("an address with a port");
    TcpStream::connect_timeout(&address, Duration::from_secs(1)).is_ok()
}

/// A server of one file over HTTPS, at `127.0.0.44:443`: where a domain keeps what it asks of those who deliver to it.
///
/// # Panics
/// When Python does not start.
pub fn policy_server(identity: &crate::Identity, text: &str) -> Process {
    let dir = Process::folder("policy");
    identity.write(&dir);
    std::fs::create_dir_all(dir.join("web/.well-known")).expect("a folder inside our own");
    std::fs::write(dir.join("web/.well-known/mta-sts.txt"), text).expect("a file in our own folder");
    std::fs::write(dir.join("serve.py"), include_str!("../peers/policy.py")).expect("a file in our own folder");
    let script = format!("cd {}; exec /usr/bin/python3 serve.py", dir.display());
    let mut process = Process::start("the policy server", dir, &script);
    process.wait_for("to listen", || listens("127.0.0.44:443"));
    process
}
