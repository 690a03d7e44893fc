//! The words of the dossiers.

use crate::page::words::words;

words! {
    Say {
        dossiers "Dossiers" "Dossiers";
        new_dossier "Nieuw dossier" "New dossier";
        search "Zoeken" "Search";
        search_hint "Zoek op naam, soort of nummer" "Search by name, kind or number";
        next "Volgende dossiers" "Next dossiers";
        first "Naar het begin" "To the beginning";
        contacts_of(count) "{count} contact|{count} contacten" "{count} contact|{count} contacts";
        none_yet "Nog geen dossiers" "No dossiers yet";
        none_yet_why "Een dossier is een zaak, project of aanvraag. De mail van de contacten die u erin zet komt er vanzelf bij, en antwoorden volgen hun gesprek." "A dossier is a case, a project or a request. The mail of the contacts that you put in it comes there by itself, and answers follow their conversation.";
        nothing_found "Geen dossier gevonden" "No dossier found";
        nothing_found_why "Zoek op het begin van een woord uit de naam." "Search for the beginning of a word of the name.";
        name "Naam" "Name";
        kind "Soort" "Kind";
        kind_hint "Bijvoorbeeld zaak, project of vacature. Mag leeg blijven." "For example case, project or vacancy. May stay empty.";
        with_contact(name) "{name} komt meteen in dit dossier." "{name} comes into this dossier at once.";
        external "In andere software" "In other software";
        external_hint "Zo herkent uw bedrijfssoftware dit dossier, en maakt het geen tweede aan." "By this your business software knows this dossier, and does not make a second one.";
        source "Programma" "Program";
        external_id "Nummer daar" "Number there";
        known_as(source, id) "{id} in {source}" "{id} in {source}";
        save "Opslaan" "Save";
        make "Dossier maken" "Make dossier";
        change "Wijzigen" "Change";
        cancel "Annuleren" "Cancel";
        saved "Opgeslagen." "Saved.";
        made "Gemaakt. Zet hieronder de contacten erin van wie de mail erbij hoort." "Made. Below, put in the contacts whose mail belongs here.";
        joined "Toegevoegd. De mail van dit contact komt er nu bij." "Added. The mail of this contact is being added.";
        left "Weggehaald. Mail die er alleen door dit contact was, is eruit." "Taken out. Mail that was here only by this contact has left.";
        contacts "Contacten" "Contacts";
        no_contacts "Nog niemand. Zet er contacten in, dan komt hun mail er vanzelf bij; losse mail koppelt u vanuit de mail zelf." "Nobody yet. Put contacts in, and their mail comes by itself; link a single mail from that mail.";
        add_contact "Contact toevoegen" "Add a contact";
        find_contact "Naam of adres" "Name or address";
        find "Zoeken" "Search";
        add "Toevoegen" "Add";
        add_named(name) "{name} toevoegen" "Add {name}";
        take_out "Weghalen" "Take out";
        take_out_named(name) "{name} weghalen" "Take {name} out";
        nobody_found "Geen ander contact gevonden." "No other contact found.";
        knows_no_access "Wie dit dossier opent ziet alleen mail uit mailboxen die hij mag lezen." "Whoever opens this dossier only sees mail of mailboxes that they may read.";
    }
}
