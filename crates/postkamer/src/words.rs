//! The words of the command line, in Dutch and in English.

use mailroom::words::{Phrase, Text, text};

macro_rules! words {
    ($($name:ident $nl:literal / $en:literal;)*) => {
        $(pub const $name: Text = text($nl, $en);)*
        #[cfg(test)]
        const ALL: &[(&str, Text)] = &[$((stringify!($name), $name)),*];
    };
}

words! {
    NO_THREADS "Het programma kon zijn threads niet starten: {why}" / "The program could not start its threads: {why}";
    NO_SIGNALS "Het programma kan geen signalen ontvangen: {why}" / "No signals can be heard: {why}";
    NOT_READ "{path} kon niet worden gelezen: {why}" / "{path} could not be read: {why}";
    BAD_SETTINGS "{path} klopt niet: {why}" / "{path}: {why}";
    NO_NETWORK "--allow-network: {given} is geen netwerk zoals 10.0.0.0/8" / "--allow-network: {given} is no network like 10.0.0.0/8";
    NO_SIMULATOR "--simulator: {given} is geen adres van deze machine zoals http://127.0.0.1:8026" / "--simulator: {given} is not an address of this machine like http://127.0.0.1:8026";
    NO_AUTHORITY "--extra-ca is niet te gebruiken: {why}" / "--extra-ca could not be used: {why}";
    HALF_A_CERTIFICATE "--smtp-certificate en --smtp-key horen bij elkaar: noem ze allebei" / "--smtp-certificate and --smtp-key belong together: name both";
    NO_CERTIFICATE "Het certificaat voor SMTP is niet bruikbaar: {why}" / "The certificate for SMTP can't be used: {why}";
    NO_SMTP "smtp: {given} is geen adres zoals 0.0.0.0:25" / "smtp: {given} is not an address like 0.0.0.0:25";
    NO_PROXY "--smtp-proxy: {given} is geen netwerk zoals 10.0.0.0/8" / "--smtp-proxy: {given} is no network like 10.0.0.0/8";
    NO_LISTENER "http: {given} is geen adres zoals 127.0.0.1:8025" / "http: {given} is not an address like 127.0.0.1:8025";
    NOT_OPENED "{address} kon niet worden geopend: {why}" / "{address} could not be opened: {why}";
    UNKNOWN_ACCOUNT "Er is geen mailbox met het adres {address}." / "No mailbox has the address {address}.";
    AMBIGUOUS_ACCOUNT "Meer dan één organisatie heeft een mailbox {address}." / "Several organisations have a mailbox {address}.";
    UNKNOWN_USER "Er is geen gebruiker met het adres {address}." / "No user has the address {address}.";

    SET_UP "{organisation} is klaar; {admin} is de beheerder." / "{organisation} is ready; {admin} is its administrator.";
    SEALED "{count} geheimen zijn met nieuwe sleutels verzegeld." / "{count} secrets are sealed with new keys.";
    FETCHED "{address}: {fetched} opgehaald, {updated} bijgewerkt, {removed} verwijderd" / "{address}: {fetched} fetched, {updated} updated, {removed} removed";
    TYPE_CODE "Ga op een willekeurig apparaat naar {address} en typ daar deze code: {code}" / "On any device, go to {address} and type this code there: {code}";
    AWAITED "Wachten op de code" / "Waiting for the code";
    AUTHORISED "{address} is geautoriseerd." / "{address} is authorised.";
    OTHER_CODE "Er is intussen een andere code voor deze mailbox gevraagd; deze telt niet meer." / "Another code was asked for this mailbox meanwhile; this one counts no longer.";
    WHOSE_RIGHTS "Noem met --as het adres van de gebruiker wiens rechten tellen." / "Say with --as the address of the user whose rights count.";
    NO_SENDERS "Er is geen mailbox die via Postkamer zelf verzendt." / "No mailbox sends by Postkamer itself.";
    MAY_SEND "mag verzenden" / "may send";
    MAY_NOT_SEND "mag nog niet verzenden: zet het record _postkamer in de DNS, of bevestig het adres met een code" / "may not send yet: put the record _postkamer into the DNS, or confirm the address with a code";
    UNSIGNED "er ondertekent nog geen sleutel" / "no key signs yet";
    SIGNED "de sleutels ondertekenen" / "the keys sign";
    SIGNED_UNTIL "sleutels goed tot {date}" / "keys good until {date}";
    KEYS_WAIT "nieuwe sleutels wachten op hun records in de DNS; tot dan ondertekenen de oude" / "new keys wait for their records in the DNS; until then the old ones sign";
    KEYS_OVERDUE "nieuwe sleutels hadden op {date} in gebruik moeten zijn en wachten op hun records in de DNS; de oude ondertekenen nog" / "new keys were to be in use on {date} and wait for their records in the DNS; the old ones still sign";
    RECORD_RIGHT "in orde" / "in order";
    RECORD_MISSING "niet gevonden" / "not found";
    RECORD_OTHER "staat er anders" / "is there, but different";
    RECORD_FAILED "de DNS antwoordt niet" / "the DNS does not answer";
    RECORD_UNKNOWN "nog niet gekeken" / "not looked at yet";
    RECORD_MAY_GO "mag weg" / "may go";
    RESTORED "{count} opgehaald" / "{count} fetched";
    TO_RESTORE "{count} te halen; voeg --confirm toe om dat te doen" / "{count} would be fetched; add --confirm to do it";
    IMPORTED "{read} berichten gelezen, {new} nieuw in {address}." / "{read} messages read, {new} new in {address}.";
    EXPORTED "{count} berichten geschreven in {path}." / "{count} messages written to {path}.";
    UNKNOWN_PERSON "Er is geen gebruiker of contact met {person}." / "No user or contact is known by {person}.";
    AMBIGUOUS_PERSON "Meer dan één heeft {person}; noem er een bij zijn id: {ids}" / "Several have {person}; name one by its id: {ids}";
    COPYING "Persoonsgegevens" / "Personal data";
    COPIED "Alles wat bekend is, met {count} berichten, staat in {path}." / "Everything that is known, with {count} messages, is in {path}.";
    NAME_TO_CONFIRM "Noem ter bevestiging de naam: --name \"{name}\"" / "To confirm, say the name: --name \"{name}\"";
    ERASED "{id} is gewist, met {count} berichten; er is hier niets meer van over." / "{id} is erased, with {count} messages; nothing of it is left here.";
    ERASED_BUT_FOR_PAGES "{id} is gewist, met {count} berichten. Wat in de database is vrijgekomen wordt nog opgeruimd." / "{id} is erased, with {count} messages. What became free in the database is still to be cleared.";
    MAY_COME_AGAIN "{person} mag weer terugkomen." / "{person} may come again.";
    DIGEST_DAMAGED "De vingerafdruk van een bericht is beschadigd" / "a digest is damaged";
    IMPORTING "Importeren" / "Import";
    EXPORTING "Exporteren" / "Export";
    PROGRESS "{msg:24!} {bar:32} {pos}/{len} {per_sec}, nog {eta}" / "{msg:24!} {bar:32} {pos}/{len} {per_sec}, {eta} left";

    NOTHING_FOUND "Voor {address} is niets gevonden. Vraag de provider om servernamen en poorten." / "Nothing was found for {address}. Ask the provider for server names and ports.";
    IN "in " / "in ";
    OUT "uit" / "out";
    ENDPOINT "  {direction}  {kind} {server} {encryption} als {username}" / "  {direction}  {kind} {server} {encryption} as {username}";

    FINE "goed" / "ok";
    WRONG "FOUT" / "WRONG";
    STORE "opslag" / "store";
    KEYS "sleutels" / "keys";
    MAILBOX "mailbox" / "mailbox";
    MAILBOXES "mailboxen" / "mailboxes";
    PORT "poort" / "port";
    SPACE "ruimte" / "space";
    CLOCK "klok" / "clock";
    STORE_ANSWERS "database en berichtopslag antwoorden" / "database and blobs answer";
    KEY_FITS "de sleutel past op deze installatie" / "the key opens this installation";
    CONNECTED "{count} verbonden" / "{count} connected";
    PORT_FREE "{address} is vrij" / "{address} is free";
    PORT_TAKEN "{address} kan niet worden geopend: {why}. Draait Postkamer al?" / "{address} can't be opened: {why}. Is Postkamer running already?";
    MX "mx" / "mx";
    MAIL_LED_TO "mail voor {domain} gaat naar {hosts}" / "mail for {domain} goes to {hosts}";
    MAIL_LED_NOWHERE "voor {domain} is geen MX-record te vinden: mail van buiten komt niet aan. Zie docs/connectors/own-addresses.md" / "no MX record is found for {domain}: mail from outside does not arrive. See docs/connectors/own-addresses.md";
    SPACE_FREE "{count} MiB vrij" / "{count} MiB free";
    SPACE_UNKNOWN "de vrije ruimte was niet te lezen" / "the free space could not be read";
    CLOCK_FORWARD "de klok loopt vooruit" / "the clock goes forward";
    CLOCK_BACK "er zijn bestanden van later dan nu: de klok is teruggezet" / "files were written later than now: the clock was set back";

    DEMO_LOCAL "--http: het wachtwoord van de demo is openbaar, dus luistert hij alleen op 127.0.0.1" / "--http: the demo's password is public, so it listens on 127.0.0.1 only";
    DEMO_MAKING "De voorbeeldorganisatie wordt gemaakt in {path} ..." / "Making the sample organisation in {path} ...";
    DEMO_MAIL "Voorbeeldmail" / "Sample mail";
    DEMO_API "Wat hij kan: {url}/api/docs" / "What it can do: {url}/api/docs";
    DEMO_CURL "Aanmelden, als {name}: curl -H 'Authorization: Bearer {token}' {url}/api/v1/messages" / "Sign in, as {name}: curl -H 'Authorization: Bearer {token}' {url}/api/v1/messages";
    DEMO_PEOPLE "De mensen zijn {anna} en {bram}, wachtwoord: {password}" / "Its people are {anna} and {bram}, password: {password}";

    NOT_THERE "bestaat niet" / "does not exist";
    NOT_ALLOWED "geen toestemming" / "permission denied";
    IN_USE "al in gebruik" / "already in use";
    NOT_A_FOLDER "geen map" / "not a folder";
    A_FOLDER "dit is een map" / "this is a folder";
    DISK_FULL "de schijf is vol" / "the disk is full";

    STORE_NOT_FOUND "Het gevraagde is niet gevonden." / "What was asked for was not found.";
    STORE_FULL "Er is niets bewaard: de schijf is vol. Maak ruimte en probeer het opnieuw." / "Nothing was stored: the disk is full. Make room and try again.";
    STORE_SILENT "De opslag antwoordt niet: {why}. Probeer het later opnieuw." / "The store does not answer: {why}. Try again later.";
    STORE_BUSY "De opslag is bezet: {why}. Probeer het zo meteen opnieuw." / "The store is busy: {why}. Try again in a moment.";
    STORE_TAKEN "Een andere Postkamer werkt nu aan deze mailbox." / "Another Postkamer works on this mailbox now.";
    STORE_CLOSED "De opslag is al gesloten." / "The store is closed already.";
    STORE_DAMAGED "Bewaarde gegevens zijn beschadigd: {why}" / "Stored data are damaged: {why}";
    STORE_BROKEN "Er ging bij ons iets mis; meld het met deze regel: {why}" / "Something went wrong on our side; report it with this line: {why}";
    STORE_FILE "Een bestand was niet te lezen of te schrijven ({doing}): {why}" / "A file could not be read or written ({doing}): {why}";
    STILL_RUNNING "Dit wordt al gedaan; probeer het zo meteen opnieuw." / "This is being done already; try again in a moment.";
}

/// What is said the same in every language: addresses, and what other programs and servers said.
pub fn as_it_is(words: impl Into<String>) -> Phrase {
    let words = words.into();
    Phrase { nl: words.clone(), en: words }
}

/// What is said about something that has a name; without one, just that.
pub fn about(name: &str, said: &Phrase) -> Phrase {
    match name {
        "" => said.clone(),
        name => Phrase { nl: format!("{name}: {}", said.nl), en: format!("{name}: {}", said.en) },
    }
}

/// The text around facts that have words of their own in each language.
pub fn around(words: Text, facts: &[(&str, &Phrase)]) -> Phrase {
    let nl: Vec<_> = facts.iter().map(|(name, fact)| (*name, fact.nl.as_str())).collect();
    let en: Vec<_> = facts.iter().map(|(name, fact)| (*name, fact.en.as_str())).collect();
    Phrase { nl: words.with(&nl).nl, en: words.with(&en).en }
}

/// Each on a line.
pub fn lines(all: &[Phrase]) -> Phrase {
    let (nl, en): (Vec<_>, Vec<_>) = all.iter().map(|one| (one.nl.as_str(), one.en.as_str())).unzip();
    Phrase { nl: nl.join("\n"), en: en.join("\n") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_languages_name_the_same_facts() {
        let holes = |text: &str| {
            let mut holes: Vec<String> =
                text.split('{').skip(1).map(|rest| rest.split('}').next().unwrap_or_default().to_owned()).collect();
            holes.sort();
            holes
        };
        for (name, text) in ALL {
            assert!(!text.nl.is_empty() && !text.en.is_empty(), "{name} lacks a language");
            assert_eq!(holes(text.nl), holes(text.en), "{name}");
        }
    }

    #[test]
    fn a_fact_is_in_the_language_of_the_text_around_it() {
        let said = around(NOT_READ, &[("path", &as_it_is("/x/{why}")), ("why", &NOT_THERE.into())]);
        assert_eq!(said.nl, "/x/{why} kon niet worden gelezen: bestaat niet");
        assert_eq!(said.en, "/x/{why} could not be read: does not exist");
        assert_eq!(lines(&[about("anna", &FINE.into()), about("", &WRONG.into())]).nl, "anna: goed\nFOUT");
    }
}
