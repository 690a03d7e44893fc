//! The words that go with a copy of what is known about a person: what it holds, and what it leaves out and why.

use super::Subject;
use crate::words::{Language, Text, text};

const NAME: Text = text("lees-mij.txt", "read-me.txt");
const BEGIN: Text = text(
    "Dit is wat Postkamer over één persoon weet, voor zover degene die dit ophaalde het mag zien.\n\n\
     data.json   de gegevens, koppelingen en notities; wat er verzonden is of klaarstaat; en van elk bericht het bestand\n\
     mail/       de berichten zelf, precies zoals ze kwamen of gingen; elk mailprogramma opent ze (.eml)\n\n",
    "This is what Postkamer knows about one person, as far as whoever fetched this may see it.\n\n\
     data.json   details, links and notes; what was sent or waits; and the file of each message\n\
     mail/       the messages themselves, exactly as they came or went; every mail program opens them (.eml)\n\n",
);
const CONTACT: Text = text(
    "Berichten staan erin als een adres van deze persoon in Van, Aan, Cc, Bcc of Antwoord-aan staat, of als ze aan dit \
     contact gekoppeld zijn. Een bericht waarin alleen over deze persoon geschreven wordt, staat er niet in: zoek daarvoor \
     op de naam.\n",
    "Messages are in it when an address of this person is in From, To, Cc, Bcc or Reply-To, or when they are linked to this \
     contact. A message that only writes about this person is not in it: search for the name to find those.\n",
);
const USER: Text = text(
    "Berichten staan erin als het adres van deze gebruiker in Van, Aan, Cc, Bcc of Antwoord-aan staat. Het wachtwoord, de \
     tweede factor en de sleutels staan er niet in: die bewaren we alleen onleesbaar.\n",
    "Messages are in it when the address of this user is in From, To, Cc, Bcc or Reply-To. The password, the second factor \
     and the keys are not in it: we keep those in unreadable form only.\n",
);
const BY_SOMEBODY_ELSE: Text = text(
    "Concepten staan er niet in: die ziet alleen wie ze schrijft. Deze gebruiker kan zelf een kopie maken onder Mijn \
     gegevens.\n",
    "Drafts are not in it: only who writes them sees them. This user can make a copy themselves on their own page.\n",
);
const END: Text = text(
    "Berichten uit mailboxen die degene die dit ophaalde niet mag lezen, en vertrouwelijke berichten die die niet mag zien, \
     staan er niet in. Vraag daarvoor de eigenaren van die mailboxen.\n\n\
     Let op: in de berichten en notities kunnen ook gegevens van anderen staan. Haal die weg voordat u dit doorgeeft.\n",
    "Messages of mailboxes that whoever fetched this may not read, and private messages they may not see, are not in it. Ask \
     the owners of those mailboxes for them.\n\n\
     Mind: messages and notes may hold data of others too. Take those out before you pass this on.\n",
);

/// What the file is called.
pub(super) fn name(language: Language) -> &'static str {
    NAME.say(language)
}

/// What stands in it.
pub(super) fn text_of(language: Language, subject: Subject, by_themselves: bool) -> String {
    let mut text = BEGIN.say(language).to_owned();
    match subject {
        Subject::Contact(_) => text += CONTACT.say(language),
        Subject::User(_) => {
            text += USER.say(language);
            if !by_themselves {
                text += BY_SOMEBODY_ELSE.say(language);
            }
        }
    }
    text + "\n" + END.say(language)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::assert_complete;

    #[test]
    fn what_goes_with_a_copy_is_there_in_both_languages() {
        let all = [NAME, BEGIN, CONTACT, USER, BY_SOMEBODY_ELSE, END];
        for (n, words) in all.iter().enumerate() {
            assert_complete(&n.to_string(), words);
        }
    }
}
