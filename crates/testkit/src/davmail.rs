//! DavMail: a gateway that we did not write, with IMAP and SMTP on one side and Exchange Web Services on the other.

use crate::{Process, free_port, process::fill};

const SETTINGS: &str = "davmail.server=true
davmail.mode=EWS
davmail.url=@URL@
davmail.imapPort=@IMAP@
davmail.smtpPort=@SMTP@
davmail.popPort=
davmail.caldavPort=
davmail.ldapPort=
davmail.bindAddress=127.0.0.1
davmail.allowRemote=false
davmail.disableUpdateCheck=true
davmail.enableProxy=false
davmail.enableKerberos=false
davmail.smtpSaveInSent=true
davmail.logFilePath=@DIR@/davmail.log
davmail.keepDelay=0
";

/// A running DavMail before one Exchange server.
#[derive(Debug)]
pub struct DavMail {
    /// IMAP without TLS.
    pub imap_port: u16,
    /// Submission without TLS.
    pub smtp_port: u16,
    /// The process.
    pub process: Process,
}

impl DavMail {
    /// Starts one for the service at this address.
    ///
    /// # Panics
    /// When DavMail is not installed or does not start.
    pub fn start(url: &str) -> DavMail {
        let program = crate::home::program("DavMail", &["/usr/bin/davmail-server"]);
        let dir = Process::folder("davmail");
        let (imap_port, smtp_port) = (free_port(), free_port());
        let (imap, smtp, folder) = (imap_port.to_string(), smtp_port.to_string(), dir.display().to_string());
        let settings = fill(SETTINGS, &[("URL", url), ("IMAP", &imap), ("SMTP", &smtp), ("DIR", &folder)]);
        std::fs::write(dir.join("settings"), settings).expect("a file inside our own folder");
        let script = format!("cd {folder}; HOME={folder} exec {} {folder}/settings", program.display());
        let mut process = Process::start("DavMail", dir, &script);
        process.wait_for_ports(&[imap_port, smtp_port]);
        DavMail { imap_port, smtp_port, process }
    }
}
