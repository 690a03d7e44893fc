//! The words of the tab Mailgun.

use crate::page::words::words;

words! {
    Say {
        title "Mailgun" "Mailgun";
        none "Nog geen domeinen" "No domains yet";
        none_why "Loopt mail van uw organisatie via Mailgun? Voeg dan het domein toe. Daarna kan een mailbox het kiezen om te verzenden en te ontvangen." "Does mail of your organisation go through Mailgun? Then add the domain. After that a mailbox can choose it to send and to receive.";
        add "Domein toevoegen" "Add a domain";
        all "Alle domeinen" "All domains";
        active "geverifieerd" "verified";
        unverified "niet geverifieerd" "not verified";
        disabled "uitgeschakeld bij Mailgun" "switched off at Mailgun";
        us "Verenigde Staten" "United States";
        eu "Europese Unie" "European Union";
        domain "Domein" "Domain";
        domain_hint "Zoals het bij Mailgun heet, bijvoorbeeld mg.voorbeeld.nl." "As it is called at Mailgun, for example mg.example.com.";
        region "Regio" "Region";
        region_hint "Waar het domein bij Mailgun is aangemaakt." "Where the domain was made at Mailgun.";
        api_key "API-sleutel" "API key";
        api_key_hint "Bij Mailgun: API Keys, Add new key. Een sleutel die alleen kan verzenden is niet genoeg." "At Mailgun: API Keys, Add new key. A key that can only send is not enough.";
        signing_key "Ondertekensleutel" "Signing key";
        signing_key_hint "Bij Mailgun: API Keys, HTTP webhook signing key. Nodig om te ontvangen en om te weten wat is afgeleverd." "At Mailgun: API Keys, HTTP webhook signing key. Needed to receive, and to know what was delivered.";
        keep_key "Laat leeg om de bewaarde sleutel te houden." "Leave empty to keep the stored key.";
        keys_since(when) "Sleutels ingesteld op {when}." "Keys set on {when}.";
        keys "Sleutels en regio" "Keys and region";
        no_signing_key "Er is nog geen ondertekensleutel: ontvangen kan nog niet, en van verzonden mail wordt alleen nu en dan het logboek van Mailgun gelezen." "There is no signing key yet: receiving can't be done yet, and of mail that was sent only the log of Mailgun is read now and then.";
        save "Bewaren" "Save";
        saved "Bewaard." "Saved.";
        added "Het domein is toegevoegd." "The domain was added.";
        removed "Het domein is verwijderd." "The domain was removed.";
        was_checked "Mailgun heeft opnieuw gekeken." "Mailgun has looked again.";
        was_told "Mailgun levert vanaf nu hier af." "From now on Mailgun hands over here.";
        ready "Mailboxen kunnen dit domein kiezen." "Mailboxes can choose this domain.";
        not_ready "Mailboxen kunnen dit domein pas kiezen als Mailgun de regels hieronder in DNS ziet." "Mailboxes can choose this domain once Mailgun sees the records below in DNS.";
        is_disabled "Mailgun heeft dit domein uitgeschakeld. Vraag Mailgun waarom." "Mailgun has switched this domain off. Ask Mailgun why.";
        checked(when) "Laatst nagekeken: {when}." "Last checked: {when}.";
        check "Opnieuw controleren" "Check again";
        records "Wat in DNS hoort te staan" "What belongs in DNS";
        records_why "Zet deze regels bij de beheerder van uw domein. Het kan uren duren voor Mailgun ze ziet." "Put these records at whoever keeps your domain. It can take hours before Mailgun sees them.";
        to_send "Om te verzenden" "To send";
        to_receive "Om te ontvangen" "To receive";
        name "Naam" "Name";
        value "Waarde" "Value";
        valid "gezien" "seen";
        invalid "ontbreekt of anders" "missing or different";
        unknown "nog niet gezien" "not seen yet";
        hooks "Aanleveren" "Handing over";
        hooks_why "Mailgun levert binnengekomen mail hier af, en meldt wat met verzonden mail is gebeurd. Laat het instellen, of neem de adressen zelf over." "Mailgun hands over mail that came in here, and tells what became of mail that was sent. Have it set up, or copy the addresses yourself.";
        hook_mail "Voor een route (forward), met match_recipient voor dit domein" "For a route (forward), with match_recipient for this domain";
        hook_events "Voor webhooks: Delivered, Permanent failure, Temporary failure en Spam complaints" "For webhooks: Delivered, Permanent failure, Temporary failure and Spam complaints";
        set_up "Aanleveren instellen" "Set up handing over";
        no_address "Deze server weet niet op welk adres u hem bereikt. Stel base_url in; dan staan de adressen hier." "This server does not know the address at which you reach it. Set base_url; then the addresses stand here.";
        posted(when) "Laatst iets van Mailgun ontvangen: {when}." "Last heard from Mailgun: {when}.";
        never_posted "Van Mailgun is hier nog niets aangekomen." "Nothing of Mailgun has arrived here yet.";
        suppressions "Wie geen mail meer krijgt" "Who gets no mail any more";
        remove "Domein verwijderen" "Remove the domain";
        remove_why "Dat kan als er geen mailbox meer via dit domein gaat. Bij Mailgun zelf verandert er niets." "That can be done once no mailbox goes by this domain. Nothing changes at Mailgun itself.";
    }
}
