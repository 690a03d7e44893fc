//! `postkamer simulate`: a stand-in for Microsoft and Google, for demonstrations, tests, and who builds on our API.

use crate::{
    outcome::{self, Failed, Outcome},
    trouble::of_io,
    words,
};
use clap::Args;
use simulator::{Cloud, Simulator};
use std::net::SocketAddr;

/// Play Microsoft, Google, Exchange and Mailgun on this machine, with faults on request, to try things out.
#[derive(Debug, Args)]
pub struct Simulate {
    /// Where to listen; only on this machine itself
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:8026")]
    http: SocketAddr,
}

impl Simulate {
    /// Serves until a signal ends it.
    pub async fn run(self) -> Outcome {
        let simulator = Simulator::start(self.http, Cloud::default()).await.map_err(|error| {
            let facts = [("address", &words::as_it_is(self.http.to_string())), ("why", &of_io(&error))];
            Failed::new("http", words::around(words::NOT_OPENED, &facts))
        })?;
        _ = outcome::print(format_args!("Simulator: {}", simulator.url));
        simulator.run().await;
        Ok(None)
    }
}
