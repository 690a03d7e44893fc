//! Why somebody does not come in by a sign-in service, and what is wrong with one, with what to do.

use super::{FieldError, Phrase, Refusal, field::Why, text};
use crate::accounts::diagnosis;
use connect::{
    ConnectError,
    oidc::{Fault, TokenFault},
};

macro_rules! reasons {
    ($($(#[$doc:meta])* $name:ident $code:literal $nl:literal / $en:literal;)*) => {
        $($(#[$doc])* pub const $name: Why = ($code, text($nl, $en));)*
        /// Every reason there is.
        pub const ALL: &[Why] = &[$($name),*];
    };
}

reasons! {
    /// Too late, a second time, or with another browser.
    BEGIN_AGAIN "sign_in_begin_again" "Deze aanmelding is verlopen, al gebruikt, of in een andere browser begonnen. Begin opnieuw." / "This sign-in has expired, was used already, or began in another browser. Begin again.";
    /// The person turned back there.
    CANCELLED "sign_in_cancelled" "U hebt het aanmelden bij {name} afgebroken. Begin opnieuw als dat niet de bedoeling was." / "You cancelled signing in at {name}. Begin again if that was not meant.";
    /// Nobody answers there.
    UNREACHABLE "sign_in_service_unreachable" "{name} is nu niet bereikbaar. Probeer het over een paar minuten opnieuw. Blijft het zo, vraag dan een beheerder om hulp." / "{name} can't be reached now. Try again in a few minutes. If it stays like this, ask an administrator for help.";
    /// Something is wrong in the settings, here or there.
    NOT_SET_UP "sign_in_service_not_set_up" "Aanmelden met {name} is niet goed ingesteld ({why}). Laat dit aan een beheerder zien: Instellingen, Aanmelden." / "Signing in with {name} is not set up well ({why}). Show this to an administrator: Settings, Sign-in.";
    /// It said no.
    SAID_NO "sign_in_service_said_no" "{name} meldt u niet aan ({why}). Begin opnieuw. Blijft het zo, laat dit dan aan een beheerder zien." / "{name} does not sign you in ({why}). Begin again. If it stays like this, show it to an administrator.";
    /// What it answered is not to be believed.
    NOT_BELIEVED "sign_in_answer_not_believed" "Het antwoord van {name} is geweigerd, omdat het niet klopt ({why}). Begin opnieuw. Gebeurt het nog eens, laat dit dan aan een beheerder zien." / "The answer of {name} was refused, because it is not right ({why}). Begin again. If it happens once more, show this to an administrator.";
    /// The clocks differ.
    CLOCK "sign_in_clock" "De klok van deze server en die van {name} lopen niet gelijk, of het antwoord was verlopen. Begin opnieuw. Blijft het zo, vraag een beheerder de klok van de server gelijk te zetten." / "The clock of this server and that of {name} differ, or the answer had expired. Begin again. If it stays like this, ask an administrator to set the server's clock right.";
    /// It names no address.
    NO_ADDRESS "sign_in_no_address" "{name} noemt geen e-mailadres van u, en daaraan herkennen we u de eerste keer. Zet het daar bij uw gegevens, of vraag een beheerder om hulp." / "{name} names no e-mail address of yours, by which we know you the first time. Put it with your details there, or ask an administrator for help.";
    /// It does not vouch for the address.
    UNVERIFIED "sign_in_address_unverified" "{name} heeft niet bevestigd dat {email} van u is. Bevestig uw e-mailadres daar en begin opnieuw." / "{name} has not confirmed that {email} is yours. Confirm your e-mail address there and begin again.";
    /// Nobody here has the address.
    UNKNOWN_HERE "sign_in_unknown_here" "U bent aangemeld bij {name}, maar {email} is hier niet bekend. Vraag een beheerder om u toe te voegen, of meld u daar aan met een ander adres." / "You are signed in at {name}, but {email} is not known here. Ask an administrator to add you, or sign in there with another address.";
    /// Somebody else there has been that person here.
    OTHER_IDENTITY "sign_in_other_identity" "Bij {email} hoort hier een ander account van {name}. Vraag een beheerder om die verbinding te verbreken, bij Gebruikers." / "Another account of {name} belongs to {email} here. Ask an administrator to undo that connection, at Users.";
    /// Switched off.
    SWITCHED_OFF "sign_in_switched_off" "U mag zich hier niet meer aanmelden. Vraag een beheerder als dat niet klopt." / "You may not sign in here any more. Ask an administrator if that is not right.";
    /// There is a page, but no address for it.
    NO_OWN_ADDRESS "sign_in_no_own_address" "Deze server weet niet op welk adres u hem bereikt. Vraag een beheerder om base_url in te stellen." / "This server does not know the address at which you reach it. Ask an administrator to set base_url.";
    /// Not an address.
    NOT_AN_ISSUER "not_an_issuer" "Dit is geen adres van een aanmelddienst. Het begint met https:// en heeft geen ? of #." / "This is not the address of a sign-in service. It begins with https:// and has no ? or #.";
    /// Without TLS.
    INSECURE "insecure" "Zonder https kan iedereen op de lijn meelezen en zich voor een ander uitgeven: {why}. Zonder https mag alleen een dienst op deze machine zelf." / "Without https everyone on the line can read along and pass for somebody else: {why}. Without https only a service on this machine itself is taken.";
    /// Nobody answers.
    DEAD "unreachable" "Daar antwoordt niemand: {why}. Klopt het adres, en kan deze server erbij?" / "Nobody answers there: {why}. Is the address right, and can this server reach it?";
    /// Another answer.
    NO_DOCUMENT "no_document" "Daar staat geen beschrijving van een aanmelddienst ({why}). Neem het adres over zoals de dienst het noemt (issuer), met alles wat erachter staat." / "There is no description of a sign-in service there ({why}). Copy the address as the service names it (issuer), with all that follows.";
    /// Another issuer.
    OTHER_ISSUER "other_issuer" "De dienst die daar antwoordt noemt zichzelf {why}. Vul precies dat in. Staat er tenantid in, gebruik dan het adres van uw eigen tenant." / "The service that answers there calls itself {why}. Enter exactly that. If it has tenantid in it, use the address of your own tenant.";
    /// No authorization endpoint.
    NO_AUTHORIZATION "no_authorization_endpoint" "De dienst zegt niet waar mensen zich aanmelden (authorization_endpoint ontbreekt). Is het wel een OpenID Connect-dienst?" / "The service does not say where people sign in (authorization_endpoint is missing). Is it an OpenID Connect service?";
    /// No token endpoint, or no keys.
    INCOMPLETE "incomplete" "De beschrijving van de dienst is niet volledig: {why} ontbreekt." / "The service's description is not complete: {why} is missing.";
    /// No code.
    NO_CODE "no_code" "De dienst geeft geen autorisatiecode (response_types_supported zonder code). Zet die manier daar aan." / "The service gives no authorisation code (response_types_supported lacks code). Switch that on there.";
    /// No S256.
    NO_S256 "no_s256" "De dienst kent PKCE met S256 niet (code_challenge_methods_supported). Zonder dat kan een afgekeken code worden misbruikt. Zet het daar aan." / "The service does not know PKCE with S256 (code_challenge_methods_supported). Without it a code that was overseen can be misused. Switch it on there.";
    /// No algorithm.
    NO_ALGORITHM "no_algorithm" "De dienst ondertekent niet met RS256 of ES256 (id_token_signing_alg_values_supported). Zet een van die twee daar aan." / "The service does not sign with RS256 or ES256 (id_token_signing_alg_values_supported). Switch one of the two on there.";
    /// No way to show who we are.
    NO_AUTHENTICATION "no_client_authentication" "De dienst neemt geen geheim van ons aan (token_endpoint_auth_methods_supported zonder client_secret_basic of client_secret_post)." / "The service takes no secret of ours (token_endpoint_auth_methods_supported lacks client_secret_basic and client_secret_post).";
}

/// The words with their facts.
pub fn told((code, words): Why, facts: &[(&str, &str)]) -> FieldError {
    FieldError { field: "provider".to_owned(), code, message: words.with(facts) }
}

/// Somebody who does not come in, and why.
pub fn kept_out(why: Why, facts: &[(&str, &str)]) -> Refusal {
    Refusal::Forbidden(told(why, facts))
}

/// What is wrong with a provider, for whoever sets it up.
pub fn fault(fault: &Fault) -> FieldError {
    let why = |why: &str| why.to_owned();
    let (reason, why) = match fault {
        Fault::NotAnAddress => (NOT_AN_ISSUER, String::new()),
        Fault::Insecure(address) => (INSECURE, why(address)),
        Fault::Unreachable(error) => return unreachable(error),
        Fault::NoDocument(status) => (NO_DOCUMENT, format!("HTTP {status}")),
        Fault::NotADocument => (NO_DOCUMENT, why("JSON")),
        Fault::OtherIssuer(issuer) => (OTHER_ISSUER, why(issuer)),
        Fault::NoAuthorization => (NO_AUTHORIZATION, String::new()),
        Fault::NoToken => (INCOMPLETE, why("token_endpoint")),
        Fault::NoKeys => (INCOMPLETE, why("jwks_uri")),
        Fault::NoCode => (NO_CODE, String::new()),
        Fault::NoS256 => (NO_S256, String::new()),
        Fault::NoAlgorithm => (NO_ALGORITHM, String::new()),
        Fault::NoAuthentication => (NO_AUTHENTICATION, String::new()),
    };
    told(reason, &[("why", &why)])
}

/// Nobody answers: the likely cause as with any server, and what was met.
fn unreachable(error: &ConnectError) -> FieldError {
    let (_, cause, met) = diagnosis::facts(error);
    let cause = super::cause::of(cause).cause;
    let because = |words: &str| match met.0.as_str() {
        "" => words.trim_end_matches('.').to_owned(),
        met => format!("{} ({met})", words.trim_end_matches('.')),
    };
    let (code, words) = DEAD;
    let (nl, en) = (because(cause.nl), because(cause.en));
    let message = Phrase { nl: words.with(&[("why", &nl)]).nl, en: words.with(&[("why", &en)]).en };
    FieldError { field: "provider".to_owned(), code, message }
}

/// What is wrong with an answer, in a word that an administrator can look up.
pub fn token_fault(fault: TokenFault) -> &'static str {
    match fault {
        TokenFault::Malformed => "id_token",
        TokenFault::Algorithm => "alg",
        TokenFault::Signature => "signature",
        TokenFault::Issuer => "iss",
        TokenFault::Audience => "aud",
        TokenFault::Time => "exp",
        TokenFault::Nonce => "nonce",
        TokenFault::Subject => "sub",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::{assert_complete, field};

    #[test]
    fn every_reason_is_there_in_both_languages_and_has_a_code_of_its_own() {
        for (code, words) in ALL {
            assert_complete(code, words);
            assert_eq!(ALL.iter().chain(field::ALL).filter(|(other, _)| other == code).count(), 1, "{code}");
        }
    }

    #[test]
    fn a_fault_is_told_with_what_was_found() {
        let other = fault(&Fault::OtherIssuer("https://a.example/".into()));
        assert!(other.message.en.contains("calls itself https://a.example/."), "{other:?}");
        let dead = connect::egress::not_allowed();
        let told = fault(&Fault::Unreachable(dead));
        assert_eq!(told.code, "unreachable");
        assert!(!told.message.nl.contains('{') && told.message.nl != told.message.en, "{told:?}");
    }
}
