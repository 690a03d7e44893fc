//! Everything the simulator knows: organisations' apps, mailboxes, what was granted, what is to go wrong.

use crate::{
    Google,
    ews::Exchange,
    fault::Fault,
    graph::{Subscription, Upload},
    mailbox::Mailbox,
    mailgun::Mailgun,
    sign_in::{Grants, Registered, resource::EXCHANGE_RIGHT},
};
use bytes::Bytes;
use jiff::Timestamp;

/// An app as an administrator registered it.
#[derive(Debug, Clone)]
pub struct App {
    /// Its name there.
    pub client_id: String,
    /// What proves it.
    pub client_secret: String,
    /// Where browsers may come back to; empty lets them go anywhere on this machine.
    pub redirect_uris: Vec<String>,
    /// An administrator agreed that it may read mailboxes by itself.
    pub acts_alone: bool,
    /// Then only these, where there is a list (learn.microsoft.com/exchange/permissions-exo/application-rbac).
    pub may_open: Option<Vec<String>>,
    /// Certificates whose keys prove it in place of the secret.
    pub certificates: Vec<Registered>,
}

/// A letter that left a mailbox.
#[derive(Debug, Clone)]
pub struct Sent {
    /// The mailbox.
    pub from: String,
    /// To whom, of all three kinds.
    pub recipients: Vec<String>,
    /// The bytes as they were handed over.
    pub raw: Bytes,
}

/// The provider's side of the world.
#[derive(Debug)]
pub struct Cloud {
    /// The organisation's name in addresses of the sign-in; `common` and `organizations` are known besides.
    pub tenant: String,
    /// The apps.
    pub apps: Vec<App>,
    /// The mailboxes.
    pub mailboxes: Vec<Mailbox>,
    /// Google's side of it.
    pub google: Google,
    /// What is to go wrong.
    pub faults: Vec<Fault>,
    /// Every request, as `GET me/messages?...`.
    pub heard: Vec<String>,
    /// What was said in Graph, when somebody wants to read it: question, its body, status and answer.
    pub record: Option<Vec<(String, String, u16, String)>>,
    /// How many requests for one mailbox there were at once, at most.
    pub most_at_once: usize,
    /// How long an answer takes at least, in milliseconds.
    pub latency_ms: u64,
    /// How long an access token lasts, in seconds.
    pub token_seconds: i64,
    /// A refresh token that is shown a second time ends every grant of its mailbox (RFC 9700 §4.14.2); else only it is refused.
    pub reuse_ends_grant: bool,
    /// How often one was shown a second time.
    pub reused: usize,
    /// How often tokens were renewed.
    pub renewed: usize,
    /// How long a device has to wait between two questions, in seconds.
    pub device_seconds: i64,
    /// What left.
    pub sent: Vec<Sent>,
    /// What lies at Mailgun.
    pub mailgun: Mailgun,
    /// The Exchange server of the same mailboxes.
    pub exchange: Exchange,
    pub(crate) grants: Grants,
    pub(crate) subscriptions: Vec<Subscription>,
    pub(crate) uploads: Vec<Upload>,
}

/// The client id of the app that is there from the start.
pub const CLIENT_ID: &str = "11111111-2222-4333-8444-555555555555";
/// Its secret.
pub const CLIENT_SECRET: &str = "geheim~van-de.app";

impl Default for Cloud {
    /// An app and two mailboxes.
    fn default() -> Cloud {
        Cloud {
            tenant: "voorbeeld.test".to_owned(),
            apps: vec![App {
                client_id: CLIENT_ID.to_owned(),
                client_secret: CLIENT_SECRET.to_owned(),
                redirect_uris: Vec::new(),
                acts_alone: true,
                may_open: None,
                certificates: Vec::new(),
            }],
            mailboxes: vec![
                Mailbox::new("info@voorbeeld.test", "Info Voorbeeld"),
                Mailbox::new("anna@voorbeeld.test", "Anna de Vries"),
            ],
            google: Google::default(),
            faults: Vec::new(),
            heard: Vec::new(),
            record: None,
            most_at_once: 0,
            latency_ms: 0,
            token_seconds: 3600,
            reuse_ends_grant: false,
            reused: 0,
            renewed: 0,
            device_seconds: 5,
            sent: Vec::new(),
            mailgun: Mailgun::default(),
            exchange: Exchange::default(),
            grants: Grants::default(),
            subscriptions: Vec::new(),
            uploads: Vec::new(),
        }
    }
}

impl Cloud {
    /// The mailbox with this address.
    pub fn mailbox(&mut self, address: &str) -> Option<&mut Mailbox> {
        self.mailboxes.iter_mut().find(|mailbox| mailbox.address.eq_ignore_ascii_case(address))
    }

    /// A new certificate of the first app, with its private key, as PEM. It ends on the last day of this year.
    pub fn certificate(&mut self, year: i32) -> String {
        let (pem, registered) = crate::sign_in::key::certificate(year);
        if let Some(app) = self.apps.first_mut() {
            app.certificates.push(registered);
        }
        pem
    }

    /// Puts a letter into the inbox of everybody here whom it is for, without what others must not see.
    pub(crate) fn deliver(&mut self, from: &str, raw: Bytes) {
        let recipients = crate::graph::recipients(&raw);
        let shown = crate::graph::without_bcc(&raw);
        for address in &recipients {
            if let Some(mailbox) = self.mailbox(address) {
                mailbox.put("inbox", shown.clone(), Timestamp::now());
            }
        }
        for mailbox in &mut self.google.mailboxes {
            let is_to = |address: &String| address.eq_ignore_ascii_case(&mailbox.address);
            // Who writes to themselves at Google has one letter, that lies there already.
            if !mailbox.address.eq_ignore_ascii_case(from) && recipients.iter().any(is_to) {
                mailbox.put(&["INBOX", "UNREAD"], shown.clone(), Timestamp::now());
            }
        }
        self.sent.push(Sent { from: from.to_owned(), recipients, raw });
    }

    /// How many requests began so.
    pub fn heard(&self, beginning: &str) -> usize {
        self.heard.iter().filter(|line| line.starts_with(beginning)).count()
    }

    /// An access token for a mailbox, as if somebody had gone through the sign-in just now.
    pub fn token_for(&mut self, address: &str) -> String {
        let scope = match self.google.mailbox(address) {
            Some(_) => crate::google::SCOPE,
            None => "Mail.ReadWrite Mail.Send User.Read",
        };
        self.grants.access_token(Some(address), scope, self.token_seconds)
    }

    /// A token with which this mailbox is opened at the Exchange server that goes by this name.
    pub fn exchange_token_for(&mut self, address: &str, host: &str) -> String {
        let scope = format!("https://{host}/{EXCHANGE_RIGHT}");
        self.grants.access_token(Some(address), &scope, self.token_seconds)
    }

    /// A lasting grant of a mailbox, as if its owner had agreed just now.
    pub fn grant_for(&mut self, address: &str) -> String {
        let (client_id, scope) = match self.google.mailbox(address) {
            Some(_) => (self.google.client_id.clone(), crate::google::SCOPE.to_owned()),
            None => {
                let app = self.apps.first().map(|app| app.client_id.clone());
                (app.unwrap_or_default(), "Mail.ReadWrite Mail.Send User.Read offline_access".to_owned())
            }
        };
        self.grants.refresh_token(client_id, address, scope)
    }

    /// Where a browser goes that was sent to this address of the sign-in, when somebody says there who they are; nobody turns
    /// back. `None` when the page shows what is wrong instead.
    pub fn decide(&mut self, address: &str, who: &str) -> Option<String> {
        match address.contains(crate::google::CONSENT) {
            true => crate::google::decide(self, address, who),
            false => crate::sign_in::decide(self, address, who),
        }
    }

    /// Somebody types a device's code and says who they are; nobody turns back. `false` when no device waits with that code.
    pub fn decide_device(&mut self, user_code: &str, who: &str) -> bool {
        self.grants.decide(user_code, who)
    }

    /// Withdraws every grant of this mailbox: its tokens end, and are not renewed.
    pub fn revoke(&mut self, address: &str) {
        self.grants.revoke(address);
    }
}
