//! What goes wrong with a mailbox, in plain words: the likely cause and what to do (features M10).

use super::{Phrase, Text};
use connect::error::Cause;

/// Stands before the code of trouble with the sending half of an account.
pub(crate) const SENDING: &str = "sending_";

/// A failure explained to a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Explained {
    /// The name for programs; kept with the account's health.
    pub code: &'static str,
    /// What is probably the matter.
    pub cause: Text,
    /// What to do about it.
    pub fix: Text,
}

impl Explained {
    /// The cause, what to do, and what the server itself said (nothing when that is empty).
    pub fn told(&self, server_said: &str) -> Phrase {
        let tell = |cause: &str, fix: &str| match server_said {
            "" => format!("{cause} {fix}"),
            said => format!("{cause} {fix} ({said})"),
        };
        Phrase { nl: tell(self.cause.nl, self.fix.nl), en: tell(self.cause.en, self.fix.en) }
    }
}

macro_rules! explained {
    ($($name:ident $code:literal: $cause_nl:literal / $cause_en:literal => $fix_nl:literal / $fix_en:literal;)*) => {
        $(const $name: $crate::words::cause::Explained = $crate::words::cause::Explained {
            code: $code,
            cause: $crate::words::text($cause_nl, $cause_en),
            fix: $crate::words::text($fix_nl, $fix_en),
        };)*
        /// Every failure that can be explained.
        pub const ALL: &[$crate::words::cause::Explained] = &[$($name),*];
    };
}
pub(super) use explained;

explained! {
    OTHER_ACCOUNT "other_account":
        "De server antwoordt met een andere mailbox dan die waarvan hier de mail staat." / "The server answers with another mailbox than the one whose mail is here."
        => "Zet de vorige server of gebruikersnaam terug. Is de mailbox verhuisd, zet dan eerst de oude mail over naar de nieuwe server en sla de mailbox hier opnieuw op. Maak voor een andere mailbox een nieuwe aan." / "Put back the former server or user name. If the mailbox was moved, first bring the old mail over to the new server and save the mailbox here again. For another mailbox make a new one.";
    NO_LISTENER "no_listener":
        "Deze Postkamer neemt nu geen mail van buiten aan." / "This Postkamer takes in no mail from outside now."
        => "De beheerder van de server zet dat aan met --smtp en laat mail voor het domein naar deze server wijzen (MX). Hoe, staat in docs/connectors/own-addresses.md." / "The server's administrator switches that on with --smtp and points mail for the domain to this server (MX). How stands in docs/connectors/own-addresses.md.";
    UNKNOWN_HOST "unknown_host":
        "De servernaam bestaat niet." / "The server name does not exist."
        => "Controleer de servernaam op tikfouten, of laat de instellingen opzoeken." / "Check the server name for typing errors, or have the settings looked up.";
    PORT_CLOSED "port_closed":
        "Op deze poort luistert niemand, of een firewall houdt de verbinding tegen." / "Nobody listens on this port, or a firewall stops the connection."
        => "Kies een andere poort (993 of 143 voor IMAP, 995 of 110 voor POP3, 465 of 587 voor SMTP), of vraag de beheerder van het netwerk om deze poort open te zetten." / "Choose another port (993 or 143 for IMAP, 995 or 110 for POP3, 465 or 587 for SMTP), or ask the network's administrator to open this one.";
    TIMED_OUT "timed_out":
        "De server antwoordt niet op tijd." / "The server does not answer in time."
        => "Controleer server en poort. Klopt alles, dan is er een storing: er wordt vanzelf opnieuw geprobeerd." / "Check the server and the port. When they are right there is an outage: it is tried again by itself.";
    ADDRESS_NOT_ALLOWED "address_not_allowed":
        "De server staat op een adres in een netwerk dat niet is toegestaan." / "The server is at an address in a network that is not allowed."
        => "De eigenaar van deze installatie kan het netwerk toestaan met --allow-network." / "The owner of this installation can allow the network with --allow-network.";
    DROPPED "dropped":
        "De server verbrak de verbinding." / "The server closed the connection."
        => "Er wordt vanzelf opnieuw geprobeerd. Blijft het zo, vraag de provider dan of er te veel verbindingen tegelijk zijn." / "It is tried again by itself. If it lasts, ask the provider whether there are too many connections at once.";
    CERTIFICATE_WRONG_HOST "certificate_wrong_host":
        "Het certificaat van de server is voor een andere naam." / "The server's certificate is for another name."
        => "Gebruik de servernaam die in het certificaat staat, of zet het getoonde certificaat vast." / "Use the server name that the certificate shows, or pin the certificate that is shown.";
    CERTIFICATE_EXPIRED "certificate_expired":
        "Het certificaat van de server is verlopen of nog niet geldig." / "The server's certificate has expired or is not yet valid."
        => "De beheerder van de mailserver moet het vernieuwen. Controleer ook de klok van deze machine." / "The mail server's administrator must renew it. Check this machine's clock too.";
    CERTIFICATE_UNTRUSTED "certificate_untrusted":
        "Het certificaat van de server is uitgegeven door een onbekende partij." / "The server's certificate was issued by someone we don't know."
        => "Vergelijk de vingerafdruk met die van de beheerder van de mailserver en zet het certificaat dan vast." / "Compare the fingerprint with the mail server administrator's and then pin the certificate.";
    CERTIFICATE_CHANGED "certificate_changed":
        "De server toont een ander certificaat dan het vastgezette. Er is niets verstuurd." / "The server shows another certificate than the pinned one. Nothing was sent."
        => "Vraag de beheerder van de mailserver of het certificaat is vervangen, en zet dan het nieuwe vast. Zo niet, dan luistert er misschien iemand mee." / "Ask the mail server's administrator whether the certificate was replaced, and then pin the new one. If it was not, someone may be listening in.";
    TLS_OUTDATED "tls_outdated":
        "De server kent alleen verouderde versleuteling (ouder dan TLS 1.2)." / "The server knows only outdated encryption (older than TLS 1.2)."
        => "De mailserver moet worden bijgewerkt; vraag dat aan de provider." / "The mail server must be updated; ask the provider to do so.";
    STARTTLS_REFUSED "starttls_refused":
        "De server biedt geen STARTTLS aan, of iets onderweg knoeit ermee." / "The server does not offer STARTTLS, or something on the way tampers with it."
        => "Kies TLS met poort 993 (IMAP), 995 (POP3) of 465 (SMTP)." / "Choose TLS with port 993 (IMAP), 995 (POP3) or 465 (SMTP).";
    WRONG_ENCRYPTION "wrong_encryption":
        "Poort en versleuteling passen niet bij elkaar." / "The port and the encryption don't belong together."
        => "TLS hoort bij 993, 995 en 465, STARTTLS bij 143, 110 en 587." / "TLS belongs to 993, 995 and 465, STARTTLS to 143, 110 and 587.";
    WRONG_PASSWORD "wrong_password":
        "De server weigert de gebruikersnaam of het wachtwoord." / "The server refuses the user name or the password."
        => "Probeer ze in de webmail van de provider en vul ze hier opnieuw in. Er wordt niet verder geprobeerd, zodat niemand wordt buitengesloten." / "Try them in the provider's webmail and enter them here again. Nothing more is tried, so that nobody gets locked out.";
    PASSWORD_CHARACTERS "password_characters":
        "De server weigert het wachtwoord, en er staan tekens in die onderweg vaak verloren gaan." / "The server refuses the password, and it has characters that often get lost on the way."
        => "Controleer spaties aan begin en eind, aanhalingstekens en ^, ~ en €. Kies anders bij de provider een wachtwoord met alleen letters, cijfers en - . + : ?" / "Check blanks at both ends, quotation marks and ^, ~ and €. Else choose a password at the provider with only letters, digits and - . + : ?";
    USERNAME_FORM "username_form":
        "De server weigert de aanmelding, en de gebruikersnaam is geen volledig e-mailadres." / "The server refuses the sign-in, and the user name is not a full e-mail address."
        => "De meeste providers willen het volledige e-mailadres als gebruikersnaam." / "Most providers want the full e-mail address as the user name.";
    APP_PASSWORD_NEEDED "app_password_needed":
        "De provider wil een app-wachtwoord, omdat tweestapsverificatie aanstaat." / "The provider wants an app password, because two-step verification is on."
        => "Maak bij de provider een app-wachtwoord en vul dat hier in." / "Make an app password at the provider and enter it here.";
    MFA_IN_THE_WAY "mfa_in_the_way":
        "De provider vraagt een tweede factor, die een programma niet kan geven." / "The provider asks for a second factor, which a program can't give."
        => "Koppel de mailbox met Microsoft 365 of Google in plaats van met een wachtwoord, of maak een app-wachtwoord." / "Connect the mailbox through Microsoft 365 or Google instead of a password, or make an app password.";
    BASIC_AUTH_OFF "basic_auth_off":
        "De provider staat aanmelden met een wachtwoord niet meer toe." / "The provider no longer allows signing in with a password."
        => "Koppel de mailbox met Microsoft 365 of Google in plaats van met een wachtwoord." / "Connect the mailbox through Microsoft 365 or Google instead of a password.";
    ENCRYPTION_NEEDED "encryption_needed":
        "De server neemt zonder versleuteling geen wachtwoord aan." / "The server takes no password without encryption."
        => "Kies TLS of STARTTLS." / "Choose TLS or STARTTLS.";
    NO_COMMON_MECHANISM "no_common_mechanism":
        "De server en Postkamer kennen geen gezamenlijke manier van aanmelden." / "The server and Postkamer have no way of signing in that both know."
        => "Controleer of aanmelden op deze server en poort aanstaat; kies anders een andere poort." / "Check that signing in is switched on at this server and port; else choose another port.";
    OTHER_SIGN_IN "other_sign_in":
        "De server wil op een andere manier worden aangemeld dan gekozen is." / "The server wants to be signed in to in another way than the one that was chosen."
        => "Kies NTLM in plaats van Basic, of andersom. Kan de server geen van beide, dan moet de beheerder van Exchange er een aanzetten voor EWS." / "Choose NTLM instead of Basic, or the other way round. If the server knows neither, the administrator of Exchange must switch one on for EWS.";
    NOT_EXCHANGE "not_exchange":
        "Op dit adres antwoordt geen Exchange Web Services; misschien is het de inlogpagina van de webmail." / "What answers at this address is no Exchange Web Services; it may be the login page of the webmail."
        => "Vul het adres in dat op /EWS/Exchange.asmx eindigt, of alleen de naam van de server. Staat er een proxy met een inlogpagina voor, laat de beheerder dan het pad /EWS ervan uitzonderen." / "Enter the address that ends in /EWS/Exchange.asmx, or only the name of the server. If a proxy with a login page stands before it, have the administrator exempt the path /EWS.";
    EWS_OFF "ews_off":
        "De server laat deze mailbox niet toe bij Exchange Web Services." / "The server does not let this mailbox in to Exchange Web Services."
        => "Laat de beheerder van Exchange EWS aanzetten voor deze mailbox (Set-CASMailbox, EwsEnabled), en Postkamer toelaten als er een lijst van toegelaten programma's is." / "Have the administrator of Exchange switch EWS on for this mailbox (Set-CASMailbox, EwsEnabled), and let Postkamer in where there is a list of programs that may.";
    BLACKLISTED "blacklisted":
        "De server heeft ons adres geblokkeerd na te veel pogingen." / "The server has put our address on its blacklist after too many attempts."
        => "Wacht een uur, of hef de blokkade op bij de provider (vaak in de webmail). Controleer eerst het wachtwoord." / "Wait an hour, or lift the block at the provider (often in the webmail). Check the password first.";
    TOKEN_REFUSED "token_refused":
        "De toestemming om deze mailbox te lezen is verlopen of ingetrokken." / "The consent to use this mailbox has expired or was withdrawn."
        => "Koppel de mailbox opnieuw. Er is niets verloren gegaan." / "Authorise the mailbox again. Nothing was lost.";
    GRANT_GONE "grant_gone":
        "De toestemming om deze mailbox te gebruiken is ingetrokken of verlopen, of nog niet gegeven." / "The consent to use this mailbox was withdrawn or has expired, or was not given yet."
        => "Open de mailbox en kies Autoriseren. Er is niets verloren gegaan." / "Open the mailbox and choose Authorise. Nothing was lost.";
    APP_REFUSED "app_refused":
        "De provider neemt de app-registratie van uw organisatie niet aan: het clientgeheim, het certificaat of de sleutel is onjuist of verlopen, of de app is er niet meer." / "The provider does not take your organisation's app registration: the client secret, the certificate or the key is wrong or has expired, or the app is gone."
        => "Laat een beheerder bij Instellingen, Aansluitingen een nieuw geheim, certificaat of sleutelbestand invullen." / "Have an administrator enter a new secret, certificate or key file at Settings, Connections.";
    APP_KEPT_OUT "app_kept_out":
        "De app van uw organisatie mag deze mailbox bij Microsoft niet openen." / "Your organisation's app may not open this mailbox at Microsoft."
        => "Laat een beheerder nagaan, in deze volgorde: bestaat de mailbox; heeft de app in Microsoft Entra de toepassingsmachtigingen Mail.ReadWrite en Mail.Send met beheerderstoestemming; en valt de mailbox in Exchange binnen het toegangsbeleid of de RBAC-rol van de app. Een wijziging daar werkt soms pas na een half uur." / "Have an administrator check, in this order: that the mailbox exists; that the app in Microsoft Entra has the application permissions Mail.ReadWrite and Mail.Send with admin consent; and that in Exchange the app's access policy or RBAC role covers the mailbox. A change there may take half an hour to work.";
    NOT_DELEGATED "not_delegated":
        "Uw Google Workspace laat het serviceaccount niet namens deze mailbox werken." / "Your Google Workspace does not let the service account act for this mailbox."
        => "Laat de beheerder in de Google-beheerdersconsole bij Beveiliging, API-opties, Domeinbrede machtiging het client-ID van het serviceaccount toevoegen met het bereik https://mail.google.com/, en nagaan of de mailbox bestaat." / "Have the administrator add the service account's client ID with the scope https://mail.google.com/ in the Google Admin console at Security, API controls, Domain-wide delegation, and check that the mailbox exists.";
    NOT_SHARED "not_shared":
        "De mailbox is niet (meer) gedeeld met wie hem hier opent." / "The mailbox is not shared (any more) with the person who opens it here."
        => "Laat een beheerder in Exchange volledige toegang geven tot de mailbox, en Verzenden als om ermee te verzenden. Een wijziging daar werkt soms pas na een uur." / "Have an administrator in Exchange give full access to the mailbox, and Send as in order to send from it. A change there may take an hour to work.";
    KEY_REFUSED "key_refused":
        "Mailgun neemt de API-sleutel van dit domein niet aan, of de sleutel mag dit niet." / "Mailgun does not take this domain's API key, or the key may not do this."
        => "Laat een beheerder bij Instellingen, Aansluitingen, Mailgun een nieuwe API-sleutel invullen. Er gaat niets verloren: wat wacht, gaat daarna vanzelf weg." / "Have an administrator enter a new API key at Settings, Connections, Mailgun. Nothing is lost: what waits leaves by itself after that.";
    DOMAIN_UNKNOWN "domain_unknown":
        "Mailgun kent dit domein niet, of niet in deze regio." / "Mailgun does not know this domain, or not in this region."
        => "Laat een beheerder bij Instellingen, Aansluitingen, Mailgun het domein en de regio nakijken." / "Have an administrator check the domain and the region at Settings, Connections, Mailgun.";
    DOMAIN_UNVERIFIED "domain_unverified":
        "Mailgun heeft dit domein niet geverifieerd en verstuurt er niet mee." / "Mailgun has not verified this domain and does not send by it."
        => "Zet de regels die Mailgun vraagt in DNS (ze staan bij Instellingen, Aansluitingen, Mailgun) en kies daar Opnieuw controleren." / "Put the records that Mailgun wants into DNS (they stand at Settings, Connections, Mailgun) and choose Check again there.";
    SIGNING_KEY_MISSING "signing_key_missing":
        "Zonder de ondertekensleutel wordt niets geloofd van wat Mailgun aanlevert." / "Without the signing key nothing that Mailgun hands over is believed."
        => "Laat een beheerder bij Instellingen, Aansluitingen, Mailgun de ondertekensleutel (HTTP webhook signing key) invullen." / "Have an administrator enter the signing key (HTTP webhook signing key) at Settings, Connections, Mailgun.";
    RECIPIENT_NOT_AUTHORISED "recipient_not_authorised":
        "Dit is een proefdomein van Mailgun: het verstuurt alleen naar adressen die daar zijn goedgekeurd." / "This is a domain for tries at Mailgun: it only sends to addresses that were authorised there."
        => "Voeg de ontvanger bij Mailgun toe aan Authorized Recipients, of gebruik een eigen domein." / "Add the recipient to Authorized Recipients at Mailgun, or use a domain of your own.";
    NOT_POSTED "not_posted":
        "Mailgun nam het testbericht aan, maar leverde het niet binnen een minuut hier af." / "Mailgun took the test message but did not hand it over here within a minute."
        => "Kies bij Instellingen, Aansluitingen, Mailgun voor Aanleveren instellen, en ga na of deze server van buiten te bereiken is op het adres dat daar staat. De mail voor dit adres moet bij Mailgun aankomen (MX)." / "Choose Set up handing over at Settings, Connections, Mailgun, and check that this server can be reached from outside at the address that stands there. Mail for this address must arrive at Mailgun (MX).";
    ACCOUNT_DISABLED "account_disabled":
        "De mailbox is bij de provider geblokkeerd of mag dit protocol niet gebruiken." / "The mailbox is locked at the provider or may not use this protocol."
        => "Zet bij de provider IMAP (of POP3) en SMTP aan voor deze mailbox, of laat de blokkade opheffen." / "Switch on IMAP (or POP3) and SMTP for this mailbox at the provider, or have the lock lifted.";
    NO_SUCH_FOLDER "no_such_folder":
        "Een map is niet gevonden; misschien ontbreekt het voorvoegsel INBOX." / "A folder was not found; the INBOX prefix may be missing."
        => "Vul INBOX in als voorvoegsel van de mappen en test opnieuw." / "Enter INBOX as the folders' prefix and test again.";
    IN_USE "in_use":
        "Een ander apparaat haalt op dit moment mail op; de server laat er bij POP3 één tegelijk toe." / "Another device is fetching mail at this moment; with POP3 the server lets in one at a time."
        => "Er wordt vanzelf opnieuw geprobeerd. Blijft het zo, sluit dan het mailprogramma dat de mailbox openhoudt, of kies IMAP." / "It is tried again by itself. If it lasts, close the mail program that keeps the mailbox open, or choose IMAP.";
    NO_UNIQUE_IDS "no_unique_ids":
        "De server geeft zijn berichten geen blijvende namen (UIDL), zodat niet te zien is wat al is opgehaald." / "The server gives its messages no lasting names (UIDL), so that nobody can tell what was fetched already."
        => "Kies IMAP als de provider dat heeft. Anders kan deze mailbox niet veilig worden opgehaald." / "Choose IMAP where the provider has it. Else this mailbox can't be fetched safely.";
    QUOTA_FULL "quota_full":
        "De mailbox is vol." / "The mailbox is full."
        => "Ruim op, of vraag de provider om meer ruimte." / "Make room, or ask the provider for more space.";
    SENDER_NOT_ALLOWED "sender_not_allowed":
        "De server laat deze mailbox niet verzenden met dit afzenderadres." / "The server does not let this mailbox send as that sender."
        => "Gebruik het eigen adres van de mailbox als afzender, of laat de provider dit adres toestaan." / "Use the mailbox's own address as the sender, or have the provider allow this one.";
    THROTTLED "throttled":
        "De server vraagt om later terug te komen: te veel verbindingen of berichten." / "The server asks us to come back later: too many connections or messages."
        => "Er hoeft niets te gebeuren: het gaat vanzelf verder. Gebeurt het vaak, zet dan de limieten van de mailbox lager." / "Nothing needs to be done: it goes on by itself. If it happens often, lower the mailbox's limits.";
    TOO_LARGE "too_large":
        "Een bericht is groter dan wordt aangenomen." / "A message is larger than is accepted."
        => "Verstuur grote bijlagen op een andere manier, of verhoog de limiet." / "Send large attachments in another way, or raise the limit.";
    PROTOCOL "protocol":
        "De server zegt iets wat niet te begrijpen is." / "The server says something that can't be understood."
        => "Controleer of op deze poort echt een mailserver staat. Meld het anders met het verslag van de test." / "Check that there really is a mail server on this port. Else report it with the record of the test.";
    ONLY_HERE "only_here":
        "De tijdelijke mailbox bereikt alleen adressen van deze Postkamer zelf." / "The temporary mailbox only reaches addresses of this Postkamer itself."
        => "Verbind een eigen mailbox van uw organisatie en verstuur het bericht daarmee." / "Connect a mailbox of your organisation and send the message with that one.";
    MAIL_PORT_CLOSED "mail_port_closed":
        "Geen enkele mailserver van ontvangers antwoordt op poort 25: deze verbinding mag die poort waarschijnlijk niet op." / "No mail server of recipients answers on port 25: this connection is probably not let out on that port."
        => "Vraag de provider van deze server om poort 25 naar buiten open te zetten (bij veel hostingbedrijven kan dat op verzoek; bij internet thuis meestal niet), of kies een uitgaande SMTP-server voor deze mailbox. De wachtende mail gaat niet verloren." / "Ask the provider of this server to open port 25 outward (many hosting companies do so on request; at home it is mostly not possible), or choose an outgoing SMTP server for this mailbox. The mail that waits is not lost.";
    SENDER_UNPROVEN "sender_unproven":
        "Er is nog niet aangetoond dat dit adres van uw organisatie is, dus Postkamer verzendt er niets mee." / "It was not shown yet that this address is your organisation's, so Postkamer sends nothing with it."
        => "Bevestig het adres met een code, of het domein in de DNS, op het tabblad Afzender van de mailbox." / "Confirm the address with a code, or the domain in the DNS, on the tab Sender of the mailbox.";
    NO_MAIL_THERE "no_mail_there":
        "Dit domein bestaat niet of neemt geen mail aan." / "This domain does not exist or takes no mail."
        => "Controleer het deel van het adres achter de @." / "Check the part of the address after the @.";
    REFUSED "refused":
        "De server weigert, in zijn eigen woorden." / "The server refuses, in its own words."
        => "Lees wat de server zei, of geef het door aan de provider." / "Read what the server said, or pass it on to the provider.";
    NOT_RECEIVED "not_received":
        "Het testbericht is verzonden maar binnen een minuut niet aangekomen." / "The test message was sent but did not arrive within a minute."
        => "Kijk in de map voor ongewenste mail en wacht een paar minuten; controleer anders of het adres van de mailbox klopt." / "Look in the junk folder and wait some minutes; else check that the mailbox's address is right.";
    NOT_TRIED "not_tried":
        "Er is nog geen verbinding gemaakt." / "No connection has been made yet."
        => "Er hoeft niets te gebeuren; test de mailbox om het meteen te weten." / "Nothing needs to be done; test the mailbox to know at once.";
    UNREADABLE_SECRET "unreadable_secret":
        "Het bewaarde wachtwoord kan niet worden gelezen." / "The stored password can't be read."
        => "Vul het wachtwoord opnieuw in. Gebeurt het bij alle mailboxen, dan ontbreekt de sleutel van deze installatie." / "Enter the password again. If it happens to every mailbox, this installation's key is missing.";
}

/// The explanation of a cause. The match has no catch-all: a new cause does not compile without its words.
pub fn of(cause: Cause) -> Explained {
    match cause {
        Cause::UnknownHost => UNKNOWN_HOST,
        Cause::PortClosed => PORT_CLOSED,
        Cause::TimedOut => TIMED_OUT,
        Cause::AddressNotAllowed => ADDRESS_NOT_ALLOWED,
        Cause::Dropped => DROPPED,
        Cause::CertificateWrongHost => CERTIFICATE_WRONG_HOST,
        Cause::CertificateExpired => CERTIFICATE_EXPIRED,
        Cause::CertificateUntrusted => CERTIFICATE_UNTRUSTED,
        Cause::CertificateChanged => CERTIFICATE_CHANGED,
        Cause::TlsOutdated => TLS_OUTDATED,
        Cause::StartTlsRefused => STARTTLS_REFUSED,
        Cause::WrongEncryption => WRONG_ENCRYPTION,
        Cause::WrongPassword => WRONG_PASSWORD,
        Cause::AppPasswordNeeded => APP_PASSWORD_NEEDED,
        Cause::BasicAuthOff => BASIC_AUTH_OFF,
        Cause::EncryptionNeeded => ENCRYPTION_NEEDED,
        Cause::NoCommonMechanism => NO_COMMON_MECHANISM,
        Cause::OtherSignIn => OTHER_SIGN_IN,
        Cause::NotExchange => NOT_EXCHANGE,
        Cause::EwsOff => EWS_OFF,
        Cause::Blacklisted => BLACKLISTED,
        Cause::TokenRefused => TOKEN_REFUSED,
        Cause::GrantGone => GRANT_GONE,
        Cause::AppRefused => APP_REFUSED,
        Cause::AppKeptOut => APP_KEPT_OUT,
        Cause::NotDelegated => NOT_DELEGATED,
        Cause::NotShared => NOT_SHARED,
        Cause::KeyRefused => KEY_REFUSED,
        Cause::DomainUnknown => DOMAIN_UNKNOWN,
        Cause::DomainUnverified => DOMAIN_UNVERIFIED,
        Cause::SigningKeyMissing => SIGNING_KEY_MISSING,
        Cause::RecipientNotAuthorised => RECIPIENT_NOT_AUTHORISED,
        Cause::AccountDisabled => ACCOUNT_DISABLED,
        Cause::OtherAccount => OTHER_ACCOUNT,
        Cause::NoSuchFolder => NO_SUCH_FOLDER,
        Cause::QuotaFull => QUOTA_FULL,
        Cause::SenderNotAllowed => SENDER_NOT_ALLOWED,
        Cause::Throttled => THROTTLED,
        Cause::InUse => IN_USE,
        Cause::NoUniqueIds => NO_UNIQUE_IDS,
        Cause::TooLarge => TOO_LARGE,
        Cause::Protocol => PROTOCOL,
        Cause::OnlyHere => ONLY_HERE,
        Cause::MailPortClosed => MAIL_PORT_CLOSED,
        Cause::SenderUnproven => SENDER_UNPROVEN,
        Cause::NoMailThere => NO_MAIL_THERE,
        Cause::Refused => REFUSED,
    }
}

/// The explanation with that code, as kept with an account's health. What stands before the code of trouble with sending
/// (`accounts::health::Half`) changes nothing about its cause.
pub fn by_code(code: &str) -> Option<Explained> {
    let all = || ALL.iter().chain(super::aadsts::ALL).chain(super::google::ALL);
    let find = |code: &str| all().find(|explained| explained.code == code).copied();
    find(code).or_else(|| find(code.strip_prefix(SENDING)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::assert_complete;

    #[test]
    fn every_failure_is_explained_in_both_languages_and_says_what_to_do() {
        for explained in ALL.iter().chain(crate::words::aadsts::ALL).chain(crate::words::google::ALL) {
            assert_complete(explained.code, &explained.cause);
            assert_complete(explained.code, &explained.fix);
            assert_eq!(by_code(explained.code), Some(*explained), "the code {} is used twice", explained.code);
            assert_eq!(by_code(&format!("{SENDING}{}", explained.code)), Some(*explained));
        }
    }
}
