//! Sends with lettre over its pool, to lay beside ours: PORT COUNT SIZE AT_A_TIME.

use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor, address::Envelope};
use lettre::transport::smtp::PoolConfig;
use std::{error::Error, sync::Arc, time::Instant};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let numbers: Vec<usize> = std::env::args().skip(1).map(|text| text.parse()).collect::<Result<_, _>>()?;
    let [port, count, size, at_a_time] = numbers.as_slice() else { return Err("PORT COUNT SIZE AT_A_TIME".into()) };
    let mut raw = "From: a@example.nl\r\nTo: b@example.nl\r\nSubject: bench\r\n\r\n".to_owned();
    while raw.len() < *size {
        raw += "One line of seventy characters or so, as in the other sender's letters..\r\n";
    }
    let raw: Arc<[u8]> = raw.into_bytes().into();
    let envelope = Envelope::new(Some("a@example.nl".parse()?), vec!["b@example.nl".parse()?])?;
    let pool = PoolConfig::new().max_size(*at_a_time as u32);
    let transport: AsyncSmtpTransport<Tokio1Executor> =
        AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous("127.0.0.1").port(*port as u16).pool_config(pool).build();
    let begin = Instant::now();
    let mut workers = Vec::new();
    for worker in 0..*at_a_time {
        let (transport, raw, envelope) = (transport.clone(), raw.clone(), envelope.clone());
        let share = count / at_a_time + usize::from(worker < count % at_a_time);
        workers.push(tokio::spawn(async move {
            for _ in 0..share {
                transport.send_raw(&envelope, &raw).await?;
            }
            Ok::<(), lettre::transport::smtp::Error>(())
        }));
    }
    for worker in workers {
        worker.await??;
    }
    let seconds = begin.elapsed().as_secs_f64();
    println!("{{\"peer\": \"lettre\", \"n\": {count}, \"size\": {size}, \"conc\": {at_a_time}, \"secs\": {seconds:.3}, \"msgs_s\": {:.0}}}", *count as f64 / seconds);
    Ok(())
}
