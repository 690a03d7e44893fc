//! A server out of an overlay layer: its package's files above the machine's own, and a throw-away layer above both.

use crate::{Process, home};
use std::path::{Path, PathBuf};

/// One instance's file system: the package's files are copied, for the kernel refuses a layer that lies within another.
/// What is written before the start is there when the server looks; whatever the server changes lands in this
/// instance's folder only, so two of a kind can run with the same paths.
#[derive(Debug)]
pub(crate) struct Layer {
    package: PathBuf,
    pub(crate) dir: PathBuf,
}

impl Layer {
    pub(crate) fn new(name: &'static str) -> Layer {
        let package = home::need(home::home().join("layers").join(name).join("ready")).with_file_name("upper");
        let dir = Process::folder(name);
        for part in ["upper", "work", "root"] {
            std::fs::create_dir(dir.join(part)).expect("a folder inside our own");
        }
        Layer { package, dir }
    }

    /// A file as the server will see it, `path` being absolute there.
    pub(crate) fn write(&self, path: &str, text: &str) {
        let file = inside(&self.dir, path);
        std::fs::create_dir_all(file.parent().expect("an absolute path")).expect("a folder inside our own");
        std::fs::write(file, text).expect("a file inside our own folder");
    }

    /// Runs `script` in the layered file system; it must not return.
    pub(crate) fn start(self, name: &'static str, script: &str) -> Process {
        self.write("/start", script);
        let mount = format!(
            "set -e
            cp -a --no-clobber '{package}/.' '{dir}/upper/'
            mount -t overlay overlay -o 'lowerdir=/,upperdir={dir}/upper,workdir={dir}/work' '{dir}/root'
            mount -t proc proc '{dir}/root/proc'
            mount --bind /dev '{dir}/root/dev'
            exec chroot '{dir}/root' bash /start",
            package = self.package.display(),
            dir = self.dir.display()
        );
        Process::start(name, self.dir, &mount)
    }
}

/// Where a path of the layered file system lies for us, once something was written there.
pub(crate) fn inside(dir: &Path, path: &str) -> PathBuf {
    dir.join("upper").join(path.trim_start_matches('/'))
}
