//! `postkamer completion`: the completion script for a shell.

use crate::{Program, outcome::Outcome};
use clap::{Args, CommandFactory};
use clap_complete::Shell;

/// Print the completion script for a shell.
#[derive(Debug, Args)]
pub struct Completion {
    /// Which shell
    shell: Shell,
}

impl Completion {
    /// Prints it.
    pub fn run(self) -> Outcome {
        clap_complete::generate(self.shell, &mut Program::command(), "postkamer", &mut std::io::stdout());
        Ok(None)
    }
}
