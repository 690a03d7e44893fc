//! The mail that Postkamer itself writes to people.

use super::{Text, text};

/// A letter: subject and text, with holes for the facts.
#[derive(Debug, Clone, Copy)]
pub struct Letter {
    /// The subject.
    pub subject: Text,
    /// The text; a line break stands where the reader sees one.
    pub body: Text,
}

/// The link for a new password (features U3). Facts: name, link, minutes.
pub const PASSWORD_LINK: Letter = Letter {
    subject: text("Een nieuw wachtwoord voor Postkamer", "A new password for Postkamer"),
    body: text(
        "Dag {name},\n\nIemand, hopelijk u, vroeg om een nieuw wachtwoord voor Postkamer. Open deze link binnen {minutes} minuten en kies er een:\n\n{link}\n\nHebt u hier niet om gevraagd, dan hoeft u niets te doen: uw wachtwoord blijft zoals het is.\n",
        "Hello {name},\n\nSomeone, hopefully you, asked for a new password for Postkamer. Open this link within {minutes} minutes and choose one:\n\n{link}\n\nIf you did not ask for this you need do nothing: your password stays as it is.\n",
    ),
};

/// The first letter to a new user. Facts: name, organisation, link, days.
pub const INVITATION: Letter = Letter {
    subject: text(
        "Uitnodiging voor de Postkamer van {organisation}",
        "An invitation to the Postkamer of {organisation}",
    ),
    body: text(
        "Dag {name},\n\nU kunt voortaan de mail van {organisation} lezen en beantwoorden in Postkamer. Kies binnen {days} dagen een wachtwoord; daarna vraagt u met \"wachtwoord vergeten\" een nieuwe link:\n\n{link}\n\n",
        "Hello {name},\n\nFrom now on you can read and answer the mail of {organisation} in Postkamer. Choose a password within {days} days; after that \"forgotten password\" gives a new link:\n\n{link}\n\n",
    ),
};

/// What lies in the mailbox with which an organisation begins (features M15). Fact: mailbox.
pub const WELCOME: Letter = Letter {
    subject: text("Welkom in uw postkamer", "Welcome to your mail room"),
    body: text(
        "Goedendag,\n\nUw postkamer staat open. Dit is een tijdelijke mailbox, {mailbox}: hij bewaart wat Postkamer u schrijft en bereikt niemand daarbuiten. Gebruik dit adres dus niet voor uw briefwisseling.\n\nDe volgende stap: verbind de mailbox van uw organisatie. Kies daarvoor Mailboxen en dan \"Mailbox verbinden\". U hebt het adres en het wachtwoord nodig; de rest zoekt Postkamer op.\n\nZodra die mailbox kan verzenden, neemt hij het over: de uitnodigingen en de mail voor een nieuw wachtwoord gaan dan met uw eigen adres de deur uit, en deze tijdelijke mailbox kunt u uitzetten.\n",
        "Hello,\n\nYour mail room is open. This is a temporary mailbox, {mailbox}: it keeps what Postkamer writes to you and reaches nobody else. So please do not use this address for your correspondence.\n\nThe next step: connect the mailbox of your organisation. Choose Mailboxes and then \"Connect a mailbox\". You need its address and its password; Postkamer looks up the rest.\n\nAs soon as that mailbox can send it takes over: invitations and the mail for a new password then leave under your own address, and you can switch this temporary mailbox off.\n",
    ),
};

/// A mailbox turned red (features M12). Facts: name, mailbox, cause, fix, said, link.
pub const MAILBOX_RED: Letter = Letter {
    subject: text("Mailbox {mailbox} werkt niet", "The mailbox {mailbox} does not work"),
    body: text(
        "Dag {name},\n\nMailbox {mailbox} staat op rood.\n\nOorzaak: {cause}\nWat te doen: {fix}\nDe server zei: {said}\n\nAls u de mailbox opnieuw opslaat wordt meteen weer verbinding gemaakt:\n{link}\n",
        "Hello {name},\n\nThe mailbox {mailbox} has turned red.\n\nCause: {cause}\nWhat to do: {fix}\nThe server said: {said}\n\nSaving the mailbox again connects at once:\n{link}\n",
    ),
};

/// A colleague calls the reader in a note. Facts: name, by, subject, link, choice.
pub const CALLED: Letter = Letter {
    subject: text("{by} noemt u in een notitie", "{by} calls you in a note"),
    body: text(
        "Dag {name},\n\n{by} noemt u in een notitie bij {subject}:\n\n{link}\n\nU krijgt deze mail omdat u niet in Postkamer keek. Minder mail? Kies het hier:\n{choice}\n",
        "Hello {name},\n\n{by} calls you in a note on {subject}:\n\n{link}\n\nYou get this mail because you were not looking in Postkamer. Less mail? Choose it here:\n{choice}\n",
    ),
};

/// A conversation is the reader's to do from now on. Facts: name, by, subject, link, choice.
pub const ASSIGNED: Letter = Letter {
    subject: text("{by} wees u een gesprek toe", "{by} assigned you a conversation"),
    body: text(
        "Dag {name},\n\n{by} wees u dit gesprek toe: {subject}\n\n{link}\n\nU krijgt deze mail omdat u niet in Postkamer keek. Minder mail? Kies het hier:\n{choice}\n",
        "Hello {name},\n\n{by} assigned you this conversation: {subject}\n\n{link}\n\nYou get this mail because you were not looking in Postkamer. Less mail? Choose it here:\n{choice}\n",
    ),
};

/// In the place of the subject of a conversation in which every message is private.
pub const CONFIDENTIAL: Text = text("een vertrouwelijk gesprek", "a confidential conversation");

/// In the place of a subject that is empty.
pub const NO_SUBJECT: Text = text("een gesprek zonder onderwerp", "a conversation without a subject");

/// The client secret of an app ends (pains P7). Facts: name, date, link.
pub const APP_SECRET_ENDS: Letter = Letter {
    subject: text(
        "Het clientgeheim bij {provider} eindigt op {date}",
        "The client secret at {provider} ends on {date}",
    ),
    body: text(
        "Dag {name},\n\nHet clientgeheim waarmee Postkamer zich bij {provider} bekendmaakt eindigt op {date}. Daarna worden mailboxen van {provider} niet meer opgehaald en kunnen ze niet meer verzenden. Er gaat niets verloren.\n\nMaak bij {provider} voor de app een nieuw clientgeheim, en vul de waarde en de einddatum hier in:\n{link}\n",
        "Hello {name},\n\nThe client secret with which Postkamer makes itself known at {provider} ends on {date}. After that mailboxes of {provider} are no longer fetched and can no longer send. Nothing gets lost.\n\nMake a new client secret for the app at {provider}, and enter its value and the date on which it ends here:\n{link}\n",
    ),
};

/// The same when it has ended. Facts: name, provider, date, link.
pub const APP_SECRET_ENDED: Letter = Letter {
    subject: text("Het clientgeheim bij {provider} is verlopen", "The client secret at {provider} has ended"),
    body: text(
        "Dag {name},\n\nHet clientgeheim waarmee Postkamer zich bij {provider} bekendmaakt is verlopen ({date}). Mailboxen van {provider} worden niet meer opgehaald en kunnen niet meer verzenden tot er een nieuw is. Er gaat niets verloren: wat intussen binnenkomt blijft bij {provider} staan, en wat moet worden verzonden wacht.\n\nMaak bij {provider} voor de app een nieuw clientgeheim, en vul de waarde en de einddatum hier in:\n{link}\n",
        "Hello {name},\n\nThe client secret with which Postkamer makes itself known at {provider} has ended ({date}). Mailboxes of {provider} are no longer fetched and can no longer send until there is a new one. Nothing gets lost: what comes in meanwhile stays at {provider}, and what is to be sent waits.\n\nMake a new client secret for the app at {provider}, and enter its value and the date on which it ends here:\n{link}\n",
    ),
};

/// The same of a certificate that ends. Facts: name, provider, date, link.
pub const APP_CERTIFICATE_ENDS: Letter = Letter {
    subject: text("Het certificaat bij {provider} eindigt op {date}", "The certificate at {provider} ends on {date}"),
    body: text(
        "Dag {name},\n\nHet certificaat waarmee Postkamer zich bij {provider} bekendmaakt eindigt op {date}. Daarna worden mailboxen van {provider} niet meer opgehaald en kunnen ze niet meer verzenden. Er gaat niets verloren.\n\nMaak een nieuw certificaat, upload het bij {provider} bij de app (zonder de sleutel), en plak het hier met de sleutel:\n{link}\n",
        "Hello {name},\n\nThe certificate with which Postkamer makes itself known at {provider} ends on {date}. After that mailboxes of {provider} are no longer fetched and can no longer send. Nothing gets lost.\n\nMake a new certificate, upload it at the app at {provider} (without its key), and paste it here with its key:\n{link}\n",
    ),
};

/// The same when it has ended. Facts: name, provider, date, link.
pub const APP_CERTIFICATE_ENDED: Letter = Letter {
    subject: text("Het certificaat bij {provider} is verlopen", "The certificate at {provider} has ended"),
    body: text(
        "Dag {name},\n\nHet certificaat waarmee Postkamer zich bij {provider} bekendmaakt is verlopen ({date}). Mailboxen van {provider} worden niet meer opgehaald en kunnen niet meer verzenden tot er een nieuw is. Er gaat niets verloren: wat intussen binnenkomt blijft bij {provider} staan, en wat moet worden verzonden wacht.\n\nMaak een nieuw certificaat, upload het bij {provider} bij de app (zonder de sleutel), en plak het hier met de sleutel:\n{link}\n",
        "Hello {name},\n\nThe certificate with which Postkamer makes itself known at {provider} has ended ({date}). Mailboxes of {provider} are no longer fetched and can no longer send until there is a new one. Nothing gets lost: what comes in meanwhile stays at {provider}, and what is to be sent waits.\n\nMake a new certificate, upload it at the app at {provider} (without its key), and paste it here with its key:\n{link}\n",
    ),
};

/// New keys for a domain that Postkamer delivers for wait for their records. Facts: name, domain, date, records, link.
pub const KEYS_MADE: Letter = Letter {
    subject: text(
        "Zet de nieuwe DKIM-records van {domain} in de DNS, liefst voor {date}",
        "Put the new DKIM records of {domain} into the DNS, best before {date}",
    ),
    body: text(
        "Dag {name},\n\nDe sleutels waarmee Postkamer mail van {domain} ondertekent worden oud. Er staan nieuwe klaar. Zet deze TXT-records bij {domain} in de DNS, naast wat er staat:\n\n{records}\nPostkamer gebruikt de nieuwe sleutels zodra de records te zien zijn. Tot dan ondertekenen de oude, dus er gaat niets mis als het later wordt. Haal de oude records nog niet weg: hier staat wanneer dat mag.\n{link}\n",
        "Hello {name},\n\nThe keys with which Postkamer signs mail of {domain} are growing old. New ones are ready. Put these TXT records into the DNS at {domain}, beside what is there:\n\n{records}\nPostkamer uses the new keys as soon as the records can be seen. Until then the old ones sign, so nothing breaks when it gets later. Don't take the old records away yet: it is said here when you may.\n{link}\n",
    ),
};

/// They still do, and it is past the date. Facts: name, domain, date, records, link.
pub const KEYS_OVERDUE: Letter = Letter {
    subject: text(
        "De DKIM-records van {domain} staan nog niet in de DNS",
        "The DKIM records of {domain} are not in the DNS yet",
    ),
    body: text(
        "Dag {name},\n\nDe nieuwe sleutels voor mail van {domain} hadden op {date} in gebruik moeten zijn, maar hun records zijn nog niet te zien. De oude sleutels ondertekenen nog: mail komt gewoon aan. Hoe langer een sleutel dienstdoet, hoe groter de kans dat iemand anders hem heeft. Zet deze TXT-records in de DNS:\n\n{records}\nOf kies zelf hoe vaak er nieuwe sleutels komen:\n{link}\n",
        "Hello {name},\n\nThe new keys for mail of {domain} were to be in use on {date}, but their records can't be seen yet. The old keys still sign: mail arrives as ever. The longer a key serves, the likelier somebody else has it. Put these TXT records into the DNS:\n\n{records}\nOr choose yourself how often there are new keys:\n{link}\n",
    ),
};

/// Mail that is still waiting after some hours (reliability case 37). Facts: name, subject, recipients, said, until.
pub const DELAYED: Letter = Letter {
    subject: text("Nog niet verzonden: {subject}", "Not sent yet: {subject}"),
    body: text(
        "Dag {name},\n\nUw bericht \"{subject}\" aan {recipients} is nog niet verzonden. Er wordt tot {until} verder geprobeerd; u hoeft niets te doen.\n\nDe server zei: {said}\n",
        "Hello {name},\n\nYour message \"{subject}\" to {recipients} has not been sent yet. It is tried until {until}; you need do nothing.\n\nThe server said: {said}\n",
    ),
};

/// Mail that will not arrive. Facts: name, subject, recipients, said.
pub const FAILED: Letter = Letter {
    subject: text("Niet bezorgd: {subject}", "Not delivered: {subject}"),
    body: text(
        "Dag {name},\n\nUw bericht \"{subject}\" kon niet worden bezorgd bij {recipients}.\n\nDe server zei: {said}\n\nU vindt het bericht terug in de uitbak; na verbetering kunt u het opnieuw verzenden.\n",
        "Hello {name},\n\nYour message \"{subject}\" could not be delivered to {recipients}.\n\nThe server said: {said}\n\nThe message is in the outbox; once corrected you can send it again.\n",
    ),
};

/// Mail that may or may not have gone. Facts: name, subject, recipients.
pub const UNCERTAIN: Letter = Letter {
    subject: text("Mogelijk verzonden: {subject}", "Possibly sent: {subject}"),
    body: text(
        "Dag {name},\n\nDe verbinding brak af nadat uw bericht \"{subject}\" aan {recipients} was overgedragen. Het is misschien wel en misschien niet aangekomen. Kies in de uitbak of het opnieuw moet worden verzonden.\n",
        "Hello {name},\n\nThe connection broke after your message \"{subject}\" to {recipients} was handed over. It may or may not have arrived. Choose in the outbox whether to send it again.\n",
    ),
};

/// The message that a mailbox sends to itself in its test (features M9). Facts: mailbox.
pub const TEST: Letter = Letter {
    subject: text("Test van mailbox {mailbox}", "Test of the mailbox {mailbox}"),
    body: text(
        "Postkamer stuurde dit bericht om te zien of mailbox {mailbox} verzendt en ontvangt. Het wordt vanzelf weer verwijderd.\n",
        "Postkamer sent this message to see whether the mailbox {mailbox} sends and receives. It is removed by itself.\n",
    ),
};

/// A code that shows that an address is the organisation's (features S8). Facts: name, mailbox, code, minutes, link.
pub const SENDER_CODE: Letter = Letter {
    subject: text("Uw code voor {mailbox}: {code}", "Your code for {mailbox}: {code}"),
    body: text(
        "Dag {name},\n\nU wilt met Postkamer verzenden als {mailbox}. Vul daar deze code in:\n\n    {code}\n\nDe code werkt {minutes} minuten:\n{link}\n\nHebt u hier niet om gevraagd, dan hoeft u niets te doen: zonder de code wordt er niets verzonden.\n",
        "Hello {name},\n\nYou want to send with Postkamer as {mailbox}. Enter this code there:\n\n    {code}\n\nThe code works for {minutes} minutes:\n{link}\n\nIf you did not ask for this you need do nothing: without the code nothing is sent.\n",
    ),
};

/// Every letter there is.
pub const ALL: &[(&str, Letter)] = &[
    ("password_link", PASSWORD_LINK),
    ("invitation", INVITATION),
    ("welcome", WELCOME),
    ("mailbox_red", MAILBOX_RED),
    ("delayed", DELAYED),
    ("failed", FAILED),
    ("uncertain", UNCERTAIN),
    ("test", TEST),
    ("app_secret_ends", APP_SECRET_ENDS),
    ("app_secret_ended", APP_SECRET_ENDED),
    ("app_certificate_ends", APP_CERTIFICATE_ENDS),
    ("app_certificate_ended", APP_CERTIFICATE_ENDED),
    ("sender_code", SENDER_CODE),
    ("keys_made", KEYS_MADE),
    ("keys_overdue", KEYS_OVERDUE),
    ("called", CALLED),
    ("assigned", ASSIGNED),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::assert_complete;

    #[test]
    fn every_letter_is_there_in_both_languages_with_the_same_facts() {
        for (name, letter) in ALL {
            assert_complete(name, &letter.subject);
            assert_complete(name, &letter.body);
        }
    }
}
