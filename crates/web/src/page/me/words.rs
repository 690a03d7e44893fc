//! The words of one's own page.

use crate::page::words::words;

words! {
    Say {
        title "Mijn gegevens" "My account";
        tab_profile "Gegevens" "Details";
        tab_password "Wachtwoord" "Password";
        tab_factor "Tweede factor" "Second factor";
        tab_sessions "Apparaten" "Devices";
        tab_tokens "API-tokens" "API tokens";
        saved "Bewaard." "Saved.";
        save "Bewaren" "Save";
        provider "Aanmelddienst" "Sign-in service";
        bound(name, when) "U meldt zich aan met {name}, sinds {when}." "You sign in with {name}, since {when}.";
        unbind "Verbinding verbreken" "Undo the connection";
        unbind_effect "Meldt u zich daarna weer met de dienst aan, dan herkennen we u opnieuw aan uw e-mailadres." "When you sign in with the service again after that, we know you by your e-mail address anew.";
        unbound "De verbinding is verbroken." "The connection was undone.";
        name "Naam" "Name";
        name_hint "Zo zien collega's u, en zo begint een mail van u." "This is what colleagues see, and how mail from you begins.";
        email "E-mailadres" "E-mail address";
        email_hint "Hiermee meldt u zich aan." "You sign in with it.";
        language "Taal" "Language";
        default_mailbox "Standaardmailbox" "Default mailbox";
        default_mailbox_hint "Een nieuwe mail begint hier, tenzij u een andere mailbox kiest." "A new mail begins here, unless you choose another mailbox.";
        no_mailbox "Geen" "None";
        none_to_send "U mag nog vanuit geen mailbox verzenden. Een beheerder kan u eigenaar maken." "There is no mailbox yet that you may send from. An administrator can make you an owner.";
        private "Vertrouwelijk" "Confidential";
        private_why "Vertrouwelijke mail ziet alleen wie de mailbox beheert: niet in lijsten, niet bij zoeken, niet in dossiers." "Confidential mail is seen only by who manages the mailbox: not in lists, not when searching, not in dossiers.";
        private_incoming "Mail die voor mij binnenkomt is vertrouwelijk" "Mail that comes in for me is confidential";
        private_outgoing "Mail die ik verstuur is vertrouwelijk" "Mail that I send is confidential";
        present "Huidig wachtwoord" "Present password";
        new_password "Nieuw wachtwoord" "New password";
        long_hint "Minstens 15 tekens. Een zin van een paar woorden is sterk en makkelijk te onthouden." "At least 15 characters. A sentence of a few words is strong and easy to remember.";
        short_hint "Minstens 12 tekens, want u hebt een tweede factor. Een zin van een paar woorden is sterk en makkelijk te onthouden." "At least 12 characters, because you have a second factor. A sentence of a few words is strong and easy to remember.";
        repeat "Nog een keer" "Once more";
        differs "De twee wachtwoorden zijn niet gelijk." "The two passwords are not the same.";
        password_effect "Op andere apparaten wordt u afgemeld." "On other devices you are signed out.";
        change_password "Wachtwoord wijzigen" "Change password";
        password_saved "Het nieuwe wachtwoord geldt vanaf nu." "The new password counts from now on.";
        owed_title "Eerst een tweede factor" "A second factor first";
        owed "Uw organisatie vraagt van beheerders een tweede factor. Stel die nu in; daarna gaat u verder." "Your organisation asks a second factor of its administrators. Set it up now; then you go on.";
        factor_why "Bij het aanmelden vragen we dan, naast uw wachtwoord, een code van uw telefoon. Wie uw wachtwoord kent, komt er dan nog niet in." "When signing in we then ask, beside your password, a code of your telephone. Who knows your password is not in yet.";
        factor_need "U hebt er een app voor nodig die codes maakt, zoals Aegis, 2FAS, Google Authenticator of uw wachtwoordbeheerder." "You need an app that makes codes, such as Aegis, 2FAS, Google Authenticator or your password manager.";
        factor_begin "Tweede factor instellen" "Set up a second factor";
        factor_on "De tweede factor staat aan" "The second factor is on";
        factor_on_why "Bij het aanmelden vragen we een code van uw app." "When you sign in we ask a code of your app.";
        factor_taken "De tweede factor geldt vanaf nu. Op andere apparaten bent u afgemeld." "The second factor counts from now on. You are signed out on other devices.";
        scan "Scan deze code met uw app" "Scan this code with your app";
        scan_label "Vierkante code voor uw app; de sleutel eronder zegt hetzelfde" "Square code for your app; the key below it says the same";
        or_type "Of neem deze sleutel over" "Or copy this key";
        then_code "Vul de zes cijfers in die de app nu toont" "Enter the six digits that the app shows now";
        code "Code" "Code";
        confirm "Bevestigen" "Confirm";
        begin_anew "Opnieuw beginnen" "Begin anew";
        codes_left(n) "Nog {n} herstelcode over.|Nog {n} herstelcodes over." "{n} recovery code left.|{n} recovery codes left.";
        codes_why "Met een herstelcode komt u binnen als uw telefoon weg is. Elke code werkt één keer." "With a recovery code you get in when your telephone is gone. Each code works once.";
        new_codes "Nieuwe herstelcodes" "New recovery codes";
        new_codes_effect "De oude codes werken daarna niet meer." "The old codes work no longer after that.";
        codes_title "Uw herstelcodes" "Your recovery codes";
        codes_once "Druk ze af of bewaar ze in uw wachtwoordbeheerder. We tonen ze niet nog een keer." "Print them or keep them in your password manager. They are not shown again.";
        go_on "Ik heb ze bewaard" "I have kept them";
        drop "Tweede factor verwijderen" "Remove the second factor";
        drop_why "Daarna is uw wachtwoord weer genoeg om aan te melden; het moet dan minstens 15 tekens hebben." "After that your password alone is enough to sign in; it must then have at least 15 characters.";
        demanded "Uw organisatie vraagt van beheerders een tweede factor; verwijderen kan daarom niet." "Your organisation asks a second factor of its administrators; so it can't be removed.";
        dropped "De tweede factor is verwijderd." "The second factor was removed.";
        sessions_why "Hier bent u aangemeld. Herkent u iets niet? Meld het af en wijzig uw wachtwoord." "Here you are signed in. Is there something that you don't know? Sign it out and change your password.";
        this_device "dit apparaat" "this device";
        since(from, when) "vanaf {from}, sinds {when}" "from {from}, since {when}";
        last_seen(when) "laatst gebruikt: {when}" "last used: {when}";
        end_session "Afmelden" "Sign out";
        end_session_of(what) "Afmelden: {what}" "Sign out: {what}";
        end_others "Alle andere afmelden" "Sign out all others";
        unknown_browser "Onbekende browser" "Unknown browser";
        on(browser, system) "{browser} op {system}" "{browser} on {system}";
        ended "Daar bent u afgemeld." "You are signed out there.";
    }
}
