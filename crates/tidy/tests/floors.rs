//! Who may know whom, and who alone may do what.

use std::collections::BTreeMap;
use tidy::{Source, root, sources_ending_in};

/// Every crate with the crates of ours that it may depend on.
const FLOORS: [(&str, &[&str]); 9] = [
    ("mail", &[]),
    ("store", &["mail"]),
    ("connect", &["mail"]),
    ("mailroom", &["mail", "store", "connect"]),
    ("web", &["mail", "store", "connect", "mailroom"]),
    ("postkamer", &["mail", "store", "connect", "mailroom", "web", "simulator"]),
    // Shares nothing with connect, so that neither hides the other's mistake.
    ("simulator", &[]),
    ("testkit", &["mail"]),
    ("tidy", &[]),
];

fn manifest(path: &str) -> toml::Table {
    let text = std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
    text.parse().unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn names(manifest: &toml::Table, section: &str) -> Vec<String> {
    let table = manifest.get(section).and_then(toml::Value::as_table);
    table.map(|table| table.keys().cloned().collect()).unwrap_or_default()
}

#[test]
fn every_crate_has_a_floor() {
    for entry in std::fs::read_dir(root().join("crates")).unwrap().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let known = FLOORS.iter().any(|(floor, _)| *floor == name);
        assert!(known || !entry.path().is_dir(), "crates/{name} has no floor in crates/tidy/tests/floors.rs");
    }
}

#[test]
fn dependencies_go_downwards_only() {
    let ours: BTreeMap<&str, &[&str]> = FLOORS.into_iter().collect();
    for (name, allowed) in FLOORS {
        let path = format!("crates/{name}/Cargo.toml");
        let manifest = manifest(&path);
        for section in ["dependencies", "build-dependencies"] {
            for other in names(&manifest, section).iter().filter(|other| ours.contains_key(other.as_str())) {
                assert!(allowed.contains(&other.as_str()), "{path}: {name} must not know {other}");
            }
        }
    }
}

#[test]
fn store_and_connect_never_meet_not_even_in_tests() {
    for (name, other) in [("store", "connect"), ("connect", "store"), ("mail", "store"), ("mail", "connect")] {
        let path = format!("crates/{name}/Cargo.toml");
        let manifest = manifest(&path);
        for section in ["dependencies", "dev-dependencies", "build-dependencies"] {
            assert!(!names(&manifest, section).contains(&other.to_owned()), "{path}: {name} must not know {other}");
        }
    }
}

#[test]
fn every_version_is_named_once_in_the_workspace() {
    for (name, _) in FLOORS {
        let path = format!("crates/{name}/Cargo.toml");
        let manifest = manifest(&path);
        for section in ["dependencies", "dev-dependencies", "build-dependencies"] {
            let table = manifest.get(section).and_then(toml::Value::as_table).cloned().unwrap_or_default();
            for (dependency, how) in &table {
                let inherited = how.get("workspace").and_then(toml::Value::as_bool) == Some(true);
                assert!(inherited, "{path}: {dependency} must say workspace = true");
            }
        }
    }
}

#[test]
fn only_store_knows_sql() {
    for name in ["mail", "connect", "mailroom", "web", "postkamer", "testkit"] {
        let path = format!("crates/{name}/Cargo.toml");
        for driver in ["rusqlite", "tokio-postgres", "deadpool-postgres"] {
            assert!(!names(&manifest(&path), "dependencies").contains(&driver.to_owned()), "{path}: {driver}");
        }
    }
    let statements = ["insert into ", "delete from ", "create table ", "select * from ", "select count("];
    for source in sources_ending_in(".rs") {
        if !source.path.contains("/src/") || ["store", "testkit", "tidy"].contains(&source.crate_name()) {
            continue;
        }
        for (number, line) in source.lines() {
            let found = statements.iter().find(|statement| line.to_lowercase().contains(*statement));
            assert!(found.is_none(), "{}:{number}: SQL outside store: {}", source.path, line.trim());
        }
    }
}

#[test]
fn only_connect_opens_outward_sockets() {
    for source in sources_ending_in(".rs") {
        // The command line of `doctor` and the pages listen, they do not call out; `object_store` brings its own client.
        // The simulator plays those out there, who notify us of changes.
        if !source.path.contains("/src/") || ["connect", "simulator", "testkit", "tidy"].contains(&source.crate_name())
        {
            continue;
        }
        for (number, code) in source.code() {
            for word in ["TcpStream", "UdpSocket", "reqwest::", "hickory_resolver"] {
                assert!(!code.contains(word), "{}:{number}: {word} belongs to connect", source.path);
            }
        }
    }
}

/// Addresses may be read and compared (`std::net::IpAddr`), but nothing may be connected, opened or asked the time.
const FORBIDDEN: [&str; 9] = [
    "std::fs",
    "TcpStream",
    "UdpSocket",
    "ToSocketAddrs",
    "std::process",
    "std::env",
    "tokio::",
    "SystemTime::now",
    "Instant::now",
];

#[test]
fn mail_does_no_input_or_output() {
    let files: Vec<Source> =
        sources_ending_in(".rs").into_iter().filter(|source| source.path.starts_with("crates/mail/src/")).collect();
    let for_tests: Vec<String> = files.iter().flat_map(test_modules).collect();
    for source in &files {
        let parts: Vec<&str> = source.path.trim_end_matches(".rs").split('/').collect();
        if for_tests.iter().any(|module| parts.contains(&module.as_str())) {
            continue;
        }
        let lines = source.text.split("#[cfg(test)]").next().unwrap_or_default().lines().count();
        for (number, code) in source.code().into_iter().take(lines) {
            for word in FORBIDDEN {
                assert!(!code.contains(word), "{}:{number}: {word} in mail", source.path);
            }
        }
    }
}

/// Modules that this file declares for tests only.
fn test_modules(source: &Source) -> Vec<String> {
    let pieces = source.text.split("#[cfg(test)]").skip(1);
    let name = |piece: &str| piece.trim_start().strip_prefix("mod ")?.split(';').next().map(str::to_owned);
    pieces.filter_map(name).collect()
}
