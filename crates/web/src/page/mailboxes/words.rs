//! The words of the mailbox manager.

use crate::page::words::words;

words! {
    Say {
        // The list.
        title "Mailboxen" "Mailboxes";
        connect_mailbox "Mailbox verbinden" "Connect a mailbox";
        all_well(count) "{count} mailbox; alles werkt.|{count} mailboxen; alles werkt." "{count} mailbox; all is well.|{count} mailboxes; all is well.";
        some_want(count) "{count} mailbox vraagt uw aandacht.|{count} mailboxen vragen uw aandacht." "{count} mailbox wants your attention.|{count} mailboxes want your attention.";
        none_yet "Nog geen mailbox" "No mailbox yet";
        none_yet_why "Verbind de mailbox die u al hebt. Het e-mailadres en het wachtwoord zijn genoeg; de mail blijft ook op de server staan." "Connect the mailbox that you already have. Its e-mail address and password are enough; the mail stays on the server too.";
        none_to_manage "Mailboxen die u mag beheren komen hier te staan. Een beheerder verbindt ze." "Mailboxes that you may manage appear here. An administrator connects them.";
        mailbox "Mailbox" "Mailbox";
        receives "Ontvangen" "Receiving";
        sends "Verzenden" "Sending";
        last_fetched "Laatst opgehaald" "Last fetched";
        never "nog nooit" "never";
        holds "Berichten" "Messages";
        primary "primair" "primary";
        fetch "Ophalen" "Fetch";
        fetch_of(name) "{name} ophalen" "Fetch {name}";
        fetching "Wordt opgehaald" "Being fetched";
        fetching_at(done, total) "Wordt opgehaald: {done} van {total}" "Being fetched: {done} of {total}";
        mend "Herstellen" "Mend";
        finish "Afmaken" "Finish";
        switch_on "Aanzetten" "Switch on";
        act "Wat u kunt doen" "What you can do";
        kind_none "niet" "not";
        temporary "tijdelijk" "temporary";
        temporary_why "Bereikt alleen adressen van deze Postkamer; niet voor uw briefwisseling." "Only reaches addresses of this Postkamer; not for your correspondence.";
        kind_relay "adres van Postkamer" "an address of Postkamer";
        kind_builtin "Postkamer zelf" "Postkamer itself";
        state_green "Werkt" "Works";
        state_amber "Probeert het opnieuw" "Is trying again";
        state_red "Werkt niet" "Does not work";
        state_new "Begint" "Is starting";
        state_off "Staat uit" "Switched off";
        state_unfinished "Nog niet klaar" "Not finished";
        unfinished_why "Het verbinden is nog niet afgemaakt; er wordt nog niets opgehaald." "Connecting it was not finished; nothing is fetched yet.";
        when_sending "Bij het verzenden:" "When sending:";
        the_server_said "De server zei:" "The server said:";

        // The wizard.
        step_of(step) "Stap {step} van 4" "Step {step} of 4";
        step_address "Adres" "Address";
        step_settings "Instellingen en wachtwoord" "Settings and password";
        step_test "Testen" "Test";
        step_choose "Kiezen en ophalen" "Choose and fetch";
        new_title "Mailbox verbinden" "Connect a mailbox";
        new_intro "Vul het e-mailadres van de mailbox in. De instellingen zoeken we op." "Enter the e-mail address of the mailbox. We look up its settings.";
        address "E-mailadres van de mailbox" "E-mail address of the mailbox";
        look_up "Instellingen zoeken" "Look up the settings";
        look_up_wait "Dit duurt een paar seconden." "This takes a few seconds.";
        other_address "Ander adres" "Another address";
        found_at(provider, from) "Gevonden: {provider} ({from})" "Found: {provider} ({from})";
        found(from) "Gevonden ({from})" "Found ({from})";
        also_found "Ook gevonden:" "Also found:";
        nothing_found "Niets gevonden" "Nothing was found";
        nothing_found_why "De provider maakt de instellingen niet bekend. Vul ze hieronder in; u vindt ze bij de provider onder IMAP (of POP3) en SMTP." "The provider does not publish the settings. Enter them below; you find them with the provider under IMAP (or POP3) and SMTP.";
        summary(host, port, encryption) "{host}, poort {port}, {encryption}" "{host}, port {port}, {encryption}";
        by_hand "Zelf aanpassen" "Change by hand";
        settings_of_server "Instellingen van de server" "Settings of the server";
        display_name "Weergavenaam" "Display name";
        display_name_hint "Staat als afzender voor het adres, bijvoorbeeld: Dorpshuis De Linde." "Stands before the address as the sender, for example: Village Hall.";
        secret "Wachtwoord van de mailbox" "Password of the mailbox";
        secret_kept "Leeg laten: het bewaarde wachtwoord blijft." "Leave empty: the stored password stays.";
        secret_hint "Bij Gmail, iCloud en Yahoo is dit een app-wachtwoord. Het wordt versleuteld bewaard en nooit meer getoond." "With Gmail, iCloud and Yahoo this is an app password. It is stored encrypted and never shown again.";
        outgoing_secret "Wachtwoord voor verzenden" "Password for sending";
        outgoing_secret_hint "Leeg laten: hetzelfde als voor ontvangen." "Leave empty: the same as for receiving.";
        host "Server" "Server";
        port "Poort" "Port";
        port_hint "Leeg laten: de gebruikelijke." "Leave empty: the usual one.";
        encryption "Versleuteling" "Encryption";
        no_encryption "Geen" "None";
        username "Gebruikersnaam" "User name";
        prefix "Voorvoegsel van mappen" "Folder prefix";
        prefix_hint "Meestal leeg of INBOX." "Mostly empty or INBOX.";
        kind_imap "IMAP: de mail blijft op de server" "IMAP: the mail stays on the server";
        kind_pop3 "POP3: de mail wordt hierheen gehaald" "POP3: the mail is fetched to here";
        kind_smtp "SMTP" "SMTP";
        pop3_here "Een POP3-server kent één postvak en geen mappen of markeringen. De mappen van deze mailbox liggen daarom in Postkamer; wat u hier leest, markeert, verplaatst, weggooit of verzendt, ziet u alleen hier." "A POP3 server knows one inbox and no folders or marks. So the folders of this mailbox lie in Postkamer; what you read, mark, move, throw away or send here shows only here.";
        after_fetch "Mail op de server" "Mail on the server";
        after_leave "Laten staan" "Leave it there";
        after_days "Verwijderen na een aantal dagen" "Delete it after some days";
        after_delete "Verwijderen zodra ze hier is" "Delete it once it is here";
        after_fetch_hint "Er wordt nooit iets van de server verwijderd voordat het hier veilig is opgeslagen en is nagelezen. Wat van de server verdwijnt, blijft hier." "Nothing is ever deleted from the server before it is safely stored here and was read again. What leaves the server stays here.";
        days "Na hoeveel dagen" "After how many days";
        several_devices "Halen meer apparaten deze mailbox met POP3 op, laat de mail dan op de server staan: een ander apparaat ziet niet meer wat is verwijderd, en de server laat er één tegelijk toe. Met IMAP werken meer apparaten wel samen." "When several devices fetch this mailbox with POP3, leave the mail on the server: another device no longer sees what was deleted, and the server lets in one at a time. With IMAP several devices do work together.";
        only_send "Niet: deze mailbox verzendt alleen" "Not: this mailbox only sends";
        only_receive "Niet: deze mailbox ontvangt alleen" "Not: this mailbox only receives";
        manner "Manier" "Manner";
        allow_plaintext "Zonder versleuteling toestaan (alleen in het eigen netwerk)" "Allow it without encryption (in one's own network only)";
        connect_and_test "Verbinden en testen" "Connect and test";
        secret_seen "Let op het wachtwoord" "Mind the password";

        // The test.
        test_title "Test" "Test";
        test_running "De mailbox wordt getest" "The mailbox is being tested";
        test_running_why "We verbinden, melden ons aan en sturen een echt bericht dat weer terug moet komen." "We connect, sign in and send a real message that has to come back.";
        test_well "Alles werkt" "Everything works";
        test_well_why "Er is een echt bericht rondgegaan en weer opgeruimd." "A real message went round and was cleared away again.";
        test_failed "Het lukt nog niet" "It does not work yet";
        test_failed_why "Hieronder staat per stap wat er mis ging en wat u kunt doen. Verbeter het en test opnieuw." "Below, each step tells what went wrong and what you can do. Mend it and test again.";
        test_broken "De test kon niet worden gedaan" "The test could not be done";
        test_broken_why "Dit ligt aan ons, niet aan de mailbox. Probeer het zo nog eens." "This is our doing, not the mailbox's. Try again in a moment.";
        test_none "Deze mailbox is met deze instellingen nog niet getest" "This mailbox was not tested yet with these settings";
        test_none_why "De test verbindt, meldt zich aan en stuurt een echt bericht aan het eigen adres." "The test connects, signs in and sends a real message to its own address.";
        test_now "Nu testen" "Test now";
        test_again "Opnieuw testen" "Test again";
        save_and_test "Opslaan en opnieuw testen" "Save and test again";
        receiving_from(host) "Ontvangen van {host}" "Receiving from {host}";
        sending_by(host) "Verzenden via {host}" "Sending by {host}";
        round_trip "Heen en terug" "There and back";
        step_resolve "Servernaam opzoeken" "Look up the server's name";
        step_connect "Verbinding maken" "Connect";
        step_tls "Versleuteling en certificaat" "Encryption and certificate";
        step_sign_in "Aanmelden" "Sign in";
        step_folders "Mappen lezen" "Read the folders";
        step_send "Testbericht verzenden" "Send a test message";
        step_receive "Testbericht ontvangen" "Receive the test message";
        step_done "gelukt" "done";
        step_bad "mislukt" "failed";
        step_busy "bezig" "busy";
        step_later "nog niet gedaan" "not done yet";
        pin "Dit certificaat vastzetten en opnieuw testen" "Pin this certificate and test again";
        pin_why "Alleen als de vingerafdruk klopt met die van de beheerder van de mailserver:" "Only if the fingerprint is the one that the mail server's administrator gives:";

        // What to fetch.
        choose_title "Wat wilt u ophalen?" "What do you want to fetch?";
        choose_anyway "De mailbox kan al worden gelezen. U kunt doorgaan en de rest later herstellen." "The mailbox can be read already. You can go on and mend the rest later.";
        fetch_everything "Alle mail, de nieuwste eerst" "All mail, the newest first";
        fetch_since "Alleen mail vanaf" "Only mail since";
        since_date "Vanaf welke dag" "Since which day";
        who_may "Wie mag deze mailbox gebruiken?" "Who may use this mailbox?";
        what_folders_are "Waar de mappen voor zijn" "What the folders are for";
        what_folders_are_why "Dit vonden we zelf uit; verander het alleen als het niet klopt." "We found this out by ourselves; change it only when it is wrong.";
        begin_fetching "Beginnen met ophalen" "Begin to fetch";

        // The first fetch.
        progress_title "De mail wordt opgehaald" "The mail is being fetched";
        progress_why "De nieuwste mail komt eerst en is al te lezen. U kunt deze pagina verlaten: het ophalen gaat door." "The newest mail comes first and can be read already. You can leave this page: fetching goes on.";
        progress_done "Alle mail is opgehaald" "All mail was fetched";
        progress_done_why "Nieuwe mail komt vanaf nu vanzelf binnen." "From now on new mail comes in by itself.";
        progress_label "Voortgang van het ophalen" "Progress of fetching";
        progress_begins "De mailbox wordt geopend." "The mailbox is being opened.";
        messages_here(count) "{count} bericht|{count} berichten" "{count} message|{count} messages";
        so_many_of(done, total) "{done} van {total} berichten" "{done} of {total} messages";
        pace(rate, left) "{rate} per seconde, nog ongeveer {left}" "{rate} a second, about {left} left";
        seconds(count) "{count} seconde|{count} seconden" "{count} second|{count} seconds";
        minutes(count) "{count} minuut|{count} minuten" "{count} minute|{count} minutes";
        hours(count) "{count} uur|{count} uur" "{count} hour|{count} hours";
        to_mail "Naar de mail" "To the mail";
        to_mailboxes "Naar de mailboxen" "To the mailboxes";

        // The tabs.
        tabs "Onderdelen van deze mailbox" "Parts of this mailbox";
        tab_general "Algemeen" "General";
        tab_server "Server" "Server";
        tab_folders "Mappen" "Folders";
        tab_owners "Eigenaren" "Owners";
        tab_sending "Verzenden" "Sending";
        tab_linking "Koppelen" "Linking";
        tab_devices "Andere apparaten" "Other devices";
        tab_history "Geschiedenis" "History";
        save "Bewaren" "Save";
        saved "Bewaard." "Saved.";

        // General.
        active "Deze mailbox is in gebruik" "This mailbox is in use";
        active_hint "Uit: er wordt niets opgehaald en verzonden. De mail die er al is blijft." "Off: nothing is fetched or sent. The mail that is here stays.";
        make_primary "Primaire mailbox" "Primary mailbox";
        make_primary_hint "Verzendt de mail van Postkamer zelf, zoals uitnodigingen en nieuwe wachtwoorden. Er is er altijd één." "Sends the mail of Postkamer itself, such as invitations and new passwords. There is always one.";
        is_primary "Dit is de primaire mailbox. Maak een andere primair om dit te veranderen." "This is the primary mailbox. Make another one primary to change this.";
        how_often "Wanneer wordt opgehaald" "When it is fetched";
        by_button "Alleen met de knop Ophalen" "Only by the button Fetch";
        interval "Aantal minuten" "Number of minutes";
        interval_hint "Geldt voor de eerste twee keuzes." "For the first two choices.";
        fetch_manner_push "Meteen als er mail is (en elke paar minuten, voor de zekerheid)" "At once when there is mail (and every few minutes, to be sure)";
        fetch_manner_interval "Elke paar minuten" "Every few minutes";
        disable_after "Stoppen na zoveel fouten achter elkaar" "Stop after so many errors in a row";
        since "Mail ophalen vanaf" "Fetch mail since";
        since_hint "Leeg: alle mail. Oudere mail blijft op de server staan." "Empty: all mail. Older mail stays on the server.";
        delete "Mailbox verwijderen" "Delete the mailbox";
        delete_ask(name) "{name} verwijderen?" "Delete {name}?";
        delete_why "Er is nog geen mail van deze mailbox in Postkamer. Op de mailserver verandert niets." "There is no mail of this mailbox in Postkamer yet. Nothing changes on the mail server.";
        delete_yes "Ja, verwijderen" "Yes, delete it";
        cancel "Annuleren" "Cancel";
        holds_mail(count) "Deze mailbox bevat {count} berichten en kan daarom niet worden verwijderd, alleen uitgezet." "This mailbox holds {count} messages, so it can't be deleted, only switched off.";

        // Folders.
        folders_why "Postkamer herkent Verzonden, Concepten, Ongewenst, Prullenbak en Archief aan wat de server zegt en aan hun naam. Kies hier als dat niet klopt. Meer mappen mogen hetzelfde zijn." "Postkamer knows Sent, Drafts, Junk, Trash and Archive by what the server says and by their names. Choose here when that is wrong. Several folders may be the same.";
        folders_ours "Een POP3-server kent geen mappen: deze liggen in Postkamer, en wat u erin doet ziet u alleen hier." "A POP3 server knows no folders: these lie in Postkamer, and what you do in them shows only here.";
        folder "Map" "Folder";
        used_for "Waarvoor" "Used for";
        role_of(folder) "Waarvoor {folder} is" "What {folder} is for";
        here "Hier" "Here";
        on_server "Op de server" "On the server";
        checked "Nagegaan" "Checked";
        missing(count) "{count} ontbreekt|{count} ontbreken" "{count} is missing|{count} are missing";
        cannot_open "Kan niet worden geopend:" "Can't be opened:";
        no_folders "Nog geen mappen" "No folders yet";
        no_folders_why "Ze verschijnen hier zodra de mailbox is getest of opgehaald." "They appear here as soon as the mailbox was tested or fetched.";
        by_itself(role) "Vanzelf: {role}" "By itself: {role}";
        role_inbox "Postvak in" "Inbox";
        role_sent "Verzonden" "Sent";
        role_drafts "Concepten" "Drafts";
        role_junk "Ongewenst" "Junk";
        role_trash "Prullenbak" "Trash";
        role_archive "Archief" "Archive";
        role_none "Gewone map" "Ordinary folder";

        // Owners.
        owners_why "Wie de mailbox mag lezen ziet alle mail die er binnenkomt. Alleen wie hier staat heeft toegang; een link met een contact geeft die niet." "Who may read the mailbox sees all mail that comes in. Only who is ticked here has access; a link with a contact gives none.";
        who "Wie" "Who";
        may_read "Lezen" "Read";
        may_send "Verzenden" "Send";
        may_manage "Beheren" "Manage";
        right_of(right, name) "{right}: {name}" "{right}: {name}";
        members(count) "Groep van {count}|Groep van {count}" "Group of {count}|Group of {count}";

        // Sending.
        cannot_send "Deze mailbox verzendt niet" "This mailbox does not send";
        cannot_send_why "Vul onder Server in hoe hij verzendt." "Fill in under Server how it sends.";
        limits "Grenzen" "Limits";
        limits_why "Leeg: wat de provider toestaat. Wat te veel is wacht in het postvak uit en gaat vanzelf weg." "Empty: what the provider allows. What is too much waits in the outbox and leaves by itself.";
        per_minute "Berichten per minuut" "Messages a minute";
        per_day "Berichten per dag" "Messages a day";
        connections "Verbindingen tegelijk" "Connections at a time";
        per_connection "Berichten per verbinding" "Messages over one connection";
        bcc "Kopie van alles (BCC)" "Copy of everything (BCC)";
        bcc_hint "Dit adres krijgt van elk verzonden bericht een kopie, zonder dat ontvangers dat zien. Leeg: niemand." "This address gets a copy of every message sent, unseen by the recipients. Empty: nobody.";
        look "Opmaak van brieven" "How letters look";
        look_why "Voor wat hier geschreven wordt vanuit deze mailbox. Mail die een programma aanlevert gaat zoals hij is." "For what is written here from this mailbox. Mail that a program hands in leaves as it is.";
        font "Lettertype" "Font";
        font_size "Lettergrootte" "Size of the letters";
        no_font "Geen voorkeur" "No preference";
        points(number) "{number} punten" "{number} points";
        signature "Handtekening" "Signature";
        signature_why "Komt onder elke nieuwe brief en boven wat u citeert. Leeg: geen." "Stands below each new letter and above what you quote. Empty: none.";
        sent_copy "Kopie in Verzonden" "Copy in the sent folder";
        copy_unknown "Dat blijkt bij het eerste bericht: eerst kijkt Postkamer of de provider zelf een kopie bewaart." "The first message will show: Postkamer first looks whether the provider keeps a copy by itself.";
        copy_provider "De provider bewaart zelf een kopie." "The provider keeps a copy by itself.";
        copy_here "Een POP3-server heeft geen map Verzonden: de kopie staat alleen hier." "A POP3 server has no sent folder: the copy is here only.";
        copy_ours "Postkamer zet een kopie in de map Verzonden." "Postkamer puts a copy into the sent folder.";

        // Linking.
        never_link "Nooit koppelen" "Never link";
        never_link_hint "Een adres of domein per regel. Mail van en aan deze adressen komt niet bij een contact of dossier te staan. Zet hier uw eigen domein." "One address or domain a line. Mail from and to these does not appear with a contact or dossier. Put your own domain here.";
        wrong_lines "Deze regels kloppen niet:" "These lines are not right:";
        try_title "Probeer een adres" "Try an address";
        try_address "Adres om te proberen" "Address to try";
        try_it "Proberen" "Try";
        not_an_address "Dit is geen e-mailadres." "This is not an e-mail address.";
        is_linked(address) "Mail van {address} wordt gekoppeld aan het contact met dit adres, en aan de dossiers daarvan." "Mail from {address} is linked to the contact with this address, and to its dossiers.";
        is_own(address) "{address} is het adres van deze mailbox zelf, en wordt daarom niet gekoppeld." "{address} is the address of this mailbox itself, and is not linked for that reason.";
        is_left_out(address, line) "Mail van {address} wordt niet gekoppeld, vanwege de regel {line}." "Mail from {address} is not linked, because of the line {line}.";
        confidential "Vertrouwelijke mail" "Confidential mail";
        confidential_why "Of mail aan u of van u privé is, kiest u zelf onder uw eigen naam. Privémail is alleen te zien voor wie in de mail genoemd wordt en voor wie deze mailbox beheert." "Whether mail to you or from you is private is your own choice, under your own name. Private mail is seen only by those named in it and by those who manage this mailbox.";

        // Other devices.
        devices_why "Met deze gegevens stelt u dezelfde mailbox in op een telefoon, laptop of in een ander mailprogramma. Het wachtwoord is dat van de mailbox zelf; het staat hier niet." "With these you set up the same mailbox on a telephone, a laptop or in another mail program. The password is the mailbox's own; it is not shown here.";
        device_incoming "Ontvangen (IMAP)" "Receiving (IMAP)";
        device_pop3 "Ontvangen (POP3)" "Receiving (POP3)";
        device_outgoing "Verzenden (SMTP)" "Sending (SMTP)";
        direction "Richting" "Direction";
        files "Kant-en-klaar" "Ready to use";
        file_apple "iPhone, iPad en Mac" "iPhone, iPad and Mac";
        file_apple_hint "Open het profiel op het apparaat; Instellingen vraagt of het geïnstalleerd mag worden." "Open the profile on the device; Settings asks whether to install it.";
        file_apple_get "Apple-profiel ophalen" "Get the Apple profile";
        file_mozilla "Thunderbird en andere" "Thunderbird and others";
        file_mozilla_hint "Zet dit bestand op autoconfig. voor uw domein, dan vinden mailprogramma's alles vanzelf." "Put this file at autoconfig. before your domain, and mail programs find everything by themselves.";
        file_mozilla_get "Autoconfig-bestand ophalen" "Get the autoconfig file";
        file_outlook "Outlook" "Outlook";
        file_outlook_hint "Zet dit bestand op autodiscover. voor uw domein, dan vindt Outlook alles vanzelf." "Put this file at autodiscover. before your domain, and Outlook finds everything by itself.";
        file_outlook_get "Autodiscover-bestand ophalen" "Get the autodiscover file";
        by_code "Met een telefoon" "With a telephone";
        by_code_why "Richt de camera op de code om deze pagina op de telefoon te openen." "Point the camera at the code to open this page on the telephone.";
        code_label(address) "QR-code met het adres {address}" "QR code with the address {address}";
        no_devices "Nog niets om door te geven" "Nothing to pass on yet";
        no_devices_why "Vul onder Server in hoe deze mailbox ontvangt en verzendt." "Fill in under Server how this mailbox receives and sends.";
        profile_description "Stelt deze mailbox in. Het wachtwoord wordt bij het installeren gevraagd." "Sets up this mailbox. The password is asked when it is installed.";

        // History.
        health_title "Gezondheid in de laatste 30 dagen" "Health in the last 30 days";
        worked(share) "Werkte {share} van de tijd." "Worked {share} of the time.";
        long_ago "30 dagen geleden" "30 days ago";
        now "nu" "now";
        chart_label "Gezondheid van de mailbox, van oud naar nieuw" "Health of the mailbox, from old to new";
        turns_title "Wanneer het veranderde" "When it changed";
        nothing_happened "Er is nog niets gebeurd" "Nothing has happened yet";
        nothing_happened_why "Storingen en herstel komen hier te staan." "Trouble and recovery appear here.";
        deeds_title "Wie wat veranderde" "Who changed what";
        no_deeds "Nog niemand heeft iets veranderd." "Nobody has changed anything yet.";
        the_program "Postkamer" "Postkamer";
        somebody "Iemand die er niet meer is" "Somebody who is gone";
        did_create "verbond de mailbox" "connected the mailbox";
        did_save "bewaarde de mailbox opnieuw" "saved the mailbox again";
        did_change(fields) "veranderde: {fields}" "changed: {fields}";
        did_owners "veranderde de eigenaren" "changed the owners";
        did_folders "koos waar de mappen voor zijn" "chose what the folders are for";
        f_display_name "weergavenaam" "display name";
        f_address "adres" "address";
        f_active "in gebruik" "in use";
        f_primary "primair" "primary";
        f_incoming "ontvangen" "receiving";
        f_outgoing "verzenden" "sending";
        f_secret "wachtwoord" "password";
        f_interval "wanneer opgehaald" "when fetched";
        f_disable_after "stoppen na fouten" "stop after errors";
        f_since "ophalen vanaf" "fetch since";
        f_bcc "kopie van alles" "copy of everything";
        f_never_link "nooit koppelen" "never link";
        f_encryption "versleuteling" "encryption";
        f_limits "grenzen" "limits";
        f_font "lettertype" "font";
        f_signature "handtekening" "signature";
        f_owners "eigenaren" "owners";
    }
}
