//! What can be wrong with a field of the input, and the warnings that refuse nothing.

use super::{Text, text};

/// A code for programs with its words.
pub type Why = (&'static str, Text);

macro_rules! reasons {
    ($($(#[$doc:meta])* $name:ident $code:literal $nl:literal / $en:literal;)*) => {
        $($(#[$doc])* pub const $name: Why = ($code, text($nl, $en));)*
        /// Every reason there is.
        pub const ALL: &[Why] = &[$($name),*];
    };
}

reasons! {
    /// Nothing was filled in.
    REQUIRED "required" "Vul dit veld in." / "Fill in this field.";
    /// No e-mail address.
    NOT_AN_ADDRESS "not_an_address" "Dit is geen e-mailadres." / "This is not an e-mail address.";
    /// No name or number of a server.
    NOT_A_HOST "not_a_host" "Dit is geen servernaam: gebruik alleen de naam, zonder https:// en zonder pad." / "This is not a server name: use only the name, without https:// and without a path.";
    /// No port.
    NOT_A_PORT "not_a_port" "Een poort is een getal van 1 tot en met 65535." / "A port is a number from 1 to 65535.";
    /// No app registered at the provider.
    APP_NEEDED "app_needed" "Uw organisatie heeft bij deze provider nog geen app geregistreerd. Een beheerder doet dat eenmalig, bij Instellingen, Aansluitingen." / "Your organisation has not registered an app at this provider yet. An administrator does so once, at Settings, Connections.";
    /// A mailbox in Microsoft's cloud.
    USE_MICROSOFT365 "use_microsoft365" "Deze mailbox staat bij Microsoft in de cloud: daar is Exchange Web Services uitgezet. Verbind hem met Microsoft 365." / "This mailbox is in Microsoft's cloud, where Exchange Web Services is switched off. Connect it through Microsoft 365.";
    /// Autodiscover came to nothing.
    NO_EXCHANGE_FOUND "no_exchange_found" "Bij het domein van dit adres is geen Exchange-server gevonden. Vul het adres van de server in, zoals mail.voorbeeld.nl." / "No Exchange server was found at the domain of this address. Fill in the server's address, like mail.example.com.";
    /// Not a mailbox of that provider.
    NOT_BY_GRANT "not_by_grant" "Deze mailbox wordt niet door autoriseren geopend, maar met een wachtwoord of door de app van uw organisatie." / "This mailbox is not opened by authorising it, but with a password or by your organisation's app.";
    /// No code for another device.
    BROWSER_ONLY "browser_only" "Deze provider opent een mailbox niet met een code op een ander apparaat. Open Postkamer in een browser en kies bij de mailbox Autoriseren." / "This provider does not open a mailbox with a code on another device. Open Postkamer in a browser and choose Authorise at the mailbox.";
    /// No tenant.
    NOT_A_TENANT "not_a_tenant" "Vul het tenant-ID of een domein van uw organisatie in, zoals voorbeeld.nl; niet common." / "Enter the tenant ID or a domain of your organisation, like example.com; not common.";
    /// A tenant where apps have none.
    NO_TENANT_HERE "no_tenant_here" "Bij deze provider hoort bij een app geen tenant. Laat dit leeg." / "At this provider an app has no tenant. Leave this empty.";
    /// Access of an app that has none.
    APP_NOT_ALONE "app_not_alone" "De app van uw organisatie opent geen mailboxen zelf. Een beheerder kan dat aanzetten bij Instellingen, Aansluitingen." / "Your organisation's app does not open mailboxes by itself. An administrator can switch that on at Settings, Connections.";
    /// Consent at a service account.
    APP_ONLY_ALONE "app_only_alone" "Het serviceaccount opent mailboxen zelf; een eigenaar kan daar geen toestemming geven." / "The service account opens mailboxes by itself; an owner can't give consent there.";
    /// Authorising where owners can't agree any more.
    BY_SERVICE_ACCOUNT "by_service_account" "Uw organisatie gebruikt bij deze provider een serviceaccount. Dat opent mailboxen zelf, en een eigenaar kan niet meer autoriseren. Kies bij de mailbox, op het tabblad Server, dat de app hem opent." / "Your organisation uses a service account at this provider. It opens mailboxes by itself, and an owner can no longer authorise one. Choose at the mailbox, on the Server tab, that the app opens it.";
    /// An Exchange server in the house is opened by the grant of a mailbox's owner, and in no other way.
    OWN_SERVER_BY_OWNER "own_server_by_owner" "Een Exchange-server in huis neemt alleen een token aan dat de eigenaar van de mailbox geeft: kies own." / "An Exchange server in the house only takes a token that the mailbox's owner gives: choose own.";
    /// Sharing elsewhere.
    NOT_SHARED_THERE "not_shared_there" "Gedeelde mailboxen zijn er alleen bij Microsoft 365." / "There are shared mailboxes at Microsoft 365 only.";
    /// The provider was silent.
    NO_ANSWER_YET "no_answer_yet" "De provider antwoordt nu niet, zodat niet te zien is of de app deze mailbox mag openen. Probeer het over een minuut opnieuw." / "The provider does not answer now, so that nobody can tell whether the app may open this mailbox. Try again in a minute.";
    /// Several proofs at once.
    ONE_PROOF "one_proof" "Vul één bewijs in: een geheim of een certificaat of een sleutelbestand." / "Fill in one proof: a secret or a certificate or a key file.";
    /// A proof of another provider.
    NOT_AT_THIS_PROVIDER "not_at_this_provider" "Dit hoort bij een andere provider. Laat het leeg." / "This belongs to another provider. Leave it empty.";
    /// A key without a certificate.
    NO_CERTIFICATE "no_certificate" "Hier staat geen certificaat in. Plak het certificaat en de sleutel samen, als PEM (regels met BEGIN CERTIFICATE)." / "There is no certificate in this. Paste the certificate and its key together, as PEM (lines with BEGIN CERTIFICATE).";
    /// A certificate without a key.
    NO_PRIVATE_KEY "no_private_key" "Hier staat geen bruikbare RSA-sleutel in. Plak het certificaat en de sleutel samen, als PEM (regels met BEGIN PRIVATE KEY)." / "There is no usable RSA key in this. Paste the certificate and its key together, as PEM (lines with BEGIN PRIVATE KEY).";
    /// A locked key.
    KEY_LOCKED "key_locked" "De sleutel is met een wachtwoord vergrendeld. Ontgrendel hem eerst, bijvoorbeeld met: openssl pkey -in sleutel.pem." / "The key is locked with a password. Unlock it first, for example with: openssl pkey -in key.pem.";
    /// A key of another certificate.
    OTHER_KEY "other_key" "De sleutel hoort niet bij dit certificaat." / "The key does not belong to this certificate.";
    /// A certificate that is over.
    CERTIFICATE_ENDED "certificate_ended" "Dit certificaat is verlopen. Maak een nieuw." / "This certificate has ended. Make a new one.";
    /// No key file.
    NO_KEY_FILE "no_key_file" "Dit is niet het sleutelbestand van een serviceaccount. Maak in Google Cloud bij het serviceaccount een sleutel van het type JSON en plak het hele bestand." / "This is not the key file of a service account. Make a key of type JSON at the service account in Google Cloud and paste the whole file.";
    /// Access without a service account.
    SERVICE_ACCOUNT_NEEDED "service_account_needed" "Bij Google opent alleen een serviceaccount mailboxen zelf. Vul het sleutelbestand in." / "At Google only a service account opens mailboxes by itself. Fill in its key file.";
    /// No name of a subscription.
    NOT_A_SUBSCRIPTION "not_a_subscription" "Dit is geen abonnement van Pub/Sub: het ziet eruit als projects/uw-project/subscriptions/postkamer." / "This is no subscription of Pub/Sub: it looks like projects/your-project/subscriptions/postkamer.";
    /// Google knows no such subscription.
    NO_SUBSCRIPTION "no_subscription" "Google kent dit abonnement niet. Neem de volledige naam over van de pagina van het abonnement." / "Google does not know this subscription. Copy its full name from the page of the subscription.";
    /// It is not open to the service account.
    SUBSCRIPTION_CLOSED "subscription_closed" "Het serviceaccount mag dit abonnement niet lezen. Geef het bij het abonnement de rol Pub/Sub Subscriber, en zet in het project de Cloud Pub/Sub API aan." / "The service account may not read this subscription. Give it the role Pub/Sub Subscriber at the subscription, and switch on the Cloud Pub/Sub API in the project.";
    /// Google does not take the key.
    KEY_REFUSED "key_refused" "Google weigert deze sleutel. Maak bij het serviceaccount een nieuwe." / "Google refuses this key. Make a new one at the service account.";
    /// No name of a topic.
    NOT_A_TOPIC "not_a_topic" "Dit is geen onderwerp van Pub/Sub: het ziet eruit als projects/uw-project/topics/postkamer." / "This is no topic of Pub/Sub: it looks like projects/your-project/topics/postkamer.";
    /// Two providers at once.
    ONE_PROVIDER "one_provider" "Ontvangen en verzenden gaan bij deze mailbox door één provider. Kies voor beide dezelfde." / "Receiving and sending go through one provider for this mailbox. Choose the same for both.";
    /// A kind that doesn't exist.
    UNKNOWN_KIND "unknown_kind" "Deze soort bestaat niet." / "There is no such kind.";
    /// Plain text without leave.
    PLAINTEXT_REFUSED "plaintext_refused" "Zonder versleuteling gaat het wachtwoord leesbaar over de lijn. Alleen een beheerder kan dit toestaan, en alleen voor een server in een toegestaan netwerk." / "Without encryption the password can be read on the way. Only an administrator can allow this, and only for a server in an allowed network.";
    /// Only an administrator may.
    ADMINISTRATOR_ONLY "administrator_only" "Alleen een beheerder mag dit." / "Only an administrator may do this.";
    /// NUL, CR or LF in a secret.
    SECRET_CONTROL "secret_control" "Een wachtwoord kan geen regeleinde of NUL bevatten." / "A password can't have a line break or NUL in it.";
    /// A line break in what becomes a header.
    LINE_BREAK "line_break" "Dit veld kan geen regeleinde of stuurteken bevatten." / "This field can't have a line break or control character in it.";
    /// Too long.
    TOO_LONG "too_long" "Dit is te lang." / "This is too long.";
    /// What should be a day is none.
    NO_DAY "no_day" "Dit is geen dag. Schrijf hem als 2026-01-31." / "This is no day. Write it as 2026-01-31.";
    /// A limit that lets nothing out, or none at all.
    NOT_A_LIMIT "not_a_limit" "Kies een getal van 1 af: hoogstens 1000 verbindingen, een miljoen berichten per verbinding of per minuut, en honderd miljoen per dag. Laat dit leeg om alleen de grenzen van de provider te volgen." / "Choose a number from 1 on: at most 1000 connections, a million messages over one connection or a minute, and a hundred million a day. Leave this empty to follow the provider's own limits alone.";
    /// Days of mail that stays, or that goes at once.
    NO_DAYS_HERE "no_days_here" "Een aantal dagen hoort alleen bij delete_after. Laat days weg, of kies delete_after." / "A number of days goes with delete_after alone. Leave days out, or choose delete_after.";
    /// Outside what is possible.
    OUT_OF_RANGE "out_of_range" "Deze waarde ligt buiten wat mogelijk is." / "This value is outside what is possible.";
    /// The address of a mailbox is what it is.
    ADDRESS_FIXED "address_in_use_by_mail" "Een mailbox die mail bevat kan geen ander adres krijgen. Maak een nieuwe mailbox voor het andere adres." / "A mailbox that holds mail can't be given another address. Make a new mailbox for the other address.";
    /// The server of a mailbox with mail answers for another mailbox.
    ACCOUNT_FIXED "account_fixed" "Deze gebruikersnaam hoort bij een andere mailbox, en deze mailbox bevat al mail. Maak een nieuwe mailbox aan." / "This user name belongs to another mailbox, and this mailbox holds mail already. Make a new mailbox.";
    /// Another kind of server for mail that lies with the former kind.
    KIND_FIXED "kind_fixed" "Deze mailbox bevat al mail, en die ligt bij de ene manier op de server en bij de andere in mappen van Postkamer. Maak voor de andere manier een nieuwe mailbox aan." / "This mailbox holds mail already, which lies on the server with the one manner and in folders of Postkamer with the other. Make a new mailbox for the other manner.";
    /// A name that the mail server keeps for itself.
    RESERVED_ADDRESS "reserved_address" "Dit adres houdt de mailserver voor zichzelf. Kies een ander." / "The mail server keeps this address for itself. Choose another one.";
    /// The server answers with another mailbox.
    OTHER_MAILBOX "other_account" "Deze server antwoordt met een andere mailbox: de mail die hier staat is daar niet te vinden. Laat de vorige server en gebruikersnaam staan, of maak voor de andere mailbox een nieuwe aan. Is de mailbox verhuisd, zet dan eerst de oude mail over." / "This server answers with another mailbox: the mail that is here is not to be found there. Leave the former server and user name, or make a new mailbox for the other one. If the mailbox was moved, bring the old mail over first.";
    /// Another mailbox has that address.
    ADDRESS_TAKEN "address_taken" "Er is al een mailbox met dit adres." / "There is a mailbox with this address already.";
    /// Two people at once.
    CHANGED_MEANWHILE "changed_meanwhile" "Iemand anders heeft deze mailbox intussen opgeslagen. Bekijk hem opnieuw." / "Somebody else saved this mailbox in the meantime. Look at it again.";
    /// It holds mail.
    HOLDS_MAIL "holds_mail" "Een mailbox die mail bevat kan niet worden verwijderd, alleen op inactief gezet." / "A mailbox that holds mail can't be deleted, only set inactive.";
    /// It is the primary one.
    PRIMARY_NEEDED "is_primary" "Er moet een primaire mailbox zijn. Maak eerst een andere mailbox primair." / "There must be a primary mailbox. Make another mailbox primary first.";
    /// Nobody may manage it any more.
    MANAGER_NEEDED "manager_needed" "Minstens een eigenaar moet de mailbox kunnen beheren." / "At least one owner must be able to manage the mailbox.";
    /// A group whose end would leave a mailbox without a manager.
    GROUP_MANAGES_ALONE "group_manages_alone" "Zonder deze groep heeft een mailbox geen eigenaar meer die hem mag beheren. Geef die mailbox eerst een andere eigenaar met het recht Beheren." / "Without this group a mailbox has no owner left who may manage it. First give that mailbox another owner with the right to manage.";
    /// Somebody whose end would leave a mailbox without a manager.
    MANAGES_ALONE "manages_alone" "Deze gebruiker beheert als enige een mailbox. Geef die mailbox eerst een andere eigenaar met het recht Beheren, of verwijder hem." / "This user alone manages a mailbox. First give that mailbox another owner with the right to manage, or remove it.";
    /// Mail to somebody who is to be erased is still on its way.
    MAIL_WAITS "mail_waits" "Er staat nog mail aan deze persoon in de postuit, of het is onzeker of die aankwam. Laat die gaan of neem die terug, en probeer het dan opnieuw." / "Mail to this person is still in the outbox, or nobody knows whether it arrived. Let it go or take it back, and try again.";
    /// Erasing oneself.
    YOURSELF "yourself" "U kunt uzelf niet wissen. Vraag een andere beheerder." / "You can't erase yourself. Ask another administrator.";
    /// Another name was typed than that of the person.
    NAME_DIFFERS "name_differs" "Typ de naam precies zoals die hier staat." / "Type the name exactly as it stands here.";
    /// Somebody who was erased comes in again.
    ERASED "erased" "Deze persoon is op verzoek gewist. Een beheerder kan toestaan dat die terugkomt." / "This person was erased at somebody's request. An administrator can let them come again.";
    /// Neither a user nor a group.
    OWNER_UNCLEAR "owner_unclear" "Noem een gebruiker of een groep." / "Name a user or a group.";
    /// No such thing.
    UNKNOWN "unknown" "Dit bestaat niet." / "This does not exist.";
    /// No folder of that account.
    UNKNOWN_FOLDER "unknown_folder" "Deze map hoort niet bij deze mailbox." / "This folder does not belong to this mailbox.";
    /// No such right.
    UNKNOWN_RIGHT "unknown_right" "De rechten zijn read, send en manage." / "The rights are read, send and manage.";
    /// No such role.
    UNKNOWN_ROLE "unknown_role" "Deze rol bestaat niet." / "There is no such role.";
    /// The sender may not be used.
    SENDER_REFUSED "sender_refused" "Met dit afzenderadres mag vanuit deze mailbox niet worden verzonden." / "Mail can't be sent from this mailbox with that sender.";
    /// No right to send.
    NO_RIGHT_TO_SEND "no_right_to_send" "U mag vanuit deze mailbox niet verzenden." / "You may not send from this mailbox.";
    /// No right to manage.
    NO_RIGHT_TO_MANAGE "no_right_to_manage" "U mag deze mailbox niet beheren." / "You may not manage this mailbox.";
    /// The mailbox can't send.
    CANNOT_SEND "cannot_send" "Deze mailbox kan niet verzenden: er is geen uitgaande server." / "This mailbox can't send: it has no outgoing server.";
    /// Nobody showed that the address is theirs.
    SENDER_UNPROVEN "sender_unproven" "Er is nog niet aangetoond dat dit adres van uw organisatie is. Bevestig het met een code of in de DNS, op het tabblad Afzender van de mailbox." / "It was not shown yet that this address is your organisation's. Confirm it with a code or in the DNS, on the tab Sender of the mailbox.";
    /// Another way out than our own hand.
    NOT_BUILTIN "not_builtin" "Deze mailbox verzendt niet via Postkamer zelf." / "This mailbox does not send by Postkamer itself.";
    /// The code is not the one.
    SENDER_CODE_WRONG "sender_code_wrong" "Deze code klopt niet. Neem de code uit de laatste brief over." / "This code is not right. Copy the code from the last letter.";
    /// How old keys may become.
    NOT_AN_AGE_OF_KEYS "not_an_age_of_keys" "Kies een aantal dagen van 30 tot en met 1095, of niets om alleen zelf nieuwe sleutels te maken." / "Choose a number of days from 30 to 1095, or nothing to make new keys by hand only.";
    /// There is no code to try.
    CODE_ENDED "code_ended" "Er is geen code meer om te proberen: hij is verlopen of te vaak verkeerd ingevuld. Vraag een nieuwe." / "There is no code left to try: it has ended or was entered wrongly too often. Ask for a new one.";
    /// Too many codes.
    CODE_TOO_MANY "code_too_many" "Er zijn al drie codes verzonden dit uur. Probeer het over een uur opnieuw." / "Three codes were sent this hour already. Try again in an hour.";
    /// The letter with the code did not go.
    CODE_NOT_SENT "code_not_sent" "De brief met de code kon niet worden bezorgd." / "The letter with the code could not be delivered.";
    /// The mailbox can't receive.
    CANNOT_RECEIVE "cannot_receive" "Deze mailbox kan niet ontvangen: er is geen inkomende server." / "This mailbox can't receive: it has no incoming server.";
    /// Switched off.
    INACTIVE "inactive" "Deze mailbox is niet actief." / "This mailbox is not active.";
    /// Parked until a person acts.
    WAITS_FOR_PERSON "waits_for_person" "Deze mailbox wacht op u: verhelp eerst wat er mis is en test hem opnieuw." / "This mailbox waits for you: first mend what is wrong and test it again.";
    /// Nobody to send to.
    NO_RECIPIENT "no_recipient" "Noem minstens een ontvanger." / "Name at least one recipient.";
    /// Too many of something.
    TOO_MANY "too_many" "Dit zijn er te veel." / "These are too many.";
    /// Not base64.
    NOT_BASE64 "not_base64" "De inhoud van deze bijlage is geen base64." / "The content of this attachment is not base64.";
    /// Over the limit.
    TOO_LARGE "message_too_large" "Het bericht is met zijn bijlagen te groot om te verzenden." / "With its attachments the message is too large to send.";
    /// A hole without a value.
    VALUE_MISSING "value_missing" "Het sjabloon vraagt een waarde die ontbreekt." / "The template asks for a value that is missing.";
    /// The key was used for another body.
    KEY_REUSED "idempotency_key_reused" "Deze sleutel is al gebruikt voor een ander verzoek." / "This key was already used for another request.";
    /// It has begun.
    ALREADY_BEGUN "already_begun" "Het verzenden is al begonnen; terughalen kan niet meer." / "Sending has begun; it can't be taken back any more.";
    /// A draft that somebody has open in two places.
    DRAFT_CHANGED "draft_changed" "Dit concept is intussen ergens anders bewaard." / "This draft was saved somewhere else in the meantime.";
    /// A draft that is on its way.
    DRAFT_SENT "draft_sent" "Dit concept is al aangeboden voor verzending." / "This draft was handed over for sending already.";
    /// Sent, so that there is nothing to correct.
    NOTHING_TO_CORRECT "nothing_to_correct" "Deze mail is al bij de ontvanger afgeleverd of onderweg; er is niets te verbeteren." / "This mail was sent or is on its way; there is nothing to correct.";
    /// Nobody holds it, and it does not wait for a try.
    NOT_HELD "not_held" "Deze mail wordt niet vastgehouden en wacht niet op een nieuwe poging." / "This mail is not held and does not wait for its next try.";
    /// It isn't uncertain.
    NOT_UNCERTAIN "not_uncertain" "Over deze mail bestaat geen twijfel." / "There is no doubt about this mail.";
    /// Another server is named without the secret.
    SECRET_FOR_NEW_HOST "secret_for_new_host" "De server is een andere: vul het wachtwoord opnieuw in." / "The server is another one: enter the password again.";
    /// A password that is too short.
    PASSWORD_SHORT "password_short" "Kies een wachtwoord van minstens 15 tekens; een zin mag ook." / "Choose a password of at least 15 characters; a sentence will do.";
    /// A password that is too short even with a second factor.
    PASSWORD_SHORT_WITH_FACTOR "password_too_short" "Kies een wachtwoord van minstens 12 tekens; een zin mag ook." / "Choose a password of at least 12 characters; a sentence will do.";
    /// A password that is too long.
    PASSWORD_LONG "password_long" "Een wachtwoord heeft hooguit 256 tekens." / "A password has at most 256 characters.";
    /// A password that others guess first.
    PASSWORD_COMMON "password_common" "Dit wachtwoord is te makkelijk te raden: het bestaat vooral uit veelgebruikte woorden." / "This password is too easy to guess: it is mostly common words.";
    /// A password of keys in a row.
    PASSWORD_KEYS "password_keys" "Dit wachtwoord is een rij toetsen op het toetsenbord." / "This password is a row of keys on the keyboard.";
    /// A password that can't be typed.
    PASSWORD_UNPRINTABLE "password_unprintable" "Gebruik alleen tekens die u kunt typen." / "Use only characters that you can type.";
    /// A password with names in it.
    PASSWORD_NAMES "password_names" "Gebruik niet uw naam, uw e-mailadres of de naam van de organisatie als wachtwoord." / "Don't use your name, your e-mail address or the organisation's name as a password.";
    /// A password with few different characters.
    PASSWORD_VARIETY "password_variety" "Gebruik minstens vijf verschillende tekens." / "Use at least five different characters.";
    /// The old password is wrong.
    PASSWORD_WRONG "password_wrong" "Het huidige wachtwoord klopt niet." / "The present password is not right.";
    /// Address and password don't belong together; the same for an address that nobody has.
    SIGN_IN_REFUSED "sign_in_refused" "Dit e-mailadres en wachtwoord horen niet bij elkaar." / "This e-mail address and password don't belong together.";
    /// Neither a code of the authenticator nor a recovery code.
    CODE_WRONG "code_wrong" "Deze code klopt niet, of is al gebruikt. Wacht op de volgende code van uw app." / "This code is not right, or was used already. Wait for the next code of your app.";
    /// The sign-in took too long, or was ended.
    SIGN_IN_EXPIRED "sign_in_expired" "Het aanmelden duurde te lang. Begin opnieuw met uw wachtwoord." / "Signing in took too long. Begin again with your password.";
    /// There is one already.
    SECOND_FACTOR_PRESENT "second_factor_present" "Er is al een tweede factor. Verwijder die eerst." / "There is a second factor already. Remove it first.";
    /// There is none.
    SECOND_FACTOR_ABSENT "second_factor_absent" "Er is geen tweede factor." / "There is no second factor.";
    /// Without the second factor the password is too short.
    SECOND_FACTOR_CARRIES "second_factor_carries" "Uw wachtwoord is te kort om zonder tweede factor aan te melden. Kies eerst een langer wachtwoord." / "Your password is too short to sign in with alone. Choose a longer password first.";
    /// The organisation asks one.
    SECOND_FACTOR_DEMANDED "second_factor_demanded" "Beheerders van deze organisatie moeten een tweede factor hebben." / "Administrators of this organisation must have a second factor.";
    /// The organisation asks one, and there is none: nothing else comes first.
    SECOND_FACTOR_OWED "second_factor_owed" "Neem eerst een tweede factor: uw organisatie vraagt die van beheerders." / "Take a second factor first: your organisation asks it of administrators.";
    /// Who asks it of others begins with it.
    SECOND_FACTOR_FIRST "second_factor_first" "Neem eerst zelf een tweede factor, bij uw eigen gegevens." / "Take a second factor yourself first, on your own page.";
    /// A link that was used or is too old.
    LINK_EXPIRED "link_expired" "Deze link is al gebruikt of verlopen. Vraag een nieuwe aan." / "This link was used or has expired. Ask for a new one.";
    /// Someone has it already.
    EMAIL_TAKEN "email_taken" "Er is al een gebruiker met dit e-mailadres." / "There is a user with this e-mail address already.";
    /// The business software has another by that id.
    EXTERNAL_TAKEN "external_taken" "Er is er al een met dit id van de bedrijfssoftware." / "There is another with this id of the business software.";
    /// No user of the organisation.
    UNKNOWN_USER "unknown_user" "Deze gebruiker bestaat niet (meer)." / "There is no such user (any more).";
    /// No contact of the organisation.
    UNKNOWN_CONTACT "unknown_contact" "Een van deze contacten bestaat niet (meer)." / "One of these contacts does not exist (any more).";
    /// A colleague who may not see it.
    MAY_NOT_SEE "may_not_see" "Deze gebruiker bestaat niet (meer) of mag dit gesprek niet zien." / "There is no such user (any more), or they may not see this conversation.";
    /// An instant that is over.
    IN_THE_PAST "in_the_past" "Kies een moment dat nog komt." / "Choose a moment that is still to come.";
    /// A conversation and itself.
    SAME_CONVERSATION "same_conversation" "Dit is hetzelfde gesprek." / "This is the same conversation.";
    /// A message of another conversation.
    OTHER_CONVERSATION "other_conversation" "Een van deze berichten hoort niet bij dit gesprek." / "One of these messages is not in this conversation.";
    /// Every message of it.
    NOTHING_LEFT "nothing_left" "Minstens een bericht moet in het gesprek blijven." / "At least one message must stay in the conversation.";
    /// A folder that holds no mail.
    NOT_SELECTABLE "not_selectable" "Deze map kan geen mail bevatten." / "This folder can't hold mail.";
    /// A language that we do not speak.
    UNKNOWN_LANGUAGE "unknown_language" "Kies nl of en." / "Choose nl or en.";
    /// What somebody chooses for themselves.
    OWN_CHOICE "own_choice" "Dit kiest iedere gebruiker zelf." / "Every user chooses this for themselves.";
    /// A token that makes one that may do more.
    SCOPE_TOO_WIDE "scope_too_wide" "Een token kan geen token maken dat meer mag dan het zelf." / "A token can't make one that may do more than itself.";
    /// Who may decide that a contact is hidden.
    HIDDEN_BY_ADMINISTRATOR "hidden_by_administrator" "Alleen een beheerder bepaalt welke contacten verborgen zijn." / "Only an administrator decides which contacts are hidden.";
    /// Passwords are for administrators only.
    PASSWORDS_OFF "passwords_off" "Uw organisatie gebruikt hier geen wachtwoorden. Meld u aan met de knop van uw organisatie." / "Your organisation uses no passwords here. Sign in with the button of your organisation.";
    /// There is none to give.
    NO_PASSWORD_HERE "no_password_here" "U hebt hier geen wachtwoord. Meld u opnieuw aan en doe dit binnen een kwartier, of kies een wachtwoord met 'Wachtwoord vergeten'." / "You have no password here. Sign in again and do this within a quarter of an hour, or choose a password with 'Forgotten password'.";
    /// No link for a password, because there are none.
    NO_INVITATION_NEEDED "no_invitation_needed" "Uw organisatie gebruikt hier geen wachtwoorden, dus een link is niet nodig. Deze persoon kan zich meteen aanmelden met de knop van uw organisatie." / "Your organisation uses no passwords here, so no link is needed. This person can sign in at once with the button of your organisation.";
    /// Without the provider nobody could come in any more.
    PASSWORD_KEPT_AS_WAY_BACK "password_kept_as_way_back" "Kies eerst zelf een wachtwoord: anders kunt u niet meer binnenkomen als de aanmelddienst niet werkt." / "Choose a password yourself first: else you can't come in when the sign-in service does not work.";
    /// Undoing what is one's only way in.
    ONLY_WAY_IN "only_way_in" "Dit is uw enige manier van aanmelden. Kies eerst een wachtwoord." / "This is your only way of signing in. Choose a password first.";
    /// A domain.
    NOT_A_DOMAIN "not_a_domain" "Dit is geen domein: schrijf het als voorbeeld.nl." / "This is not a domain: write it like example.com.";
    /// A domain that is not among those of the organisation.
    UNKNOWN_DOMAIN "unknown_domain" "Dit domein staat niet bij de instellingen. Een beheerder voegt het toe bij Instellingen, Aansluitingen, Mailgun." / "This domain is not among the settings. An administrator adds it at Settings, Connections, Mailgun.";
    /// A domain that can't be used yet.
    DOMAIN_UNVERIFIED "domain_not_verified" "Mailgun heeft dit domein nog niet geverifieerd. Zet de gevraagde regels in DNS en kies bij Instellingen, Aansluitingen, Mailgun voor Opnieuw controleren." / "Mailgun has not verified this domain yet. Put the records that it wants into DNS and choose Check again at Settings, Connections, Mailgun.";
    /// A domain whose posts can't be believed.
    SIGNING_KEY_NEEDED "signing_key_needed" "Voor ontvangen is de ondertekensleutel van Mailgun nodig. Een beheerder vult die in bij Instellingen, Aansluitingen, Mailgun." / "Receiving needs the signing key of Mailgun. An administrator enters it at Settings, Connections, Mailgun.";
    /// Mailgun does not take the key.
    MAILGUN_KEY_REFUSED "mailgun_key_refused" "Mailgun neemt deze API-sleutel niet aan. Maak er een bij Mailgun (API Keys) en neem hem helemaal over." / "Mailgun does not take this API key. Make one at Mailgun (API Keys) and copy all of it.";
    /// The key may only send.
    MAILGUN_KEY_LIMITED "mailgun_key_limited" "Met deze sleutel mag Postkamer het domein niet bekijken: een sleutel die alleen kan verzenden is niet genoeg. Gebruik een API-sleutel van het account." / "With this key Postkamer may not look at the domain: a key that can only send is not enough. Use an API key of the account.";
    /// It lives elsewhere.
    MAILGUN_OTHER_REGION "mailgun_other_region" "Dit domein staat bij Mailgun in de andere regio." / "This domain is in the other region of Mailgun.";
    /// Nobody knows it.
    MAILGUN_UNKNOWN "mailgun_unknown" "Mailgun kent dit domein niet onder deze sleutel. Voeg het eerst bij Mailgun toe." / "Mailgun does not know this domain under this key. Add it at Mailgun first.";
    /// Twice the same.
    DOMAIN_TAKEN "domain_taken" "Dit domein staat er al." / "This domain is there already.";
    /// A mailbox goes by it.
    DOMAIN_IN_USE "domain_in_use" "Er gaan nog mailboxen via dit domein. Zet die eerst over." / "Mailboxes still go by this domain. Move those first.";
    /// Nobody is admitted by no domain.
    DOMAINS_FIRST "domains_first" "Noem de domeinen waarvan nieuwe mensen vanzelf binnenkomen." / "Name the domains of which new people come in by themselves.";
    /// A name that is in use.
    NAME_TAKEN "name_taken" "Deze naam is al in gebruik." / "This name is in use already.";
    /// The last one who may.
    LAST_ADMINISTRATOR "last_administrator" "Er moet minstens een beheerder zijn." / "There must be at least one administrator.";
    /// A file without what is needed.
    NO_COLUMN "no_column" "De eerste regel moet de kolommen noemen, met minstens naam of e-mail." / "The first line must name the columns, with at least name or e-mail.";
    /// One import at a time.
    IMPORT_RUNS "import_runs" "Er wordt al een bestand van u geïmporteerd. Wacht tot dat klaar is." / "A file of yours is being imported already. Wait until that is done.";
    /// A line that can't be read.
    UNREADABLE_LINE "unreadable_line" "Deze regel kan niet worden gelezen." / "This line can't be read.";
    /// The secret begins or ends with a blank.
    WARN_SECRET_BLANK "secret_blank" "Het wachtwoord begint of eindigt met een spatie. Is dat de bedoeling?" / "The password begins or ends with a blank. Is that meant?";
    /// The secret has characters that get lost.
    WARN_SECRET_CHARACTERS "secret_characters" "Het wachtwoord bevat tekens die bij sommige servers verloren gaan. Lukt aanmelden niet, kies dan een ander wachtwoord." / "The password has characters that get lost at some servers. If signing in fails, choose another password.";
    /// The secret has letters outside ASCII.
    WARN_SECRET_NOT_ASCII "secret_not_ascii" "Het wachtwoord bevat letters die op twee manieren geschreven kunnen worden." / "The password has letters that can be written in two ways.";
    /// The secret mixes look-alikes.
    WARN_SECRET_LOOKALIKES "secret_lookalikes" "Het wachtwoord bevat tekens die op elkaar lijken (0 en O, 1, l en I)." / "The password has characters that look alike (0 and O, 1, l and I).";
    /// No encryption.
    WARN_PLAINTEXT "plaintext" "Deze mailbox werkt zonder versleuteling: iedereen op de lijn kan meelezen." / "This mailbox works without encryption: everyone on the line can read along.";
    /// Mail leaves the server while other devices may want it.
    WARN_SEVERAL_DEVICES "several_devices" "Mail die van de server gaat is voor andere apparaten niet meer op te halen. Halen meer apparaten deze mailbox op, laat de mail dan op de server staan of kies IMAP." / "Mail that leaves the server can't be fetched by other devices any more. When several devices fetch this mailbox, leave the mail on the server or choose IMAP.";
    /// The server was found by autodiscover.
    WARN_EXCHANGE_FOUND "exchange_found" "De Exchange-server is zelf gevonden (autodiscover). Kijk of het adres klopt." / "The Exchange server was found by itself (autodiscover). See whether its address is right.";
    /// The user name was rewritten.
    WARN_USERNAME_REWRITTEN "username_rewritten" "DOMEIN\\naam is omgezet naar naam@domein." / "DOMAIN\\name was turned into name@domain.";
    /// Mail is to come to an address of ours, and nobody takes it in.
    WARN_NO_LISTENER "no_listener" "Deze Postkamer neemt nu geen mail van buiten aan: de beheerder van de server zet dat aan met --smtp." / "This Postkamer takes in no mail from outside now: the server's administrator switches that on with --smtp.";
}

/// The words for a conflict that the store names by its code.
pub fn conflict(code: &str) -> Option<Text> {
    ALL.iter().find(|(known, _)| *known == code).map(|(_, words)| *words)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::assert_complete;

    #[test]
    fn every_reason_is_there_in_both_languages() {
        for (code, words) in ALL {
            assert_complete(code, words);
            assert_eq!(ALL.iter().filter(|(other, _)| other == code).count(), 1, "{code} is there twice");
        }
    }
}
