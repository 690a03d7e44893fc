//! The words for links.

use crate::page::words::words;

words! {
    Say {
        why_address "het adres staat erin" "the address is in it";
        why_contact "via een contact van het dossier" "by a contact of the dossier";
        why_contact_named(name) "via {name}" "by {name}";
        why_conversation "via het gesprek" "by its conversation";
        why_person(name, day) "door {name}, {day}" "by {name}, {day}";
        why_api(name, day) "door een programma van {name}, {day}" "by a program of {name}, {day}";
        somebody "een collega" "a colleague";
        came_in "Ontvangen" "Received";
        went_out "Verzonden" "Sent";
        to(name) "Aan {name}" "To {name}";
        nobody "Onbekende afzender" "Unknown sender";
        no_subject "(geen onderwerp)" "(no subject)";
        private "Privé" "Private";
        with_files "Met bijlage" "With an attachment";
        mail "Mail" "Mail";
        search_mail "Zoek in deze mail" "Search this mail";
        search "Zoeken" "Search";
        older "Oudere mail" "Older mail";
        newest "Naar de nieuwste mail" "To the newest mail";
        no_mail "Hier is nog geen mail" "No mail here yet";
        no_mail_why "Mail verschijnt hier vanzelf: nieuwe mail meteen, mail die er al was binnen enkele minuten. U ziet alleen mail uit mailboxen die u mag lezen." "Mail appears here by itself: new mail at once, mail that was there already within minutes. You only see mail of mailboxes that you may read.";
        nothing_found "Niets gevonden" "Nothing found";
        nothing_found_why "Zoek op minder woorden, of op het begin van een woord." "Search for fewer words, or for the beginning of a word.";
        in_mailbox(name) "in {name}" "in {name}";
    }
}
