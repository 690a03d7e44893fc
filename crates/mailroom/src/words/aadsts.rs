//! What Microsoft's sign-in says by number (AADSTS...), in plain words. The numbers change now and then; what follows from
//! a refusal is never decided by them (learn.microsoft.com/entra/identity-platform/reference-error-codes).

use super::cause::{Explained, explained};

explained! {
    APP_SECRET_WRONG "ms_app_secret_wrong":
        "Microsoft neemt het clientgeheim van de app niet aan." / "Microsoft does not take the app's client secret."
        => "Vul bij Instellingen, Aansluitingen de waarde van het clientgeheim in (niet het ID ervan)." / "Enter the value of the client secret (not its ID) at Settings, Connections.";
    APP_SECRET_EXPIRED "ms_app_secret_expired":
        "Het clientgeheim van de app is bij Microsoft verlopen." / "The app's client secret has expired at Microsoft."
        => "Maak in Microsoft Entra een nieuw clientgeheim en vul het in bij Instellingen, Aansluitingen." / "Make a new client secret in Microsoft Entra and enter it at Settings, Connections.";
    APP_UNKNOWN "ms_app_unknown":
        "Microsoft kent deze app niet in de tenant van uw organisatie." / "Microsoft does not know this app in your organisation's tenant."
        => "Controleer client-ID en tenant bij Instellingen, Aansluitingen." / "Check client ID and tenant at Settings, Connections.";
    REDIRECT "ms_redirect":
        "Het terugkeeradres van Postkamer staat niet bij de app in Microsoft Entra." / "Postkamer's redirect URI is not registered with the app in Microsoft Entra."
        => "Neem het terugkeeradres over van Instellingen, Aansluitingen en zet het bij de app, onder Web." / "Copy the redirect URI from Settings, Connections and add it to the app, under Web.";
    ADMIN_CONSENT "ms_admin_consent":
        "Een beheerder van uw Microsoft-omgeving moet de app eerst goedkeuren." / "An administrator of your Microsoft environment has to approve the app first."
        => "Laat een beheerder in Microsoft Entra bij de app, API-machtigingen, toestemming geven voor de organisatie." / "Have an administrator grant consent for the organisation in Microsoft Entra, at the app's API permissions.";
    NO_CONSENT "ms_no_consent":
        "Er is geen toestemming gegeven om deze mailbox te gebruiken." / "No consent was given to use this mailbox."
        => "Kies opnieuw Autoriseren en ga akkoord." / "Choose Authorise again and agree.";
    SECOND_FACTOR "ms_second_factor":
        "Microsoft vraagt opnieuw om de tweede factor." / "Microsoft asks for the second factor again."
        => "Kies Autoriseren en meld u aan met uw tweede factor." / "Choose Authorise and sign in with your second factor.";
    CONDITIONAL "ms_conditional":
        "Een toegangsregel van uw Microsoft-omgeving (voorwaardelijke toegang) houdt Postkamer tegen." / "An access rule of your Microsoft environment (conditional access) keeps Postkamer out."
        => "Laat een beheerder van uw Microsoft-omgeving de app toelaten." / "Have an administrator of your Microsoft environment let the app in.";
    NOT_ASSIGNED "ms_not_assigned":
        "Deze gebruiker mag de app in uw Microsoft-omgeving niet gebruiken." / "This user may not use the app in your Microsoft environment."
        => "Laat een beheerder de gebruiker in Microsoft Entra aan de app toewijzen." / "Have an administrator assign the user to the app in Microsoft Entra.";
    USER_LOCKED "ms_user_locked":
        "Het Microsoft-account van deze mailbox is geblokkeerd of uitgezet." / "The Microsoft account of this mailbox is locked or switched off."
        => "Laat een beheerder van uw Microsoft-omgeving het account vrijgeven, en autoriseer daarna opnieuw." / "Have an administrator of your Microsoft environment unlock the account, and authorise again after that.";
    PASSWORD_CHANGED "ms_password_changed":
        "Het wachtwoord bij Microsoft is gewijzigd of de toestemming is daar ingetrokken." / "The password at Microsoft was changed, or the consent was withdrawn there."
        => "Open de mailbox en kies Autoriseren. Er is niets verloren gegaan." / "Open the mailbox and choose Authorise. Nothing was lost.";
    UNUSED "ms_unused":
        "De toestemming is te lang niet gebruikt en daarom bij Microsoft verlopen." / "The consent was not used for too long and has expired at Microsoft."
        => "Open de mailbox en kies Autoriseren. Er is niets verloren gegaan." / "Open the mailbox and choose Authorise. Nothing was lost.";
    CERTIFICATE_WRONG "ms_certificate_wrong":
        "Microsoft neemt het certificaat van de app niet aan: het staat niet bij de app, of het is verlopen." / "Microsoft does not take the app's certificate: it is not registered with the app, or it has expired."
        => "Upload in Microsoft Entra bij de app, Certificaten en geheimen, hetzelfde certificaat als bij Instellingen, Aansluitingen (zonder de sleutel), en vergelijk de vingerafdruk." / "In Microsoft Entra, at the app's Certificates and secrets, upload the same certificate as at Settings, Connections (without its key), and compare the fingerprint.";
    TENANT_UNKNOWN "ms_tenant_unknown":
        "Microsoft kent deze tenant niet." / "Microsoft does not know this tenant."
        => "Vul bij Instellingen, Aansluitingen het tenant-ID of een domein van uw organisatie in." / "Enter the tenant ID or a domain of your organisation at Settings, Connections.";
}

const NUMBERS: &[(&[u32], Explained)] = &[
    (&[7_000_215, 70_002, 7_000_216], APP_SECRET_WRONG),
    (&[7_000_222], APP_SECRET_EXPIRED),
    (&[700_016, 650_052, 650_056, 700_011, 50_194], APP_UNKNOWN),
    (&[50_011, 500_112, 500_113], REDIRECT),
    (&[90_094, 90_095], ADMIN_CONSENT),
    (&[65_001, 65_004], NO_CONSENT),
    (&[50_076, 50_079, 50_074, 50_158], SECOND_FACTOR),
    (&[53_000, 53_001, 53_002, 53_003, 53_004], CONDITIONAL),
    (&[50_105], NOT_ASSIGNED),
    (&[50_053, 50_055, 50_057], USER_LOCKED),
    (&[50_173, 50_126], PASSWORD_CHANGED),
    (&[70_008, 700_082, 70_043, 700_084], UNUSED),
    (&[700_027, 700_024], CERTIFICATE_WRONG),
    (&[90_002], TENANT_UNKNOWN),
];

/// What the number in these words of Microsoft means, when it is one that people meet.
pub fn of(said: &str) -> Option<Explained> {
    let number = connect::graph::aadsts(said)?;
    NUMBERS.iter().find(|(numbers, _)| numbers.contains(&number)).map(|(_, explained)| *explained)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_told_in_words_and_an_unknown_one_is_not_guessed() {
        let code = |said: &str| of(said).map(|explained| explained.code);
        assert_eq!(code("AADSTS7000222: The provided client secret keys are expired."), Some("ms_app_secret_expired"));
        assert_eq!(
            code("AADSTS50173: The provided grant has expired due to it being revoked"),
            Some("ms_password_changed")
        );
        assert_eq!(code("AADSTS12345: never heard of"), None);
        assert_eq!(code("nothing"), None);
    }
}
