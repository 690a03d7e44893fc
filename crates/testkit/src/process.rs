//! A server that lives exactly as long as the value that stands for it.

use crate::port::is_listening;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};

/// How long a server may take to listen; a cargo build beside it makes a second into ten.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running peer with a folder of its own; gone, with all its children and files, when dropped.
///
/// The server runs in a process namespace whose first process reads our pipe: when the pipe closes, because the value
/// was dropped or because the test was killed, that process ends and the kernel ends everything it ever started.
/// No daemon outlives a test run, however it ended.
#[derive(Debug)]
pub struct Process {
    name: &'static str,
    dir: PathBuf,
    child: Child,
    pipe: Option<ChildStdin>,
}

/// Ends the namespace when either the server or our pipe does.
const INSIDE: &str = r#"
exec 3<&0
bash -c "$1" >>"$2/log" 2>&1 </dev/null 3<&- &
cat <&3 >/dev/null &
wait -n
"#;

/// Stays outside to say that it is over, and to clear up when our pipe closes: until then the log can be read.
const OUTSIDE: &str = r#"
unshare --mount --pid --fork --kill-child --mount-proc bash -c "$3" inside "$1" "$2"
touch "$2/ended"
cat >/dev/null
rm -rf "$2"
"#;

impl Process {
    /// A fresh folder for a peer, readable to the users its daemons run as.
    pub fn folder(name: &str) -> PathBuf {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::Builder::new().prefix(&format!("pk-{name}-")).tempdir().expect("a temporary folder").keep();
        std::fs::set_permissions(&dir, std::fs::Permissions::from_mode(0o755)).expect("permissions of our own folder");
        dir
    }

    /// Runs a shell script that becomes the server (it must not return), with `dir` as its folder.
    pub fn start(name: &'static str, dir: PathBuf, script: &str) -> Process {
        use std::os::unix::process::CommandExt;
        let mut child = Command::new("bash")
            .args(["-c", OUTSIDE, "outside", script])
            .arg(&dir)
            .arg(INSIDE)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .expect("bash starts");
        let pipe = child.stdin.take();
        Process { name, dir, child, pipe }
    }

    /// Returns when the server listens on all of `ports`; panics with its log when it ends or stays silent.
    pub fn wait_for_ports(&mut self, ports: &[u16]) {
        self.wait_for("to listen", || ports.iter().all(|port| is_listening(*port)));
    }

    /// Returns when `ready` says so; panics with the server's log when it ends or takes too long.
    pub fn wait_for(&mut self, what: &str, mut ready: impl FnMut() -> bool) {
        let begin = Instant::now();
        while !ready() {
            let ended = self.dir.join("ended").exists();
            assert!(!ended, "{} ended instead of getting ready {what}; its log:\n{}", self.name, self.log());
            let waited = begin.elapsed();
            assert!(waited < PATIENCE, "{} took too long {what}; its log:\n{}", self.name, self.log());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// What the server wrote so far.
    pub fn log(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(self.dir.join("log")).unwrap_or_default()).into_owned()
    }

    /// The folder with everything of this server.
    pub fn dir(&self) -> &Path {
        &self.dir
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.pipe.take());
        // The answer is of no use here: the namespace is gone either way.
        let _ = self.child.wait();
    }
}

/// Puts values into the `@NAME@` places of a configuration and panics when one is left.
pub fn fill(template: &str, values: &[(&str, &str)]) -> String {
    let filled =
        values.iter().fold(template.to_owned(), |text, (name, value)| text.replace(&format!("@{name}@"), value));
    let left = filled
        .split('@')
        .skip(1)
        .step_by(2)
        .find(|word| !word.is_empty() && word.chars().all(|letter| letter.is_ascii_uppercase() || letter == '_'));
    assert!(left.is_none(), "no value for @{}@", left.unwrap_or_default());
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dropped_process_takes_its_children_and_its_files_along() {
        let dir = Process::folder("tree");
        let port = crate::free_port();
        let python = crate::home::python();
        let script = format!(
            "({} -m http.server --bind 127.0.0.1 {port} >/dev/null 2>&1 &) ; exec sleep infinity",
            python.display()
        );
        let mut process = Process::start("a tree of processes", dir.clone(), &script);
        process.wait_for_ports(&[port]);
        drop(process);

        assert!(!is_listening(port), "the grandchild still listens");
        assert!(!dir.exists(), "the folder is still there");
    }

    #[test]
    #[should_panic(expected = "no such door")]
    fn a_server_that_ends_at_once_shows_its_last_words() {
        let mut process = Process::start("a server", Process::folder("door"), "echo no such door; exit 1");
        process.wait_for("for anything", || false);
    }
}
