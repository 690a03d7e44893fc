//! `postkamer completion`: the completion script for a shell.

use crate::{
    help,
    options::Settled,
    outcome::{self, Outcome},
};
use clap::Args;
use clap_complete::Shell;

/// Print the completion script for a shell.
#[derive(Debug, Args)]
pub struct Completion {
    /// Which shell
    shell: Shell,
}

impl Completion {
    /// Prints it.
    pub fn run(self, options: &Settled) -> Outcome {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut help::command(options.language), "postkamer", &mut script);
        _ = outcome::print(String::from_utf8_lossy(&script).trim_end());
        Ok(None)
    }
}
