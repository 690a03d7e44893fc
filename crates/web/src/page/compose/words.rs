//! The words of writing.

use crate::page::words::words;

words! {
    Say {
        new_mail "Nieuwe mail" "New mail";
        reply "Antwoord" "Reply";
        forward "Doorsturen" "Forward";
        from "Van" "From";
        to "Aan" "To";
        cc "Cc" "Cc";
        bcc "Bcc" "Bcc";
        more_recipients "Cc en bcc" "Cc and bcc";
        several "Meer adressen? Zet er een komma tussen." "Several addresses? Put a comma between them.";
        subject "Onderwerp" "Subject";
        text "Bericht" "Message";
        inactive(address) "{address}: staat op inactief" "{address}: is switched off";
        cannot_send(address) "{address}: heeft geen uitgaande server" "{address}: has no outgoing server";
        may_not_send(address) "{address}: u mag hiervandaan niet verzenden" "{address}: you may not send from here";
        no_sender "U kunt nog nergens vandaan verzenden. Vraag een beheerder om het recht om te verzenden bij een mailbox." "You can't send from any mailbox yet. Ask an administrator for the right to send from one.";
        temporary "Met de tijdelijke mailbox bereikt u alleen adressen van deze Postkamer. Verbind eerst de mailbox van uw organisatie." "The temporary mailbox only reaches addresses of this Postkamer. Connect the mailbox of your organisation first.";
        connect "Mailbox verbinden" "Connect a mailbox";
        files "Bijlagen" "Attachments";
        add_files "Bestanden toevoegen" "Add files";
        drop_here "Of sleep ze naar dit bericht." "Or drag them onto this message.";
        remove(name) "{name} verwijderen" "Remove {name}";
        keep_files "Toevoegen" "Add";
        not_sent_up "Dit bestand kwam niet over. Probeer het nog eens." "This file did not arrive. Try once more.";
        quote_below "Het oorspronkelijke bericht meesturen" "Include the original message";
        show_quote "Oorspronkelijk bericht" "Original message";
        edit_quote "In de tekst zetten" "Put it into the text";
        template "Sjabloon" "Template";
        no_template "Geen sjabloon" "No template";
        use_template "Gebruiken" "Use";
        fill_template "Invullen" "Fill in";
        fill_title "Vul het sjabloon in" "Fill in the template";
        send "Verzenden" "Send";
        send_anyway "Toch verzenden" "Send anyway";
        later "Later verzenden" "Send later";
        when "Op dit moment" "At this moment";
        plan "Inplannen" "Schedule";
        when_wrong "Kies een dag en een tijd die nog komen." "Choose a day and a time that are still to come.";
        save "Concept bewaren" "Save draft";
        discard "Concept weggooien" "Discard draft";
        saved(at) "Concept bewaard {at}" "Draft saved {at}";
        not_saved "Het concept kon niet worden bewaard. Uw tekst staat nog hier." "The draft could not be saved. Your text is still here.";
        forgotten "Bijlage vergeten? U noemt er een, maar er zit niets bij." "Attachment forgotten? You speak of one, but nothing is attached.";
        changed "Dit concept is intussen ergens anders bewaard. Wat u hier typte is niet bewaard." "This draft was saved somewhere else in the meantime. What you typed here is not saved.";
        keep_mine "Mijn versie als nieuw concept bewaren" "Keep my version as a new draft";
        see_theirs "De andere versie bekijken" "See the other version";
        taken_back "Teruggehaald: er is niets verzonden." "Taken back: nothing was sent.";
        tools "Opmaak" "Formatting";
        bold "Vet" "Bold";
        italic "Cursief" "Italic";
        underline "Onderstrepen" "Underline";
        bullets "Lijst" "List";
        numbers "Genummerde lijst" "Numbered list";
        quotation "Citaat" "Quotation";
        link "Link" "Link";
        link_address "Adres van de link" "Address of the link";
        link_put "Plaatsen" "Insert";
        clear "Opmaak wissen" "Clear formatting";
        suggestions "Voorstellen" "Suggestions";
    }
}
