//! The words for users.

use crate::page::words::words;
use store::UserRole;

words! {
    Say {
        title "Gebruikers" "Users";
        new_user "Gebruiker toevoegen" "Add a user";
        name "Naam" "Name";
        email "E-mailadres" "E-mail address";
        email_hint "Hiermee meldt deze persoon zich aan." "This person signs in with it.";
        language "Taal" "Language";
        role_asked "Rol" "Role";
        member "Medewerker" "Member";
        member_why "Leest en schrijft mail in de mailboxen waarvan hij eigenaar is." "Reads and writes mail in the mailboxes that they own.";
        manager "Mailboxbeheerder" "Mailbox manager";
        manager_why "Verbindt ook mailboxen en houdt ze in orde." "Connects mailboxes too, and keeps them in order.";
        administrator "Beheerder" "Administrator";
        administrator_why "Doet alles: ook gebruikers, groepen en instellingen. Leest niet vanzelf ieders mail." "Does everything: also users, groups and settings. Does not read everybody's mail by that.";
        invite_now "Stuur meteen een uitnodiging" "Send an invitation at once";
        invite_now_hint "In de mail staat een link om een wachtwoord te kiezen. Die werkt zeven dagen." "The mail has a link for choosing a password. It works for seven days.";
        no_primary "Uitnodigen gaat per mail, en er is nog geen mailbox om mee te verzenden." "Invitations go by mail, and there is no mailbox yet to send with.";
        connect_first "Mailbox verbinden" "Connect a mailbox";
        add "Toevoegen" "Add";
        has_factor "tweede factor" "second factor";
        no_password "nog niet aangemeld" "not signed in yet";
        inactive "uitgeschakeld" "switched off";
        active "Mag zich aanmelden" "May sign in";
        active_hint "Zet dit uit als iemand weggaat: aanmelden en API-tokens werken dan meteen niet meer. Mail en mailboxen blijven." "Switch this off when somebody leaves: signing in and API tokens stop at once. Mail and mailboxes stay.";
        yourself "Dit bent u zelf." "This is you.";
        saved "Bewaard." "Saved.";
        save "Bewaren" "Save";
        was_made "De gebruiker is toegevoegd." "The user was added.";
        was_invited "De uitnodiging is onderweg." "The invitation is on its way.";
        was_reset "De tweede factor is weg. Aanmelden gaat nu met het wachtwoord alleen." "The second factor is gone. Signing in now takes the password alone.";
        invitation "Uitnodiging" "Invitation";
        not_yet "Deze persoon heeft nog geen wachtwoord gekozen." "This person has not chosen a password yet.";
        send_invitation "Uitnodiging sturen" "Send an invitation";
        new_link "Wachtwoord kwijt?" "Lost the password?";
        new_link_why "Deze persoon kan zelf een link aanvragen bij het aanmelden. U kunt er ook een sturen; die werkt zeven dagen." "This person can ask for a link when signing in. You can send one too; it works for seven days.";
        send_link "Link sturen" "Send a link";
        factor "Tweede factor" "Second factor";
        factor_why "Telefoon en herstelcodes kwijt? Verwijder de tweede factor, maar alleen als u zeker weet wie erom vraagt." "Lost the telephone and the recovery codes? Remove the second factor, but only when you are sure who asks for it.";
        reset_factor "Tweede factor verwijderen" "Remove the second factor";
        provider "Aanmelddienst" "Sign-in service";
        bound(name) "Deze persoon meldt zich aan met {name}. Heeft hij daar een nieuw account, verbreek dan de verbinding: de volgende keer herkennen we hem aan zijn e-mailadres." "This person signs in with {name}. If they have a new account there, undo the connection: the next time we know them by their e-mail address.";
        unbind "Verbinding verbreken" "Undo the connection";
        was_unbound "De verbinding is verbroken." "The connection was undone.";
        groups "Groepen" "Groups";
        in_no_group "In geen groep." "In no group.";
        personal_data "Persoonsgegevens: kopie maken" "Personal data: make a copy";
        erase "Persoonsgegevens: wissen" "Personal data: erase";
        back "Alle gebruikers" "All users";
    }
}

impl Say {
    pub(super) fn role(self, role: UserRole) -> &'static str {
        match role {
            UserRole::Administrator => self.administrator(),
            UserRole::MailboxManager => self.manager(),
            UserRole::Member => self.member(),
        }
    }

    /// Each role by its name in the form, its name in words, and what it is for.
    pub(super) fn roles(self) -> [(&'static str, &'static str, &'static str); 3] {
        [
            (UserRole::Member.as_str(), self.member(), self.member_why()),
            (UserRole::MailboxManager.as_str(), self.manager(), self.manager_why()),
            (UserRole::Administrator.as_str(), self.administrator(), self.administrator_why()),
        ]
    }
}
