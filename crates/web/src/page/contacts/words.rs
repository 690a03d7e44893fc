//! The words of the contacts.

use crate::page::words::words;

words! {
    Say {
        contacts "Contacten" "Contacts";
        new_contact "Nieuw contact" "New contact";
        import "Importeren" "Import";
        try_address "Adres proberen" "Try an address";
        search "Zoeken" "Search";
        search_hint "Zoek op naam, adres of domein" "Search by name, address or domain";
        next "Volgende contacten" "Next contacts";
        first "Naar het begin" "To the beginning";
        and_more(count) "en nog {count}" "and {count} more";
        no_address "geen adres" "no address";
        hidden "Afgeschermd" "Shielded";
        none_yet "Nog geen contacten" "No contacts yet";
        none_yet_why "Een contact is iemand met wie u mailt: een persoon of een bedrijf. Alle mail van en aan hun adressen komt er vanzelf bij te staan." "A contact is somebody you exchange mail with: a person or a company. All mail from and to their addresses comes together there by itself.";
        nothing_found "Niemand gevonden" "Nobody found";
        nothing_found_why "Zoek op het begin van een naam, een adres of een domein." "Search for the beginning of a name, an address or a domain.";
        name "Naam" "Name";
        kind "Soort" "Kind";
        kind_hint "Bijvoorbeeld klant, leverancier of buur. Mag leeg blijven." "For example customer, supplier or neighbour. May stay empty.";
        addresses "E-mailadressen" "E-mail addresses";
        addresses_hint "Een adres per regel. Mail van en aan deze adressen komt vanzelf bij dit contact, ook mail die er al is." "One address a line. Mail from and to these addresses comes to this contact by itself, also mail that is there already.";
        wrong_lines "Deze regels kloppen niet:" "These lines are not right:";
        keep_private "Alle mail met dit contact afschermen" "Shield all mail with this contact";
        keep_private_why "Afgeschermde mail is privé: alleen wie de mailbox beheert ziet hem, ook in zoeken, dossiers en exports. Dat geldt voor mail die er al is en voor nieuwe mail." "Shielded mail is private: only who manages the mailbox sees it, in search, dossiers and exports too. That goes for mail that is there already and for new mail.";
        is_private "De mail met dit contact is afgeschermd: alleen wie de mailbox beheert ziet hem, ook in zoeken en dossiers." "The mail with this contact is shielded: only who manages the mailbox sees it, in search and dossiers too.";
        only_administrator "Alleen een beheerder kan dat veranderen." "Only an administrator can change that.";
        external "In andere software" "In other software";
        external_hint "Zo herkent uw boekhouding of CRM dit contact, en maakt het geen tweede aan." "By this your accounting or CRM knows this contact, and does not make a second one.";
        source "Programma" "Program";
        external_id "Nummer daar" "Number there";
        save "Opslaan" "Save";
        make "Contact maken" "Make contact";
        change "Wijzigen" "Change";
        cancel "Annuleren" "Cancel";
        saved "Opgeslagen." "Saved.";
        made "Gemaakt. Mail die er al was komt er nu bij." "Made. Mail that was there already is being added.";
        write "Mail schrijven" "Write a mail";
        write_to(address) "Mail schrijven aan {address}" "Write a mail to {address}";
        details "Gegevens" "Details";
        known_as(source, id) "{id} in {source}" "{id} in {source}";
        no_addresses_why "Zonder adres komt hier vanzelf geen mail bij. Voeg een adres toe, of koppel een mail met de hand." "Without an address no mail comes here by itself. Add an address, or link a mail by hand.";
        not_linked_in(address, mailbox, line) "Mail van {address} wordt in {mailbox} niet gekoppeld, vanwege de regel {line}." "Mail from {address} is not linked in {mailbox}, because of the line {line}.";
        is_own(address, mailbox) "{address} is het adres van uw eigen mailbox {mailbox}, en wordt daar niet gekoppeld." "{address} is the address of your own mailbox {mailbox}, and is not linked there.";
        dossiers "Dossiers" "Dossiers";
        no_dossiers "Dit contact hoort bij geen dossier." "This contact belongs to no dossier.";
        new_dossier "Nieuw dossier met dit contact" "New dossier with this contact";
        try_why "Wordt mail van een adres gekoppeld, en aan wie? En zo niet, door welke regel?" "Is mail from an address linked, and to whom? And if not, because of which line?";
        address "E-mailadres" "E-mail address";
        try_it "Proberen" "Try";
        tried_none(address) "Nog geen contact heeft {address}. Mail van dit adres wordt dus nergens aan gekoppeld." "No contact has {address} yet. So mail from this address is linked to nothing.";
        tried_some(count, address) "Dit contact heeft {address}:|{count} contacten hebben {address}:" "This contact has {address}:|{count} contacts have {address}:";
        make_it "Contact maken met dit adres" "Make a contact with this address";
        in_mailboxes "In uw mailboxen" "In your mailboxes";
        verdict_linked "wordt gekoppeld" "is linked";
        verdict_own "wordt niet gekoppeld: het is het adres van deze mailbox zelf" "is not linked: it is the address of this mailbox itself";
        verdict_left_out(line) "wordt niet gekoppeld: de regel {line} sluit het uit" "is not linked: the line {line} leaves it out";
        change_lines "Regels wijzigen" "Change the lines";
        no_mailboxes "Er is nog geen mailbox die u kent." "There is no mailbox yet that you know of.";
        import_title "Contacten importeren" "Import contacts";
        import_why "Kies een CSV-bestand uit een spreadsheet of CRM, of een vCard-bestand (.vcf) uit een adresboek." "Choose a CSV file from a spreadsheet or CRM, or a vCard file (.vcf) from an address book.";
        import_columns "Een CSV-bestand heeft een eerste regel met kolomnamen, zoals Naam, E-mailadres en Relatienummer." "The first line of a CSV file has the names of the columns, such as Name, E-mail and Customer number.";
        import_twice "Wie er al is wordt aangevuld, niet dubbel gemaakt. Hetzelfde bestand twee keer verandert niets." "Who is there already is completed, not doubled. The same file twice changes nothing.";
        import_long "Een groot bestand duurt een paar minuten; gaat u intussen weg, dan gaat het importeren door." "A large file takes some minutes; when you go away meanwhile, the import goes on.";
        file "Bestand" "File";
        import_now "Nu importeren" "Import now";
        choose_file "Kies een bestand met contacten." "Choose a file with contacts.";
        imported "Klaar met importeren" "Import done";
        imported_created(count) "{count} contact gemaakt|{count} contacten gemaakt" "{count} contact made|{count} contacts made";
        imported_updated(count) "{count} contact aangevuld|{count} contacten aangevuld" "{count} contact completed|{count} contacts completed";
        imported_wrong(count) "{count} regel niet of niet helemaal gebruikt:|{count} regels niet of niet helemaal gebruikt:" "{count} line not used, or not wholly:|{count} lines not used, or not wholly:";
        row(number, why) "Regel {number}: {why}" "Line {number}: {why}";
        to_contacts "Naar de contacten" "To the contacts";
    }
}
