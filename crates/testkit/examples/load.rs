//! Posts the same JSON many times over kept connections and prints how many a second were taken over: the load for
//! `make bench`, because curl and Python would be the slower end.
//!
//! `cargo run --release -p testkit --example load -- PORT PATH TOKEN COUNT AT_A_TIME FILE`

use std::time::Instant;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [port, path, token, count, at_a_time, file] = arguments.as_slice() else {
        eprintln!("PORT PATH TOKEN COUNT AT_A_TIME FILE, please");
        return Ok(());
    };
    let number = |text: &String| text.parse::<usize>().map_err(std::io::Error::other);
    let (port, count, at_a_time) = (number(port)?, number(count)?, number(at_a_time)?);
    let body = std::fs::read_to_string(file)?;
    let request = format!(
        "POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let begin = Instant::now();
    let mut workers = tokio::task::JoinSet::new();
    for worker in 0..at_a_time {
        let request = request.clone();
        let share = count / at_a_time + usize::from(worker < count % at_a_time);
        workers.spawn(async move {
            let mut stream = TcpStream::connect(("127.0.0.1", port as u16)).await?;
            stream.set_nodelay(true)?;
            for _ in 0..share {
                stream.write_all(request.as_bytes()).await?;
                answer(&mut stream).await?;
            }
            Ok::<(), std::io::Error>(())
        });
    }
    while let Some(ended) = workers.join_next().await {
        ended??;
    }
    let seconds = begin.elapsed().as_secs_f64();
    println!(
        "{{\"n\": {count}, \"conc\": {at_a_time}, \"secs\": {seconds:.3}, \"msgs_s\": {:.0}}}",
        count as f64 / seconds
    );
    Ok(())
}

/// Reads one answer to its end; anything but a success ends the program with its words.
async fn answer(stream: &mut TcpStream) -> std::io::Result<()> {
    let mut got = Vec::with_capacity(1024);
    loop {
        if stream.read_buf(&mut got).await? == 0 {
            return Err(std::io::Error::other("the server closed the connection"));
        }
        let text = String::from_utf8_lossy(&got);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
        });
        if body.len() < length.unwrap_or(0) {
            continue;
        }
        return if head.starts_with("HTTP/1.1 2") { Ok(()) } else { Err(std::io::Error::other(text.into_owned())) };
    }
}
