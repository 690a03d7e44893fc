//! The words of the log: each thing that can be done, and the fields that can change.

use crate::page::words::words;

words! {
    Say {
        title "Logboek" "Log";
        why "Wie wat deed, zonder inhoud van mail. Regels komen erbij en verdwijnen nooit." "Who did what, without contents of mail. Lines are added and never go.";
        who "Wie" "Who";
        what "Waarover" "About what";
        everybody "Iedereen" "Everybody";
        everything "Alles" "Everything";
        text "Nummer of kenmerk" "Number or detail";
        find "Zoeken" "Search";
        when "Wanneer" "When";
        did "Wat" "What";
        about "Waarbij" "To what";
        none "Niets gevonden" "Nothing found";
        none_why "Met deze keuze staat er niets in het logboek. Kies ruimer." "With this choice there is nothing in the log. Choose more widely.";
        older "Oudere regels" "Older lines";
        the_program "Postkamer" "Postkamer";
        somebody "Iemand die er niet meer is" "Somebody who is not here any more";
        k_user "Gebruikers en aanmelden" "Users and signing in";
        k_account "Mailboxen" "Mailboxes";
        k_message "Mail" "Mail";
        k_contact "Contacten" "Contacts";
        k_dossier "Dossiers" "Dossiers";
        k_group "Groepen" "Groups";
        k_template "Sjablonen" "Templates";
        k_token "API-tokens" "API tokens";
        k_organisation "Organisatie" "Organisation";
        k_network "Netwerken" "Networks";
        account_created "verbond een mailbox" "connected a mailbox";
        account_changed "wijzigde een mailbox" "changed a mailbox";
        account_removed "verwijderde een mailbox" "removed a mailbox";
        account_owners "wijzigde de eigenaren van een mailbox" "changed the owners of a mailbox";
        account_folders "koos waar mappen voor zijn" "chose what folders are for";
        account_restored "zette mail terug in een mailbox" "put mail back into a mailbox";
        contact_made "maakte een contact" "made a contact";
        contact_copied "nam een kopie van wat over een contact bekend is" "took a copy of what is known about a contact";
        contact_erased "wiste een contact" "erased a contact";
        contact_changed "wijzigde een contact" "changed a contact";
        dossier_made "maakte een dossier" "made a dossier";
        dossier_changed "wijzigde een dossier" "changed a dossier";
        group_made "maakte een groep" "made a group";
        group_changed "wijzigde een groep" "changed a group";
        group_removed "verwijderde een groep" "removed a group";
        template_made "maakte een sjabloon" "made a template";
        template_saved "wijzigde een sjabloon" "changed a template";
        template_removed "verwijderde een sjabloon" "removed a template";
        token_made "maakte een API-token" "made an API token";
        token_revoked "trok een API-token in" "revoked an API token";
        organisation_changed "wijzigde de organisatie" "changed the organisation";
        let_again "liet iemand terugkomen die gewist was" "let somebody come again who was erased";
        provider_set "stelde de aanmelddienst in" "set up the sign-in service";
        app_set "stelde de app voor Microsoft 365 in" "set up the app for Microsoft 365";
        mailgun_added "voegde een domein van Mailgun toe" "added a domain of Mailgun";
        mailgun_changed "wijzigde een domein van Mailgun" "changed a domain of Mailgun";
        mailgun_removed "verwijderde een domein van Mailgun" "removed a domain of Mailgun";
        mailgun_told "liet Mailgun hier aanleveren" "had Mailgun hand over here";
        mailgun_lifted "haalde bij Mailgun een adres van een lijst" "took an address off a list at Mailgun";
        mailgun_refused "weigerde mail die Mailgun aanleverde" "refused mail that Mailgun handed over";
        app_removed "verwijderde de app voor Microsoft 365" "removed the app for Microsoft 365";
        account_sender_code "liet een code mailen voor een afzender" "had a code mailed for a sender";
        account_sender_address "bevestigde het adres van een afzender" "confirmed the address of a sender";
        account_sender_domain "bevestigde het domein van een afzender" "confirmed the domain of a sender";
        account_sender_renewal "koos hoe vaak een domein nieuwe sleutels krijgt" "chose how often a domain gets new keys";
        account_sender_keys "maakte nieuwe sleutels voor een domein" "made new keys for a domain";
        google_app_set "stelde de app voor Google in" "set up the app for Google";
        google_topic_set "zette meldingen van Gmail aan" "switched on notifications of Gmail";
        google_topic_removed "zette meldingen van Gmail uit" "switched off notifications of Gmail";
        google_app_removed "verwijderde de app voor Google" "removed the app for Google";
        account_authorised "autoriseerde een mailbox" "authorised a mailbox";
        account_authorisation_refused "kon een mailbox niet autoriseren" "could not authorise a mailbox";
        provider_removed "verwijderde de aanmelddienst" "removed the sign-in service";
        network_unblocked "hief een blokkade op" "lifted a block";
        message_made_private "maakte een bericht vertrouwelijk" "made a message confidential";
        message_made_public "maakte een bericht gewoon" "made a message ordinary";
        user_copied "nam een kopie van wat over een gebruiker bekend is" "took a copy of what is known about a user";
        user_erased "wiste een gebruiker die wegging" "erased a user who left";
        user_made "voegde een gebruiker toe" "added a user";
        user_changed "wijzigde een gebruiker" "changed a user";
        user_signed_in "meldde zich aan" "signed in";
        user_refused "hield iemand tegen: verkeerd wachtwoord" "kept somebody out: wrong password";
        user_code_refused "hield iemand tegen: verkeerde code" "kept somebody out: wrong code";
        user_provider_refused "hield iemand tegen na de aanmelddienst" "kept somebody out after the sign-in service";
        user_joined "werd medewerker via de aanmelddienst" "became a member by the sign-in service";
        user_bound "verbond zich met de aanmelddienst" "was connected to the sign-in service";
        user_unbound "verbrak een verbinding met de aanmelddienst" "undid a connection to the sign-in service";
        user_password_changed "wijzigde het wachtwoord" "changed the password";
        user_password_reset "koos een wachtwoord via een link" "chose a password by a link";
        user_second_factor_taken "nam een tweede factor" "took a second factor";
        user_second_factor_dropped "verwijderde een tweede factor" "removed a second factor";
        user_recovery_codes_made "maakte nieuwe herstelcodes" "made new recovery codes";
        f_name "naam" "name";
        f_mail "met de mail" "with the mail";
        f_role "rol" "role";
        f_language "taal" "language";
        f_active "aan of uit" "on or off";
        f_members "leden" "members";
        f_default "standaardmailbox" "default mailbox";
        f_private "vertrouwelijkheid" "confidentiality";
        f_told "meldingen" "notifications";
        f_second_factor "tweede factor van beheerders" "second factor of administrators";
        f_secret "wachtwoord" "password";
        f_servers "servers" "servers";
        f_owners "eigenaren" "owners";
        f_provider "via de aanmelddienst" "by the sign-in service";
        f_region "regio" "region";
        f_api_key "API-sleutel" "API key";
        f_signing_key "ondertekensleutel" "signing key";
        w_unknown_recipient "onbekende ontvanger" "unknown recipient";
        w_signature_reused "handtekening al gebruikt" "signature used before";
        w_too_large "te groot" "too large";
        w_no_mail "geen bericht erin" "no message in it";
        f_issuer "adres van de dienst" "address of the service";
        f_client_id "client-ID" "client ID";
        f_client_secret "clientgeheim" "client secret";
        f_acts_alone "wie de mailboxen opent" "who opens the mailboxes";
        f_certificate "certificaat" "certificate";
        f_service_account "serviceaccount" "service account";
        f_passwords "wachtwoorden van medewerkers" "members' passwords";
        f_admit "wie nieuw is" "who is new";
        f_domains "domeinen" "domains";
        w_said_no "de dienst weigerde" "the service refused";
        w_not_believed "antwoord klopte niet" "answer was not right";
        w_clock "klok of verlopen" "clock or expired";
        w_no_address "geen e-mailadres" "no e-mail address";
        w_unverified "e-mailadres niet bevestigd" "e-mail address not confirmed";
        w_unknown "hier niet bekend" "not known here";
        w_other "ander account" "another account";
        w_off "uitgeschakeld" "switched off";
        r_administrator "beheerder" "administrator";
        r_manager "mailboxbeheerder" "mailbox manager";
        r_member "medewerker" "member";
        s_read "leest" "reads";
        s_write "werkt met mail" "works with mail";
        s_admin "wijzigt instellingen" "changes settings";
    }
}

impl Say {
    /// What can be looked for, by what stands before the point of an action.
    pub(super) fn kinds(self) -> Vec<(&'static str, &'static str)> {
        vec![
            ("user", self.k_user()),
            ("account", self.k_account()),
            ("message", self.k_message()),
            ("contact", self.k_contact()),
            ("dossier", self.k_dossier()),
            ("group", self.k_group()),
            ("template", self.k_template()),
            ("token", self.k_token()),
            ("organisation", self.k_organisation()),
            ("network", self.k_network()),
        ]
    }

    /// An action in words, to follow the name of who did it.
    pub(super) fn deed(self, action: &str) -> Option<&'static str> {
        Some(match action {
            "account.created" => self.account_created(),
            "account.changed" => self.account_changed(),
            "account.removed" => self.account_removed(),
            "account.owners" => self.account_owners(),
            "account.folders" => self.account_folders(),
            "account.restored" => self.account_restored(),
            "contact.made" => self.contact_made(),
            "contact.copied" => self.contact_copied(),
            "contact.erased" => self.contact_erased(),
            "contact.changed" => self.contact_changed(),
            "dossier.made" => self.dossier_made(),
            "dossier.changed" => self.dossier_changed(),
            "group.made" => self.group_made(),
            "group.changed" => self.group_changed(),
            "group.removed" => self.group_removed(),
            "template.made" => self.template_made(),
            "template.saved" => self.template_saved(),
            "template.removed" => self.template_removed(),
            "token.made" => self.token_made(),
            "token.revoked" => self.token_revoked(),
            "organisation.changed" => self.organisation_changed(),
            "organisation.app_set" => self.app_set(),
            "organisation.app_removed" => self.app_removed(),
            "organisation.mailgun_added" => self.mailgun_added(),
            "organisation.mailgun_changed" => self.mailgun_changed(),
            "organisation.mailgun_removed" => self.mailgun_removed(),
            "organisation.mailgun_told" => self.mailgun_told(),
            "organisation.mailgun_lifted" => self.mailgun_lifted(),
            "organisation.mailgun_refused" => self.mailgun_refused(),
            "account.sender_renewal" => self.account_sender_renewal(),
            "account.sender_code" => self.account_sender_code(),
            "account.sender_address" => self.account_sender_address(),
            "account.sender_domain" => self.account_sender_domain(),
            "account.sender_keys" => self.account_sender_keys(),
            "organisation.google_app_set" => self.google_app_set(),
            "organisation.google_topic_set" => self.google_topic_set(),
            "organisation.google_topic_removed" => self.google_topic_removed(),
            "organisation.google_app_removed" => self.google_app_removed(),
            "account.authorised" => self.account_authorised(),
            "account.authorisation_refused" => self.account_authorisation_refused(),
            "organisation.erased_let_again" => self.let_again(),
            "organisation.provider_set" => self.provider_set(),
            "organisation.provider_removed" => self.provider_removed(),
            "network.unblocked" => self.network_unblocked(),
            "message.made_private" => self.message_made_private(),
            "message.made_public" => self.message_made_public(),
            "user.copied" => self.user_copied(),
            "user.erased" => self.user_erased(),
            "user.made" => self.user_made(),
            "user.changed" => self.user_changed(),
            "user.signed_in" => self.user_signed_in(),
            "user.refused" => self.user_refused(),
            "user.code_refused" => self.user_code_refused(),
            "user.provider_refused" => self.user_provider_refused(),
            "user.joined" => self.user_joined(),
            "user.identity_bound" => self.user_bound(),
            "user.identity_unbound" => self.user_unbound(),
            "user.password_changed" => self.user_password_changed(),
            "user.password_reset" => self.user_password_reset(),
            "user.second_factor_taken" => self.user_second_factor_taken(),
            "user.second_factor_dropped" => self.user_second_factor_dropped(),
            "user.recovery_codes_made" => self.user_recovery_codes_made(),
            _ => return None,
        })
    }

    /// The fields that changed, or what somebody or something may do, in words; what is no field stays as it is.
    pub(super) fn detail(self, detail: &str) -> String {
        let word = |field: &str| match field {
            "name" | "display_name" => self.f_name().to_owned(),
            "mail" => self.f_mail().to_owned(),
            "role" => self.f_role().to_owned(),
            "language" => self.f_language().to_owned(),
            "active" => self.f_active().to_owned(),
            "members" => self.f_members().to_owned(),
            "default_account" => self.f_default().to_owned(),
            "private_incoming" | "private_outgoing" => self.f_private().to_owned(),
            "letter_when_called" | "letter_when_assigned" | "notice_when_called" | "notice_accounts" => {
                self.f_told().to_owned()
            }
            "second_factor_for_administrators" => self.f_second_factor().to_owned(),
            "secret" => self.f_secret().to_owned(),
            "incoming" | "outgoing" => self.f_servers().to_owned(),
            "owners" => self.f_owners().to_owned(),
            "provider" => self.f_provider().to_owned(),
            "region" => self.f_region().to_owned(),
            "api_key" => self.f_api_key().to_owned(),
            "signing_key" => self.f_signing_key().to_owned(),
            "unknown_recipient" => self.w_unknown_recipient().to_owned(),
            "signature_reused" => self.w_signature_reused().to_owned(),
            "no_mail_in_it" => self.w_no_mail().to_owned(),
            "too_large" => self.w_too_large().to_owned(),
            "issuer" => self.f_issuer().to_owned(),
            "client_id" => self.f_client_id().to_owned(),
            "client_secret" => self.f_client_secret().to_owned(),
            "acts_alone" => self.f_acts_alone().to_owned(),
            "certificate" => self.f_certificate().to_owned(),
            "service_account" => self.f_service_account().to_owned(),
            "passwords_for_members" => self.f_passwords().to_owned(),
            "admit_unknown" => self.f_admit().to_owned(),
            "domains" => self.f_domains().to_owned(),
            "sign_in_service_said_no" => self.w_said_no().to_owned(),
            "sign_in_answer_not_believed" => self.w_not_believed().to_owned(),
            "sign_in_clock" => self.w_clock().to_owned(),
            "sign_in_no_address" => self.w_no_address().to_owned(),
            "sign_in_address_unverified" => self.w_unverified().to_owned(),
            "sign_in_unknown_here" => self.w_unknown().to_owned(),
            "sign_in_other_identity" => self.w_other().to_owned(),
            "sign_in_switched_off" => self.w_off().to_owned(),
            "administrator" => self.r_administrator().to_owned(),
            "mailbox_manager" => self.r_manager().to_owned(),
            "member" => self.r_member().to_owned(),
            "read" => self.s_read().to_owned(),
            "write" => self.s_write().to_owned(),
            "admin" => self.s_admin().to_owned(),
            other => other.to_owned(),
        };
        let mut words: Vec<String> = detail.split(", ").map(word).collect();
        words.dedup();
        words.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mailroom::words::Language;

    #[test]
    fn fields_are_told_once_each_and_in_words() {
        let say = Say(Language::Dutch);
        assert_eq!(say.detail("name, private_incoming, private_outgoing"), "naam, vertrouwelijkheid");
        assert_eq!(say.detail("mailbox_manager"), "mailboxbeheerder");
        assert_eq!(say.detail("sign_in_clock, 192.0.2.0/24"), "klok of verlopen, 192.0.2.0/24");
        assert_eq!(say.detail("192.0.2.0/24"), "192.0.2.0/24");
        assert_eq!(say.deed("user.signed_in"), Some("meldde zich aan"));
    }
}
