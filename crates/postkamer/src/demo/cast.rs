//! Who and what the sample organisation deals with.

/// A contact: name, address.
pub struct Person {
    /// Full name.
    pub name: &'static str,
    /// Address.
    pub address: &'static str,
}

/// A dossier: its name, its kind, and the contacts in it by their place in [`PEOPLE`].
pub struct File {
    /// Name.
    pub name: &'static str,
    /// Kind.
    pub kind: &'static str,
    /// Contacts.
    pub people: &'static [usize],
}

/// The organisation.
pub const ORGANISATION: &str = "Energiecoöperatie Zonnedorp";
/// The shared mailbox.
pub const INFO: Person = Person { name: "Zonnedorp", address: "info@zonnedorp.example" };
/// The administrator.
pub const ANNA: Person = Person { name: "Anna de Vries", address: "anna@zonnedorp.example" };
/// A member of the staff.
pub const BRAM: Person = Person { name: "Bram Jansen", address: "bram@zonnedorp.example" };

/// Everyone who writes to us.
pub const PEOPLE: &[Person] = &[
    Person { name: "Fatima El Amrani", address: "fatima.elamrani@postduif.example" },
    Person { name: "Jan-Willem van den Berg", address: "jw.vandenberg@kpnmail.example" },
    Person { name: "Sofie Peeters", address: "sofie.peeters@telenet.example" },
    Person { name: "Gemeente Zonnedorp, loket Wonen", address: "wonen@gemeente-zonnedorp.example" },
    Person { name: "Installatiebedrijf Dakzon", address: "planning@dakzon.example" },
    Person { name: "Dirk Claes", address: "dirk@claes-architecten.example" },
    Person { name: "Mevrouw Özgür-Yıldız", address: "n.ozgur@buurtpost.example" },
    Person { name: "Netbeheer Polder", address: "aansluitingen@netbeheerpolder.example" },
    Person { name: "René Lefèvre", address: "rene.lefevre@atelier.example" },
    Person { name: "Basisschool De Regenboog", address: "directie@deregenboog.example" },
    Person { name: "Tjitske Hoekstra", address: "tjitske@hoekstra-frl.example" },
    Person { name: "Boekhouding Cijfer & Zo", address: "facturen@cijferenzo.example" },
    Person { name: "Wouter 't Hart", address: "wouter@thart.example" },
    Person { name: "Lotte Verhoeven", address: "lotte.verhoeven@studentmail.example" },
    Person { name: "VvE Lindehof", address: "bestuur@vvelindehof.example" },
    Person { name: "Karim Bouzid", address: "karim@bouzid-bouw.example" },
    Person { name: "Ingrid Maes", address: "ingrid.maes@vlaanderen.example" },
    Person { name: "Groenfonds Oost", address: "subsidie@groenfondsoost.example" },
    Person { name: "Pieter Smit", address: "p.smit@dorpsraad.example" },
    Person { name: "Emily Carter", address: "emily.carter@windworks.example" },
];

/// The business files.
pub const FILES: &[File] = &[
    File { name: "Zonnedak basisschool De Regenboog", kind: "project", people: &[4, 9, 7] },
    File { name: "Lid 2041: Fatima El Amrani", kind: "lid", people: &[0] },
    File { name: "Lid 1877: Jan-Willem van den Berg", kind: "lid", people: &[1] },
    File { name: "Collectief dak VvE Lindehof", kind: "project", people: &[14, 5, 4] },
    File { name: "Windproject Noorderpolder", kind: "project", people: &[19, 7, 16] },
    File { name: "Subsidie Groenfonds 2026", kind: "subsidie", people: &[17] },
    File { name: "Lid 2310: Sofie Peeters", kind: "lid", people: &[2] },
    File { name: "Vergunning dorpshuis", kind: "vergunning", people: &[3, 18] },
    File { name: "Jaarrekening 2025", kind: "administratie", people: &[11] },
    File { name: "Lid 1450: Tjitske Hoekstra", kind: "lid", people: &[10] },
    File { name: "Verbouwing atelier Lefèvre", kind: "project", people: &[8, 15] },
    File { name: "Buurtbatterij Kanaalstraat", kind: "project", people: &[12, 13, 7] },
];

/// Subjects with what a first mail says, and an answer to it.
pub const TALKS: &[(&str, &str, &str)] = &[
    (
        "Offerte zonnepanelen",
        "Beste mensen,\n\nOp de ledenavond hoorde ik dat jullie dit najaar weer een gezamenlijke inkoop doen. Ons dak ligt op het zuidwesten en is ongeveer 40 m². Kunnen jullie een offerte maken, graag met en zonder thuisbatterij?",
        "Dank voor uw bericht. We plannen volgende week een schouw in en sturen daarna een offerte. Komt dinsdagochtend u uit?",
    ),
    (
        "Vraag over mijn jaarafrekening",
        "Hallo,\n\nOp mijn jaarafrekening staat een bedrag van € 148,20 aan netbeheerkosten. Vorig jaar was dat lager. Is hier een fout gemaakt of klopt dit?",
        "We hebben het nagekeken: het tarief van de netbeheerder is per 1 januari gestegen. In de bijlage staat de berekening per maand.",
    ),
    (
        "Aansluiting wordt verzwaard",
        "Geachte relatie,\n\nUw aanvraag voor verzwaring naar 3 x 63 A is ontvangen. De wachttijd in uw postcodegebied is op dit moment 14 weken.",
        "Dank u wel. Wilt u ons laten weten zodra er een datum bekend is? Onze installateur moet erbij zijn.",
    ),
    (
        "Factuur 2026-0417",
        "Bijgaand ontvangt u onze factuur voor de montage van 22 panelen. Wij verzoeken u het bedrag binnen 30 dagen over te maken.",
        "De factuur is ontvangen en staat klaar voor betaling. Het bestelnummer ontbreekt nog, kunt u dat doorgeven?",
    ),
    (
        "Vertrouwelijk: medische reden voor uitstel",
        "Dit bericht is alleen bestemd voor Anna. Vanwege een opname in het ziekenhuis wil ik de betaling graag drie maanden uitstellen.",
        "Natuurlijk, dat regelen we. Dit blijft tussen ons. Veel beterschap gewenst.",
    ),
    (
        "Opzeggen lidmaatschap",
        "Wij gaan verhuizen naar Gent en willen ons lidmaatschap per 1 maart beëindigen. Wat gebeurt er met onze inleg?",
        "Jammer dat u gaat! De inleg wordt na de algemene vergadering in mei teruggestort. Mogen we uw rekeningnummer controleren?",
    ),
    (
        "Planning montage week 48",
        "Goedemorgen,\n\nDe steiger kan maandag geplaatst worden. Dinsdag en woensdag monteren we, donderdag is de keuring. Is de sleutel van de school op te halen bij de conciërge?",
        "Ja, de conciërge is er vanaf 7.30 uur. Let op: woensdagmiddag is er een schoolvoorstelling, dan graag geen geboor.",
    ),
    (
        "Subsidiebeschikking",
        "Uw aanvraag is toegekend tot een bedrag van € 12.500,-. De voorwaarden vindt u in de bijlage. U dient binnen zes weken te bevestigen.",
        "Wat een goed nieuws. Hierbij bevestigen wij namens het bestuur dat wij de subsidie onder de gestelde voorwaarden aanvaarden.",
    ),
    (
        "Wind farm: grid study",
        "Hi Anna,\n\nPlease find the preliminary grid study attached. The substation can take 8 MW without reinforcement; above that we would need the grid operator to commit in writing.",
        "Thanks Emily. We will discuss this with the grid operator on Thursday and come back to you with their written position.",
    ),
    (
        "Storing omvormer",
        "Mijn omvormer geeft sinds gisteren foutcode 203 en levert niets meer. Het is een installatie uit 2021. Valt dit onder de garantie?",
        "Vervelend! Ja, er zit tien jaar garantie op. We hebben de storing doorgezet naar de installateur; die belt u vandaag nog.",
    ),
    (
        "Agenda algemene ledenvergadering",
        "Beste bestuursleden,\n\nHierbij de conceptagenda voor de vergadering van 14 mei. Graag uiterlijk vrijdag reageren, dan kan de uitnodiging de deur uit.",
        "Twee aanvullingen: de buurtbatterij als apart punt, en graag een kwartier voor de rondvraag.",
    ),
    (
        "Parkeren tijdens de werkzaamheden",
        "Hoe zit het met parkeren in de straat als de hoogwerker er staat? Ik ben slecht ter been en kan niet ver lopen.",
        "We houden een plek voor uw deur vrij. Bram komt u er woensdag even persoonlijk over spreken.",
    ),
];
