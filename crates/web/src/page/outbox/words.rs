//! The words of the outbox.

use crate::page::words::words;

words! {
    Say {
        title "Postvak uit" "Outbox";
        new_mail "Nieuwe mail" "New mail";
        drafts "Concepten" "Drafts";
        attention "Vraagt uw aandacht" "Needs your attention";
        under_way "Onderweg" "On its way";
        sent "Verzonden" "Sent";
        nothing "Niets onderweg" "Nothing on its way";
        nothing_why "Wat u verzendt staat hier tot de ontvangende server het heeft aangenomen, met wat die erover zei. Concepten staan hier ook." "What you send is here until the receiving server has taken it, with what that server said. Drafts are here too.";
        no_subject "(geen onderwerp)" "(no subject)";
        nobody "(nog geen ontvanger)" "(no recipient yet)";
        to(people) "Aan {people}" "To {people}";
        changed(at) "bewaard {at}" "saved {at}";
        discard(subject) "Concept {subject} weggooien" "Discard draft {subject}";
        older "Oudere" "Older";
        state_waiting "Wacht" "Waiting";
        state_sending "Wordt nu verzonden" "Being sent now";
        state_accepted "Verzonden" "Sent";
        state_uncertain "Mogelijk verzonden" "Possibly sent";
        state_delivered "Afgeleverd" "Delivered";
        state_bounced "Teruggekomen" "Bounced";
        state_failed "Mislukt" "Failed";
        state_held "Vastgehouden" "Held";
        state_cancelled "Teruggehaald" "Taken back";
        goes_at(at) "Gaat om {at} op weg" "Leaves at {at}";
        goes_soon "Gaat zo op weg" "Leaves in a moment";
        why_time(at) "Deze mail gaat {at} op weg. Tot dan kunt u hem terughalen." "This mail leaves on {at}. Until then you can take it back.";
        why_soon "Deze mail is aan de beurt en gaat zo op weg." "It is this mail's turn; it leaves in a moment.";
        why_limit(at) "De mailbox of de provider neemt nu niet meer mail aan: de limiet is bereikt. De beurt van deze mail is {at}; u hoeft niets te doen." "The mailbox or the provider takes no more mail for now: the limit is reached. This mail's turn is on {at}; you need not do anything.";
        why_retry(at) "De server nam deze mail nog niet aan. De volgende poging is {at}; dat gaat vanzelf, tot vijf dagen lang." "The server did not take this mail yet. The next try is on {at}; this goes by itself, for up to five days.";
        why_sending "De server neemt deze mail op dit moment aan. Terughalen kan niet meer." "The server is taking this mail at this moment. It can't be taken back any more.";
        why_held "Deze mail wordt vastgehouden, bijvoorbeeld omdat de mailbox op inactief staat. Hij gaat pas als iemand hem laat gaan." "This mail is held, for example because the mailbox was switched off. It leaves only when somebody lets it go.";
        why_uncertain "De verbinding viel weg op het moment dat de server deze mail aannam. Misschien is hij verzonden, misschien niet. Postkamer verstuurt hem niet vanzelf opnieuw, omdat de ontvanger hem dan twee keer kan krijgen." "The connection broke just as the server took this mail. It may have been sent, or not. Postkamer does not send it again by itself, because the recipient could then get it twice.";
        why_looking "Postkamer kijkt het komende uur of de mail in de map met verzonden berichten verschijnt. U kunt ook zelf kiezen." "For the next hour Postkamer looks whether the mail appears in the sent folder. You can also choose yourself.";
        why_left "Iemand koos ervoor het zo te laten." "Somebody chose to leave it like this.";
        why_accepted "De server van de ontvanger, of die onderweg daarheen, heeft deze mail aangenomen." "The recipient's server, or one on the way there, has taken this mail.";
        why_delivered "Een ontvangstbericht meldt dat deze mail is afgeleverd." "A report says that this mail was delivered.";
        why_bounced "Deze mail werd aangenomen, maar kwam later terug: hij is niet bij iedereen aangekomen." "This mail was taken at first, but came back later: it did not reach everybody.";
        why_failed "De server weigert deze mail. Opnieuw proberen heeft pas zin als u verbetert wat de server noemt." "The server refuses this mail. Trying again makes sense only when you correct what the server names.";
        why_cancelled "Deze mail is teruggehaald en wordt niet verzonden." "This mail was taken back and will not be sent.";
        just_sent(seconds) "Wordt over {seconds} seconde verzonden.|Wordt over {seconds} seconden verzonden." "Will be sent in {seconds} second.|Will be sent in {seconds} seconds.";
        undo "Ongedaan maken" "Undo";
        take_back "Terughalen" "Take back";
        take_back_hint "De mail gaat niet weg en wordt weer een concept." "The mail does not leave and becomes a draft again.";
        again "Nu opnieuw proberen" "Try again now";
        let_go "Laten gaan" "Let it go";
        correct "Verbeteren en verzenden" "Correct and send";
        correct_hint "De mail wordt weer een concept, voor wie hem nog niet kreeg." "The mail becomes a draft again, for those it did not reach.";
        two_choices "Wat wilt u?" "What do you want?";
        was_sent "Hij is verzonden" "It was sent";
        was_sent_hint "U weet dat de mail aankwam, bijvoorbeeld omdat de ontvanger het zei." "You know that the mail arrived, for example because the recipient said so.";
        resend "Opnieuw verzenden" "Send again";
        resend_hint "De ontvanger kan hem dan twee keer krijgen. Het is dezelfde mail met hetzelfde kenmerk, zodat veel programma's er een tonen." "The recipient may then get it twice. It is the same mail with the same Message-ID, so that many programs show one.";
        leave "Zo laten" "Leave it";
        complained "Gemeld als ongewenst" "Called unwanted";
        why_complained "Wie een mail als ongewenst meldt, doet dat bij de eigen provider. Schrijf daar alleen nog heen als erom wordt gevraagd: wie vaak wordt gemeld, komt bij iedereen in de map met ongewenste mail." "Who reports a mail as unwanted does so at their own provider. Write there again only when they ask for it: who is reported often ends up in everybody's junk folder.";
        held_back "Mailgun houdt mail tegen" "Held back by Mailgun";
        why_held_back "Eerdere mail aan dit adres kwam terug, werd ongewenst genoemd of is opgezegd. Mailgun verzendt er daarom niets meer heen, tot het adres van de lijst is." "Earlier mail to this address came back, was called unwanted or was unsubscribed from. So Mailgun sends nothing there any more, until the address is taken off the list.";
        held_list "Naar de lijst" "To the list";
        held_ask "Een beheerder kan dat doen." "An administrator can do that.";
        recipients "Ontvangers" "Recipients";
        server_said "Wat de server zei" "What the server said";
        tries "Pogingen" "Tries";
        said_nothing "Geen antwoord" "No answer";
        none_yet "Nog geen poging gedaan." "Not tried yet.";
        from "Van" "From";
        in_outbox "Alles in postvak uit" "Everything in the outbox";
        back_to_mail "Terug naar de mail" "Back to the mail";
        blind "bcc" "bcc";
    }
}
