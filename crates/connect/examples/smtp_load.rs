//! How many messages a second go through the submission client, against any server that takes them.
//!
//! `cargo run --release -p connect --example smtp_load -- 127.0.0.1:2525 20000 10 4096`

use async_trait::async_trait;
use bytes::Bytes;
use connect::{
    Encryption, Marks, Parcel, Server, Transport, World, WorldOptions,
    smtp::{SmtpOptions, SmtpTransport},
};
use std::{error::Error, sync::Arc, time::Instant};

struct NoMarks;

#[async_trait]
impl Marks for NoMarks {
    async fn on_the_wire(&self) -> Result<(), String> {
        Ok(())
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let target = arguments.next().unwrap_or_else(|| "127.0.0.1:2525".to_owned());
    let mut number = |otherwise: usize| arguments.next().and_then(|text| text.parse().ok()).unwrap_or(otherwise);
    let (count, at_once, bytes) = (number(20_000), number(10), number(4096));
    let (host, port) = target.rsplit_once(':').ok_or("host:port, please")?;
    let server =
        Server { host: host.to_owned(), port: port.parse()?, encryption: Encryption::None, pinned_certificate: None };
    let world = World::new(WorldOptions { allow_networks: vec!["127.0.0.0/8".parse()?], ..WorldOptions::default() })?;
    let options = SmtpOptions { connections_max: at_once, messages_per_connection: u32::MAX, ..SmtpOptions::default() };
    let transport = Arc::new(SmtpTransport::new(world, server, None, options));
    let message = message(bytes);

    let began = Instant::now();
    let mut workers = tokio::task::JoinSet::new();
    for worker in 0..at_once {
        let (transport, message) = (transport.clone(), message.clone());
        let share = count / at_once + usize::from(worker < count % at_once);
        workers.spawn(async move {
            for _ in 0..share {
                let parcel = Parcel {
                    return_path: "load@example.test".to_owned(),
                    recipients: vec!["sink@example.test".to_owned()],
                    message: message.clone(),
                    envelope_id: None,
                    notify_success: false,
                };
                let receipt = transport.submit(parcel, &NoMarks).await?;
                for row in receipt.recipients {
                    row.outcome?;
                }
            }
            Ok::<(), connect::ConnectError>(())
        });
    }
    while let Some(ended) = workers.join_next().await {
        ended??;
    }
    let seconds = began.elapsed().as_secs_f64();
    println!("{count} messages of {bytes} bytes, {at_once} at a time: {:.0} a second", count as f64 / seconds);
    transport.close().await;
    Ok(())
}

fn message(bytes: usize) -> Bytes {
    let mut text = "From: load@example.test\r\nTo: sink@example.test\r\nSubject: load\r\n\r\n".to_owned();
    while text.len() < bytes {
        text += "All work and no play makes for a dull queue, so here is one more line.\r\n";
    }
    Bytes::from(text)
}
