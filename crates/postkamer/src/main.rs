//! The program: command line, configuration, wiring.

mod authorise;
mod completion;
mod demo;
mod discover;
mod doctor;
mod erase;
mod fetch;
mod help;
mod installation;
mod mailbox_file;
mod options;
mod outcome;
mod personal_data;
mod progress;
mod read_message;
mod restore;
mod sender;
mod serve;
mod setup;
mod simulate;
mod token;
mod trouble;
mod words;

use clap::{FromArgMatches, Parser, Subcommand};
use outcome::{Failed, Outcome};
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The mail room: connects the mailboxes an organisation already owns to its daily work.
#[derive(Debug, Parser)]
#[command(name = "postkamer", version, disable_help_subcommand = true)]
struct Program {
    #[command(flatten)]
    options: options::Options,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run everything, or with --role a part of it
    Serve(serve::Serve),
    /// Make the first organisation and its administrator
    Setup(setup::Setup),
    /// Make an API token; it stands alone on the last line, once
    Token(token::Token),
    /// Serve a sample organisation to look around in
    Demo(demo::Demo),
    /// Find the settings for an address, and say where they come from
    Discover(discover::Discover),
    /// Fetch once, without a running server
    Fetch(fetch::Fetch),
    /// Open a mailbox with a code that its owner types on another device
    Authorise(authorise::Authorise),
    /// Fetch mail from a moment on that was never received
    Restore(restore::Restore),
    /// The domains that Postkamer delivers for itself: their records and keys
    Sender(sender::Sender),
    /// Bring mbox, Maildir or .eml files into an account
    Import(mailbox_file::Import),
    /// Write an account's mail as mbox, Maildir or .eml files
    Export(mailbox_file::Export),
    /// Play Microsoft, Google, Exchange and Mailgun on this machine, with faults on request, to try things out
    Simulate(simulate::Simulate),
    /// Write everything that is known about one person as a zip file
    PersonalData(personal_data::PersonalData),
    /// Erase one person, for good: a contact, or a user who left
    Erase(erase::Erase),
    /// Check the installation: database, blobs, keys, clock, ports, free space
    Doctor(doctor::Doctor),
    /// Renew the master key and seal every secret anew
    RotateKeys,
    /// Read one message from standard input, to see whether that kills
    #[command(hide = true)]
    ReadMessage,
    /// Print the completion script for a shell
    Completion(completion::Completion),
}

fn main() -> ExitCode {
    let language = help::language(std::env::args_os().skip(1), |name| std::env::var(name).ok());
    let parsed = help::command(language).try_get_matches().and_then(|found| Program::from_arg_matches(&found));
    // clap ends wrong use with status 2 by itself.
    let program = parsed.unwrap_or_else(|error| help::end(error, language));
    // A child with little memory: it starts no threads and reads no settings.
    if matches!(program.command, Command::ReadMessage) {
        return read_message::run();
    }
    let options = match program.options.resolved(language) {
        Ok(options) => options,
        Err(failed) => return outcome::report(Err(failed), language, false),
    };
    let (language, json) = (options.language, options.json);
    outcome::report(run(program.command, options), language, json)
}

fn run(command: Command, options: options::Settled) -> Outcome {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failed::new("runtime", words::NO_THREADS.with(&[("why", &error.to_string())])))?;
    let done = runtime.block_on(async {
        match command {
            Command::Serve(serve) => serve.run(&options).await,
            Command::Setup(setup) => setup.run(&options).await,
            Command::Token(token) => token.run(&options).await,
            Command::Demo(demo) => demo.run(&options).await,
            Command::Discover(discover) => discover.run(&options).await,
            Command::Fetch(fetch) => fetch.run(&options).await,
            Command::Authorise(authorise) => authorise.run(&options).await,
            Command::Restore(restore) => restore.run(&options).await,
            Command::Sender(sender) => sender.run(&options).await,
            Command::Import(import) => import.run(&options).await,
            Command::Export(export) => export.run(&options).await,
            Command::Simulate(simulate) => simulate.run().await,
            Command::PersonalData(person) => person.run(&options).await,
            Command::Erase(erase) => erase.run(&options).await,
            Command::Doctor(doctor) => doctor.run(&options).await,
            Command::RotateKeys => setup::rotate_keys(&options).await,
            Command::Completion(completion) => completion.run(&options),
            Command::ReadMessage => Ok(None),
        }
    });
    // Threads that still wait for a server must not hold up the end.
    runtime.shutdown_background();
    done
}
