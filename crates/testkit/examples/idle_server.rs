//! An IMAP server in memory for as long as standard input is open, its port on standard output: something for a thousand
//! idle accounts to be connected to, where a real server would want a thousand processes.

use std::io::Read;
use testkit::{ModelImap, ModelOptions};

fn main() -> std::io::Result<()> {
    let options = ModelOptions { user: "bench".into(), password: "pw".into(), ..ModelOptions::default() };
    let server = ModelImap::start(options);
    println!("{}", server.port);
    std::io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}
