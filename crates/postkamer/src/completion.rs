//! `postkamer completion`: the completion script for a shell.

use crate::{help, options::Settled, outcome::Outcome};
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
        clap_complete::generate(self.shell, &mut help::command(options.language), "postkamer", &mut std::io::stdout());
        Ok(None)
    }
}
