//! An IMAP server that signs anybody in and then lies, floods or falls silent as a test tells it to.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;

/// What to send for a command, given its tag and the whole line; `None` leaves it to the usual answer.
type Lie = dyn Fn(&mut TcpStream, &str, &str) -> Option<io::Result<()>> + Send + Sync;

/// A running liar; it lives as long as the test program.
pub(crate) struct Liar {
    pub(crate) port: u16,
}

impl Liar {
    /// Greets with this line and lies like this.
    pub(crate) fn start(
        greeting: &'static str,
        lie: impl Fn(&mut TcpStream, &str, &str) -> Option<io::Result<()>> + Send + Sync + 'static,
    ) -> Liar {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("our own socket").port();
        let lie: Arc<Lie> = Arc::new(lie);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let lie = lie.clone();
                // A client that leaves is what a liar expects.
                std::thread::spawn(move || drop(talk(stream, greeting, &*lie)));
            }
        });
        Liar { port }
    }
}

fn talk(mut stream: TcpStream, greeting: &str, lie: &Lie) -> io::Result<()> {
    let mut input = BufReader::new(stream.try_clone()?);
    stream.write_all(greeting.as_bytes())?;
    let mut line = String::new();
    while input.read_line(&mut line)? > 0 {
        let tag = line.split(' ').next().unwrap_or_default().to_owned();
        let command = line.to_ascii_uppercase();
        match lie(&mut stream, &tag, &command) {
            Some(sent) => sent?,
            None => stream.write_all(usual(&tag, &command).as_bytes())?,
        }
        line.clear();
    }
    Ok(())
}

/// What an honest server with one message in one folder would say.
fn usual(tag: &str, command: &str) -> String {
    let told = match command.split_whitespace().nth(1).unwrap_or_default() {
        "CAPABILITY" => "* CAPABILITY IMAP4rev1 IDLE\r\n",
        "LIST" | "LSUB" => "* LIST () \"/\" INBOX\r\n",
        "SELECT" | "EXAMINE" => {
            "* 1 EXISTS\r\n* 0 RECENT\r\n* FLAGS (\\Seen)\r\n* OK [UIDVALIDITY 7] x\r\n* OK [UIDNEXT 2] x\r\n"
        }
        "STATUS" => "* STATUS INBOX (MESSAGES 1 UIDNEXT 2 UIDVALIDITY 7 UNSEEN 1)\r\n",
        "UID" if command.contains("SEARCH") => "* SEARCH 1\r\n",
        "UID" if command.contains("BODY") => {
            "* 1 FETCH (UID 1 FLAGS () INTERNALDATE \"05-Mar-2026 09:30:00 +0100\" RFC822.SIZE 14 BODY[] {14}\r\nSubject: x\r\n\r\n)\r\n"
        }
        "UID" => "* 1 FETCH (UID 1 FLAGS () RFC822.SIZE 14 INTERNALDATE \"05-Mar-2026 09:30:00 +0100\")\r\n",
        "IDLE" => return "+ idling\r\n".to_owned(),
        "LOGOUT" => "* BYE\r\n",
        _ => "",
    };
    format!("{told}{tag} OK done\r\n")
}
