//! A disk that is soon full.

use std::{
    fs::File,
    io::Write,
    path::{Path, PathBuf},
    process::Command,
};

/// A small disk in memory, gone when dropped. Needs root, as the peers do.
#[derive(Debug)]
pub struct SmallDisk(PathBuf);

impl SmallDisk {
    /// Makes the folder, and puts a disk of so many megabytes there.
    ///
    /// # Panics
    /// When there is something already, or no disk can be mounted.
    pub fn at(folder: &Path, megabytes: usize) -> SmallDisk {
        std::fs::create_dir(folder).expect("a mount point");
        let options = format!("size={megabytes}m,mode=700");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(folder).status();
        assert!(mounted.is_ok_and(|status| status.success()), "a tmpfs can be mounted");
        SmallDisk(folder.to_owned())
    }

    fn filler(&self) -> PathBuf {
        self.0.join("filler")
    }

    /// Takes every byte that is left.
    ///
    /// # Panics
    /// When no file can be made.
    pub fn fill(&self) {
        let mut file = File::options().create(true).append(true).open(self.filler()).expect("a file");
        for size in [1 << 20, 4096, 1] {
            let bytes = vec![0; size];
            while file.write_all(&bytes).is_ok() {}
        }
    }

    /// Gives back what was taken.
    ///
    /// # Panics
    /// When nothing was.
    pub fn free(&self) {
        std::fs::remove_file(self.filler()).expect("our own file");
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}
