//! Where `make peers` put things, and what to say when it has not run.

use std::path::PathBuf;

/// The folder of everything that is not a Debian package: layers, Python and npm programs.
pub fn home() -> PathBuf {
    std::env::var_os("POSTKAMER_PEERS").map_or_else(|| "/var/lib/postkamer-peers".into(), PathBuf::from)
}

/// The file, or a panic that says how to get it.
///
/// A test that needs a peer fails without it: a test that skips proves nothing, and nobody reads a skip.
pub fn need(path: PathBuf) -> PathBuf {
    assert!(path.exists(), "{} is not installed; run `make peers` (as root) and try again", path.display());
    path
}

/// The Python that has the locked packages.
pub fn python() -> PathBuf {
    need(home().join("python/bin/python"))
}

/// A program of the locked Python packages, such as `weed` or `schemathesis`.
pub fn python_program(name: &str) -> PathBuf {
    need(home().join("python/bin").join(name))
}

/// The first of the places where a distribution may keep a program.
pub fn program(name: &str, places: &[&str]) -> PathBuf {
    let found = places.iter().map(PathBuf::from).find(|path| path.exists());
    found.unwrap_or_else(|| panic!("{name} is not installed; run `make peers` (as root) and try again"))
}
