//! From what was typed to settings that can work, with everything that is wrong said at once (features M1 to M7).

mod limits;
mod personal;

use super::{
    after_fetch, by_domain, exchange, help,
    input::{AccountInput, ServerInput},
    kept_secret, same_mailbox, secret, vendor,
};
use crate::words::{
    FieldError,
    field::{self, Why},
};
use connect::Secret;
use mail::Address;
use store::account::{AccountSettings, Authentication, Direction, Encryption, Exchange, Incoming, Outgoing, Server};

const NAME_MAX: usize = 200;
/// Letters that can be read and are no poster.
pub const POINTS: std::ops::RangeInclusive<i64> = 8..=24;
const INTERVAL: std::ops::RangeInclusive<i64> = 30..=7 * 24 * 3600;

/// What was typed, put in order.
#[derive(Debug)]
pub(crate) struct Settled {
    pub(crate) settings: AccountSettings,
    pub(crate) incoming_secret: Option<Secret>,
    pub(crate) outgoing_secret: Option<Secret>,
    /// What refuses nothing but should be looked at.
    pub(crate) warnings: Vec<FieldError>,
    pub(crate) errors: Vec<FieldError>,
}

/// The settings that follow from the input, on top of what was saved before.
pub(crate) fn settle(input: AccountInput, before: Option<&AccountSettings>) -> Settled {
    let mut draft = Draft { errors: Vec::new(), warnings: Vec::new(), is_new: before.is_none() };
    let mut settings = before.cloned().unwrap_or_else(by_domain::blank);
    if draft.is_new || input.address.is_some() {
        settings.address = draft.address("address", input.address.as_deref().unwrap_or_default());
    }
    if let Some(name) = &input.display_name {
        settings.display_name = draft.line("display_name", name);
    } else if draft.is_new {
        settings.display_name = settings.address.clone();
    }
    settings.active = input.active.unwrap_or(settings.active);
    settings.push = input.push.unwrap_or(settings.push);
    settings.allow_plaintext = input.allow_plaintext.unwrap_or(settings.allow_plaintext);
    if let Some(limits) = input.limits {
        draft.limits(&limits);
        settings.limits = limits;
    }
    if let Some(interval) = input.interval_seconds {
        draft.check(
            "interval_seconds",
            interval.is_none_or(|seconds| INTERVAL.contains(&seconds)),
            field::OUT_OF_RANGE,
        );
        settings.interval_seconds = interval;
    }
    if let Some(errors) = input.disable_after_errors {
        draft.check("disable_after_errors", (1..=1000).contains(&errors), field::OUT_OF_RANGE);
        settings.disable_after_errors = errors;
    }
    if let Some(since) = input.sync_since {
        settings.sync_since = since.map(|moment| moment.as_millisecond());
    }
    if let Some(bcc) = input.bcc {
        let bcc = bcc.filter(|bcc| !help::trimmed(bcc).is_empty());
        settings.bcc = bcc.map(|bcc| draft.address("bcc", &bcc));
    }
    if let Some(pin) = input.pinned_certificate {
        settings.pinned_certificate = pin.and_then(|pin| draft.pin(&pin));
    }
    if let Some(list) = input.never_link {
        settings.never_link = draft.never_link(&list);
    }
    if let Some(font) = input.font {
        settings.style.font = font.filter(|name| !name.is_empty()).and_then(|name| draft.font(&name));
    }
    if let Some(points) = input.font_size {
        draft.check("font_size", points.is_none_or(|points| POINTS.contains(&points)), field::OUT_OF_RANGE);
        settings.style.font_size = points;
    }
    if let Some(html) = input.signature_html {
        settings.style.signature = html.and_then(|html| draft.signature(&html));
    }
    let mut secrets = (None, None);
    if draft.is_new || input.incoming.is_some() {
        let typed = input.incoming.unwrap_or_default();
        secrets.0 = draft.secret("incoming.secret", &typed);
        settings.incoming = draft.incoming(typed, &settings, secrets.0.is_some());
    }
    settings.push &= settings.incoming.can_push();
    if draft.is_new || input.outgoing.is_some() {
        let typed = input.outgoing.unwrap_or_default();
        secrets.1 = draft.secret("outgoing.secret", &typed).or_else(|| secrets.0.clone().filter(|_| draft.is_new));
        settings.outgoing = draft.outgoing(typed, &settings, secrets.1.is_some());
    }
    let is_of_use = |half| kept_secret::is_of_use(&settings, half);
    let secrets =
        (secrets.0.filter(|_| is_of_use(Direction::Incoming)), secrets.1.filter(|_| is_of_use(Direction::Outgoing)));
    draft.check("outgoing.kind", vendor::is_one(&settings), field::ONE_PROVIDER);
    let Draft { errors, mut warnings, .. } = draft;
    if servers(&settings).any(|(_, server)| server.encryption == Encryption::None) {
        warnings.push(FieldError::new("allow_plaintext", field::WARN_PLAINTEXT));
    }
    Settled { settings, incoming_secret: secrets.0, outgoing_secret: secrets.1, warnings, errors }
}

/// The servers of an account, each with the name of the field that says how the line is protected.
pub(crate) fn servers(settings: &AccountSettings) -> impl Iterator<Item = (&'static str, Server)> {
    let is_exchange = matches!(settings.incoming, Incoming::Ews(_));
    let field = if is_exchange { "incoming.url" } else { "incoming.encryption" };
    let incoming = same_mailbox::server(&settings.incoming).map(|server| (field, server));
    let field = if matches!(settings.outgoing, Outgoing::Ews(_)) { "outgoing.url" } else { "outgoing.encryption" };
    let outgoing = same_mailbox::server_of_way_out(&settings.outgoing).map(|server| (field, server));
    incoming.into_iter().chain(outgoing)
}

struct Draft {
    errors: Vec<FieldError>,
    warnings: Vec<FieldError>,
    is_new: bool,
}

impl Draft {
    fn wrong(&mut self, field: impl Into<String>, why: Why) {
        self.errors.push(FieldError::new(field, why));
    }

    fn check(&mut self, field: &str, well: bool, why: Why) {
        if !well {
            self.wrong(field, why);
        }
    }

    fn address(&mut self, field: &str, typed: &str) -> String {
        let typed = help::trimmed(typed);
        if typed.is_empty() {
            self.wrong(field, field::REQUIRED);
        } else {
            match Address::parse(typed) {
                Some(found) if found.name.is_none() && !typed.contains(char::is_control) => return found.address,
                _ => self.wrong(field, field::NOT_AN_ADDRESS),
            }
        }
        typed.to_owned()
    }

    fn line(&mut self, field: &str, typed: &str) -> String {
        let typed = help::trimmed(typed);
        self.check(field, !typed.contains(char::is_control), field::LINE_BREAK);
        self.check(field, typed.chars().count() <= NAME_MAX, field::TOO_LONG);
        typed.to_owned()
    }

    fn secret(&mut self, field: &str, typed: &ServerInput) -> Option<Secret> {
        let secret = typed.secret.clone().filter(|secret| !secret.reveal().is_empty())?;
        let text = String::from_utf8_lossy(secret.reveal());
        if let Some(why) = secret::refused(&text) {
            self.wrong(field, why);
        }
        self.warnings.extend(secret::warnings(&text).into_iter().map(|why| FieldError::new(field, why)));
        Some(secret)
    }

    /// Bounds of what was typed, also of what does not count for this kind of server.
    fn bounds(&mut self, direction: &str, typed: &ServerInput) {
        let texts = [
            ("kind", typed.kind.as_ref(), 20),
            ("host", typed.host.as_ref(), 255),
            ("username", typed.username.as_ref(), 320),
            ("prefix", typed.prefix.as_ref().and_then(Option::as_ref), 255),
            ("url", typed.url.as_ref(), 2000),
            ("domain", typed.domain.as_ref(), 255),
        ];
        for (name, text, most) in texts {
            let is_short = text.is_none_or(|text| text.chars().count() <= most);
            self.check(&format!("{direction}.{name}"), is_short, field::TOO_LONG);
        }
        let is_port = typed.port.is_none_or(|port| (1..=65_535).contains(&port));
        self.check(&format!("{direction}.port"), is_port, field::NOT_A_PORT);
    }

    fn incoming(&mut self, typed: ServerInput, settings: &AccountSettings, with_secret: bool) -> Incoming {
        let kept = same_mailbox::server(&settings.incoming);
        let was = same_mailbox::kind(&settings.incoming).unwrap_or("none");
        self.bounds("incoming", &typed);
        let kind = typed.kind.as_deref().map(help::trimmed).unwrap_or(was).to_owned();
        // Ports and the like of one kind say nothing of the other.
        let before = kept.as_ref().filter(|_| kind == was);
        match kind.as_str() {
            "none" => Incoming::None,
            "microsoft365" => Incoming::Microsoft365,
            "relay" => Incoming::Relay { relay_address: settings.incoming.relay_address().map(str::to_owned) },
            "mailgun" => Incoming::Mailgun(by_domain::chosen("incoming", &typed, settings, &mut self.errors)),
            "gmail" => Incoming::Gmail,
            "imap" => {
                let port = |encryption| if encryption == Encryption::Tls { 993 } else { 143 };
                let prefix = match &typed.prefix {
                    Some(prefix) => {
                        prefix.as_deref().map(help::trimmed).filter(|text| !text.is_empty()).map(str::to_owned)
                    }
                    None => before.and_then(|server| server.prefix.clone()),
                };
                let mut server = self.server("incoming", typed, before, settings, &settings.address, port);
                server.prefix = prefix;
                self.signs_in(settings, &server, with_secret);
                Incoming::Imap(server)
            }
            "pop3" => {
                let port = |encryption| if encryption == Encryption::Tls { 995 } else { 110 };
                let (after, wrong, warning) = after_fetch::chosen(typed.after_fetch.as_ref(), before);
                self.errors.extend(wrong);
                self.warnings.extend(warning);
                let mut server = self.server("incoming", typed, before, settings, &settings.address, port);
                server.after_fetch = Some(after);
                self.signs_in(settings, &server, with_secret);
                Incoming::Pop3(server)
            }
            "ews" => {
                let before = match &settings.incoming {
                    Incoming::Ews(before) => Some(before),
                    _ => None,
                };
                let exchange = self.exchange("incoming", &typed, before, &settings.address);
                // A grant is given afterwards, and is no password.
                if exchange.authentication != Authentication::Oauth {
                    self.signs_in(settings, &exchange.server(), with_secret);
                }
                Incoming::Ews(exchange)
            }
            _ => {
                self.wrong("incoming.kind", field::UNKNOWN_KIND);
                Incoming::None
            }
        }
    }

    /// A server that mail comes from wants a name and a secret, given for it.
    fn signs_in(&mut self, settings: &AccountSettings, server: &Server, with_secret: bool) {
        self.password("incoming.secret", kept_secret::host(settings, Direction::Incoming), server, with_secret);
        let told = self.errors.iter().any(|error| error.field == "incoming.username");
        self.check("incoming.username", told || !server.username.is_empty(), field::REQUIRED);
    }

    fn outgoing(&mut self, typed: ServerInput, settings: &AccountSettings, with_secret: bool) -> Outgoing {
        let before = match &settings.outgoing {
            Outgoing::Smtp(server) => Some(server),
            _ => None,
        };
        let given_for = kept_secret::host(settings, Direction::Outgoing);
        self.bounds("outgoing", &typed);
        let kept = same_mailbox::kind_of_way_out(&settings.outgoing);
        let kind = typed.kind.as_deref().map(help::trimmed).unwrap_or(kept);
        match kind {
            "none" => Outgoing::None,
            "microsoft365" => Outgoing::Microsoft365,
            "mailgun" => Outgoing::Mailgun(by_domain::chosen("outgoing", &typed, settings, &mut self.errors)),
            "builtin" => Outgoing::Builtin,
            "gmail" => Outgoing::Gmail,
            "smtp" => {
                let port = |encryption| if encryption == Encryption::Tls { 465 } else { 587 };
                let same_as_incoming = match &settings.incoming {
                    Incoming::Imap(server) | Incoming::Pop3(server) => server.username.clone(),
                    _ => settings.address.clone(),
                };
                let server = self.server("outgoing", typed, before, settings, &same_as_incoming, port);
                if !server.username.is_empty() {
                    self.password("outgoing.secret", given_for, &server, with_secret);
                }
                Outgoing::Smtp(server)
            }
            "ews" => {
                // Both halves of a mailbox are at the same server.
                let same = match (&settings.outgoing, &settings.incoming) {
                    (Outgoing::Ews(same), _) | (_, Incoming::Ews(same)) => Some(same),
                    _ => None,
                };
                let exchange = self.exchange("outgoing", &typed, same, &settings.address);
                if exchange.authentication != Authentication::Oauth {
                    self.password("outgoing.secret", given_for, &exchange.server(), with_secret);
                }
                Outgoing::Ews(exchange)
            }
            _ => {
                self.wrong("outgoing.kind", field::UNKNOWN_KIND);
                Outgoing::None
            }
        }
    }

    /// A secret goes to the server it was given for: whoever names another one must know it. `given_for`: the host that the
    /// kept one is for.
    fn password(&mut self, field: &str, given_for: Option<String>, server: &Server, with_secret: bool) {
        match given_for {
            _ if with_secret => {}
            None => self.wrong(field, field::REQUIRED),
            Some(host) => self.check(field, host.eq_ignore_ascii_case(&server.host), field::SECRET_FOR_NEW_HOST),
        }
    }

    fn exchange(&mut self, direction: &str, typed: &ServerInput, before: Option<&Exchange>, address: &str) -> Exchange {
        let found = exchange::settle(direction, typed, before, address);
        self.errors.extend(found.errors);
        self.warnings.extend(found.warnings);
        found.exchange
    }

    fn server(
        &mut self,
        direction: &str,
        typed: ServerInput,
        before: Option<&Server>,
        settings: &AccountSettings,
        usual_name: &str,
        usual_port: impl Fn(Encryption) -> u16,
    ) -> Server {
        let name = |field: &str| format!("{direction}.{field}");
        let host = typed.host.as_deref().map(help::trimmed).or(before.map(|server| server.host.as_str())).unwrap_or("");
        if host.is_empty() {
            self.wrong(name("host"), field::REQUIRED);
        } else if !help::is_host(host) {
            self.wrong(name("host"), field::NOT_A_HOST);
        }
        let encryption = match typed.encryption.as_deref().map(help::trimmed) {
            None => before.map_or(Encryption::Tls, |server| server.encryption),
            Some("tls") => Encryption::Tls,
            Some("starttls") => Encryption::Starttls,
            Some("none") => Encryption::None,
            Some(_) => {
                self.wrong(name("encryption"), field::UNKNOWN_KIND);
                Encryption::Tls
            }
        };
        let same_encryption = before.filter(|server| server.encryption == encryption);
        let port = match typed.port {
            // One that is no port was told of already.
            Some(port) => u16::try_from(port).unwrap_or_default(),
            None => same_encryption.map_or_else(|| usual_port(encryption), |server| server.port),
        };
        let username = match typed.username {
            Some(typed) => {
                let username = help::user_name(&typed, &settings.address);
                if username != help::trimmed(&typed) {
                    self.warnings.push(FieldError::new(name("username"), field::WARN_USERNAME_REWRITTEN));
                }
                username
            }
            None => before.map_or_else(|| usual_name.to_owned(), |server| server.username.clone()),
        };
        self.check(&name("username"), !username.contains(char::is_control), field::LINE_BREAK);
        let authentication = match typed.authentication.as_deref().map(help::trimmed) {
            None => before.map_or_else(Authentication::default, |server| server.authentication),
            Some("basic") => Authentication::Basic,
            Some("oauth") => Authentication::Oauth,
            Some(_) => {
                self.wrong(name("authentication"), field::UNKNOWN_KIND);
                Authentication::Basic
            }
        };
        Server { host: host.to_owned(), port, encryption, username, authentication, prefix: None, after_fetch: None }
    }
}
