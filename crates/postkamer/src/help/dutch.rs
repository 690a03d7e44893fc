//! The help of every command and option in Dutch, by its English text; a test walks them all.

/// English, Dutch.
pub(super) const HELP: &[(&str, &str)] = &[
    (
        "The mail room: connects the mailboxes an organisation already owns to its daily work",
        "De postkamer: verbindt de mailboxen die een organisatie al heeft met haar dagelijkse werk",
    ),
    ("Run everything, or with --role a part of it", "Alles draaien, of met --role een deel ervan"),
    ("Make the first organisation and its administrator", "De eerste organisatie en haar beheerder maken"),
    (
        "Make an API token; it stands alone on the last line, once",
        "Een API-token maken; het staat alleen op de laatste regel, één keer",
    ),
    ("Serve a sample organisation to look around in", "Een voorbeeldorganisatie draaien om in rond te kijken"),
    (
        "Find the settings for an address, and say where they come from",
        "De instellingen voor een adres zoeken, en zeggen waar ze vandaan komen",
    ),
    ("Fetch once, without a running server", "Eén keer ophalen, zonder draaiende server"),
    (
        "Open a mailbox with a code that its owner types on another device",
        "Een mailbox openen met een code die de eigenaar op een ander apparaat typt",
    ),
    ("Fetch mail from a moment on that was never received", "Mail vanaf een moment ophalen die nooit is ontvangen"),
    ("Bring mbox, Maildir or .eml files into an account", "Mbox-, Maildir- of .eml-bestanden in een mailbox zetten"),
    (
        "Write an account's mail as mbox, Maildir or .eml files",
        "De mail van een mailbox wegschrijven als mbox-, Maildir- of .eml-bestanden",
    ),
    (
        "Play Microsoft, Google, Exchange and Mailgun on this machine, with faults on request, to try things out",
        "Op deze machine Microsoft, Google, Exchange en Mailgun spelen, met storingen op verzoek, om dingen uit te proberen",
    ),
    ("Where to listen; only on this machine itself", "Waar te luisteren; alleen op deze machine zelf"),
    (
        "Address of a simulator on this machine that stands in for Microsoft, Google and Mailgun",
        "Adres van een simulator op deze machine die voor Microsoft, Google en Mailgun invalt",
    ),
    (
        "Write everything that is known about one person as a zip file",
        "Alles wat over één persoon bekend is wegschrijven als zipbestand",
    ),
    (
        "About whom: an e-mail address, or the id of a contact or user",
        "Over wie: een e-mailadres, of de id van een contact of gebruiker",
    ),
    ("The zip file to write", "Het zipbestand om te schrijven"),
    (
        "Address of the administrator whose rights count: what they may not see is not in it",
        "Adres van de beheerder wiens rechten tellen: wat die niet mag zien staat er niet in",
    ),
    (
        "Erase one person, for good: a contact, or a user who left",
        "Eén persoon voorgoed wissen: een contact, of een gebruiker die wegging",
    ),
    (
        "Whom: an e-mail address, or the id of a contact or user",
        "Wie: een e-mailadres, of de id van een contact of gebruiker",
    ),
    ("What they are called, exactly, to confirm that they are meant", "Hoe die precies heet, ter bevestiging"),
    (
        "The mail that is theirs alone goes too, here and on its server",
        "Ook de mail wissen die alleen van die persoon is, hier en op de mailserver",
    ),
    (
        "Let somebody with this address come again who was erased, and erase nobody",
        "Iemand met dit adres laten terugkomen die gewist was, en niemand wissen",
    ),
    ("Address of the administrator who does it", "Adres van de beheerder die het doet"),
    (
        "Check the installation: database, blobs, keys, clock, ports, free space",
        "De installatie controleren: database, berichtopslag, sleutels, klok, poorten, vrije ruimte",
    ),
    ("Renew the master key and seal every secret anew", "De hoofdsleutel vernieuwen en elk geheim opnieuw verzegelen"),
    (
        "Read one message from standard input, to see whether that kills",
        "Eén bericht van de standaardinvoer lezen, om te zien of dat fataal is",
    ),
    ("Print the completion script for a shell", "Het aanvulscript voor een shell tonen"),
    // What every command takes.
    (
        "Folder with everything Postkamer keeps [default: ./postkamer-data]",
        "Map met alles wat Postkamer bewaart [standaard: ./postkamer-data]",
    ),
    (
        "PostgreSQL URL [default: a SQLite file in the data folder]",
        "URL van PostgreSQL [standaard: een SQLite-bestand in de gegevensmap]",
    ),
    (
        "S3 URL (s3://bucket/prefix?endpoint=...) [default: files in the data folder]",
        "URL van S3 (s3://bucket/prefix?endpoint=...) [standaard: bestanden in de gegevensmap]",
    ),
    (
        "A network that outward connections may go to besides the public internet (repeat, or separate by commas)",
        "Een netwerk waarheen naast het openbare internet verbinding mag worden gemaakt (herhaal, of scheid met komma's)",
    ),
    (
        "Certificates (PEM) of an own authority to trust as well",
        "Certificaten (PEM) van een eigen instantie die ook wordt vertrouwd",
    ),
    (
        "Settings file [default: postkamer.toml in the working folder, if it is there]",
        "Instellingenbestand [standaard: postkamer.toml in de werkmap, als het er is]",
    ),
    (
        "Language of every answer and of this help, nl or en [default: the system's (LC_ALL, LC_MESSAGES, LANG), else English]",
        "Taal van elk antwoord en van deze hulp, nl of en [standaard: die van het systeem (LC_ALL, LC_MESSAGES, LANG), anders Engels]",
    ),
    ("Answer as JSON", "Antwoorden als JSON"),
    ("Print help", "Deze hulp tonen"),
    ("Print version", "De versie tonen"),
    // What one command takes.
    (
        "Where to listen for the page and the API [default: 127.0.0.1:8025]",
        "Waar de pagina en de API te bereiken zijn [standaard: 127.0.0.1:8025]",
    ),
    (
        "Where to take mail in by SMTP, for our own addresses [default: nowhere]",
        "Waar mail voor onze eigen adressen per SMTP binnenkomt [standaard: nergens]",
    ),
    (
        "Certificate chain (PEM) to show there [default: one of our own making]",
        "Certificaatketen (PEM) om daar te tonen [standaard: een zelfgemaakt certificaat]",
    ),
    ("Key (PEM) of that certificate", "Sleutel (PEM) van dat certificaat"),
    (
        "A network whose SMTP connections begin with a PROXY header (repeat, or separate by commas)",
        "Een netwerk waarvan SMTP-verbindingen met een PROXY-kop beginnen (herhaal, of scheid met komma's)",
    ),
    ("Where serve would take mail in by SMTP", "Waar serve per SMTP mail zou aannemen"),
    (
        "Domain of our own addresses, to which mail is forwarded [default: postkamer.localhost]",
        "Domein van onze eigen adressen, waarheen mail wordt doorgestuurd [standaard: postkamer.localhost]",
    ),
    ("Which part to run", "Welk deel er draait"),
    ("Where to listen", "Waar hij te bereiken is"),
    ("Where serve would listen", "Waar serve te bereiken zou zijn"),
    ("Name of the organisation", "Naam van de organisatie"),
    ("E-mail address of the administrator", "E-mailadres van de beheerder"),
    (
        "File whose first line is the administrator's password",
        "Bestand met het wachtwoord van de beheerder op de eerste regel",
    ),
    (
        "Without the temporary mailbox: the organisation's own is connected at once",
        "Zonder de tijdelijke mailbox: die van de organisatie zelf wordt meteen verbonden",
    ),
    (
        "The domains that Postkamer delivers for itself: their records and keys",
        "De domeinen waarvoor Postkamer zelf bezorgt: hun records en sleutels",
    ),
    ("Address of the user whose rights count", "Adres van de gebruiker wiens rechten tellen"),
    ("Every address that Postkamer delivers for itself", "Elk adres waarvoor Postkamer zelf bezorgt"),
    (
        "Make a mailbox that sends by Postkamer itself and receives nothing; says which records its domain needs",
        "Een mailbox maken die via Postkamer zelf verzendt en niets ontvangt; zegt welke records zijn domein nodig heeft",
    ),
    (
        "Look into the DNS: shows the domain when its record is there, and lets keys sign that are published",
        "In de DNS kijken: bevestigt het domein als zijn record er staat, en laat gepubliceerde sleutels ondertekenen",
    ),
    (
        "Make new keys for the domain; the old ones sign until the new ones are published",
        "Nieuwe sleutels voor het domein maken; de oude ondertekenen tot de nieuwe gepubliceerd zijn",
    ),
    ("Choose when new keys are made", "Kiezen wanneer er nieuwe sleutels komen"),
    (
        "Days that keys serve, from 30 to 1095; 0 is to make new ones by hand only",
        "Dagen dat sleutels dienstdoen, van 30 tot en met 1095; 0 is alleen zelf nieuwe maken",
    ),
    ("Whose rights it has", "Wiens rechten het heeft"),
    ("What it is for", "Waarvoor het is"),
    ("What it may do", "Wat het mag"),
    ("The e-mail address", "Het e-mailadres"),
    ("Address of the mailbox", "Adres van de mailbox"),
    ("Every active mailbox", "Elke actieve mailbox"),
    ("From when on, such as 2026-11-02T09:30:00Z", "Vanaf wanneer, zoals 2026-11-02T09:30:00Z"),
    ("Fetch it, too", "Die ook ophalen"),
    (
        "An mbox file, a Maildir, an .eml file, or a folder with any of them",
        "Een mbox-bestand, een Maildir, een .eml-bestand, of een map met zulke bestanden",
    ),
    ("Folder of the mailbox for files that name none", "Map van de mailbox voor bestanden die er geen noemen"),
    ("Folder to write in; made when it is not there", "Map om in te schrijven; wordt gemaakt als ze er niet is"),
    (
        "One mbox file a folder (mboxrd), a Maildir with one file a message, or an .eml file a message",
        "Eén mbox-bestand per map (mboxrd), een Maildir met één bestand per bericht, of één .eml-bestand per bericht",
    ),
    ("Which shell", "Welke shell"),
    // Names of values.
    ("ADDRESS", "ADRES"),
    ("ADDR:PORT", "ADRES:POORT"),
    ("CIDR", "CIDR"),
    ("DAYS", "DAGEN"),
    ("DIR", "MAP"),
    ("DOMAIN", "DOMEIN"),
    ("EMAIL", "E-MAIL"),
    ("FILE", "BESTAND"),
    ("FOLDER", "MAP"),
    ("FORM", "VORM"),
    ("INSTANT", "MOMENT"),
    ("LANGUAGE", "TAAL"),
    ("NAME", "NAAM"),
    ("PATH", "PAD"),
    ("PERSON", "PERSOON"),
    ("ROLE", "DEEL"),
    ("SCOPE", "RECHT"),
    ("SHELL", "SHELL"),
    ("URL", "URL"),
];
