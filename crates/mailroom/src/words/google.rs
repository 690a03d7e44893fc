//! What Google's sign-in and Gmail say when they refuse, in plain words. Google gives no numbers: what it says is known by its own
//! sentences, and what follows from a refusal is never decided by them.

use super::cause::{Explained, explained};

explained! {
    GRANT_GONE "google_grant_gone":
        "Google neemt de toestemming niet meer aan: ze is ingetrokken, het wachtwoord is gewijzigd, of de app staat nog op Testen en dan duurt een toestemming zeven dagen." / "Google no longer takes the consent: it was withdrawn, the password was changed, or the app is still in testing, where a consent lasts seven days."
        => "Open de mailbox en kies Autoriseren. Gebeurt het elke week, zet de app in Google Cloud dan op Intern of op In productie. Er is niets verloren gegaan." / "Open the mailbox and choose Authorise. When it happens every week, set the app to Internal or to In production in Google Cloud. Nothing was lost.";
    APP_UNKNOWN "google_app_unknown":
        "Google kent deze app niet." / "Google does not know this app."
        => "Controleer het client-ID bij Instellingen, Aansluitingen, Google." / "Check the client ID at Settings, Connections, Google.";
    APP_SECRET_WRONG "google_app_secret_wrong":
        "Google neemt het clientgeheim van de app niet aan." / "Google does not take the app's client secret."
        => "Vul bij Instellingen, Aansluitingen, Google het clientgeheim opnieuw in, of maak er in Google Cloud een nieuw." / "Enter the client secret again at Settings, Connections, Google, or make a new one in Google Cloud.";
    TOO_LITTLE "google_too_little":
        "De toestemming geeft te weinig rechten op de mailbox." / "The consent gives too few rights to the mailbox."
        => "Kies Autoriseren en vink bij Google alles aan." / "Choose Authorise and tick everything at Google.";
    API_OFF "google_api_off":
        "In het project bij Google Cloud staat de Gmail API uit." / "The Gmail API is switched off in the project at Google Cloud."
        => "Laat een beheerder in Google Cloud bij API's en services de Gmail API aanzetten; na een paar minuten gaat het vanzelf verder." / "Have an administrator switch on the Gmail API in Google Cloud, at APIs and services; after a few minutes it goes on by itself.";
    APP_PASSWORD "google_app_password":
        "Google laat een programma niet binnen met het gewone wachtwoord van de mailbox, of het app-wachtwoord is verkeerd of ingetrokken." / "Google lets no program in by the ordinary password of the mailbox, or the app password is wrong or was withdrawn."
        => "Zet in het Google-account tweestapsverificatie aan, maak een app-wachtwoord en vul de zestien letters hier in; de spaties ertussen doen er niet toe. Of kies Gmail zonder IMAP, dan is geen wachtwoord nodig." / "Switch on two-step verification in the Google account, make an app password and enter its sixteen letters here; the blanks between them do not matter. Or choose Gmail without IMAP, which needs no password.";
    DOMAIN_POLICY "google_domain_policy":
        "De beheerder van uw Google Workspace laat deze app niet toe, of heeft Gmail voor deze gebruiker uitgezet." / "The administrator of your Google Workspace does not let this app in, or has switched Gmail off for this user."
        => "Laat de beheerder de app vertrouwen in de Beheerdersconsole (Beveiliging, API-opties) en Gmail voor deze gebruiker aanzetten." / "Have the administrator trust the app in the Admin console (Security, API controls) and switch Gmail on for this user.";
}

/// By which words each is known.
const SAID: &[(&[&str], Explained)] = &[
    (&["token has been expired or revoked", "account has been deleted", "reauth related error"], GRANT_GONE),
    (
        &[
            "application-specific password required",
            "invalid credentials (failure)",
            "username and password not accepted",
            "please log in via your web browser",
        ],
        APP_PASSWORD,
    ),
    (&["oauth client was not found", "oauth client was deleted"], APP_UNKNOWN),
    (&["insufficientpermissions", "insufficient authentication scopes"], TOO_LITTLE),
    (&["accessnotconfigured", "has not been used in project"], API_OFF),
    (
        &["domainpolicy", "domain administrators have disabled", "mail service not enabled", "admin_policy_enforced"],
        DOMAIN_POLICY,
    ),
];

/// What these words of Google mean, when they are some that people meet.
pub fn of(said: &str) -> Option<Explained> {
    let said = said.to_lowercase();
    if said.trim() == "unauthorized" {
        return Some(APP_SECRET_WRONG);
    }
    let found = SAID.iter().find(|(words, _)| words.iter().any(|word| said.contains(word)));
    found.map(|(_, explained)| *explained)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_google_says_is_told_in_words_and_what_is_unknown_is_not_guessed() {
        let code = |said: &str| of(said).map(|explained| explained.code);
        assert_eq!(code("Token has been expired or revoked."), Some("google_grant_gone"));
        assert_eq!(code("Unauthorized"), Some("google_app_secret_wrong"));
        let words = "HTTP 403 accessNotConfigured: Gmail API has not been used in project 1 before or it is disabled.";
        assert_eq!(code(words), Some("google_api_off"));
        assert_eq!(code("HTTP 400 failedPrecondition: Mail service not enabled"), Some("google_domain_policy"));
        for words in [
            "[ALERT] Application-specific password required: https://support.google.com/accounts/answer/185833 (Failure)",
            "[AUTHENTICATIONFAILED] Invalid credentials (Failure)",
            "5.7.8 Username and Password not accepted. For more information, go to https://support.google.com/mail",
        ] {
            assert_eq!(code(words), Some("google_app_password"), "{words}");
        }
        assert_eq!(code("401 Unauthorized by somebody else"), None);
        assert_eq!(code(""), None);
    }
}
