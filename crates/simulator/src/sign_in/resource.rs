//! What rights are for: Graph, or a server that an administrator gave a name in Entra.

use crate::ews::Exchange;

/// Rights that are for nobody's mail but for the sign-in itself (learn.microsoft.com/entra/identity-platform/scopes-oidc).
const OF_SIGN_IN: [&str; 4] = ["openid", "profile", "email", "offline_access"];
/// Whose rights need no name before them.
const GRAPH: &str = "https://graph.microsoft.com";
/// The one right at an Exchange server.
pub(crate) const EXCHANGE_RIGHT: &str = "EWS.AccessAsUser.All";

/// Why no token can be had for these rights: Entra's number, and its words.
pub(crate) fn wrong(exchange: &Exchange, scope: &str) -> Option<(u32, String)> {
    let rights = scope.split_whitespace().filter(|right| !OF_SIGN_IN.contains(right));
    let mut resources: Vec<(&str, &str)> = rights.map(parts).collect();
    let names = |resource: &str| exchange.names.iter().any(|name| name.eq_ignore_ascii_case(resource));
    for (resource, right) in &resources {
        if *resource == GRAPH {
            continue;
        }
        if !names(resource) {
            return Some((
                500_011,
                format!("The resource principal named {resource} was not found in the tenant named Voorbeeld."),
            ));
        }
        if *right != EXCHANGE_RIGHT {
            let words = format!("The application asked for scope '{right}' that doesn't exist on the resource.");
            return Some((650_053, words));
        }
    }
    resources.sort_unstable();
    resources.dedup_by_key(|(resource, _)| *resource);
    let words = "Provided value for the input parameter scope is not valid because it contains more than one resource.";
    (resources.len() > 1).then(|| (28_000, words.to_owned()))
}

/// The rights as a token holds them: those of Graph by their last part, others by their whole name.
pub(crate) fn held(scope: &str) -> String {
    let one = |right: &str| match parts(right) {
        (GRAPH, last) => last.to_owned(),
        _ => right.to_owned(),
    };
    scope.split_whitespace().map(one).collect::<Vec<_>>().join(" ")
}

/// Of what, and which.
fn parts(right: &str) -> (&str, &str) {
    match right.rsplit_once('/') {
        Some((resource, last)) if resource.contains("://") => (resource, last),
        _ => (GRAPH, right),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_for_one_server_that_somebody_named_and_for_the_right_that_it_has() {
        let number = |scope: &str| wrong(&Exchange::default(), scope).map(|(number, _)| number);
        assert_eq!(number("openid profile offline_access https://127.0.0.1/EWS.AccessAsUser.All"), None);
        assert_eq!(number("https://graph.microsoft.com/Mail.Read User.Read"), None);
        assert_eq!(number("https://elders.test/EWS.AccessAsUser.All"), Some(500_011));
        assert_eq!(number("https://127.0.0.1/Mail.Read"), Some(650_053));
        assert_eq!(number("https://127.0.0.1/EWS.AccessAsUser.All User.Read"), Some(28_000));
        assert_eq!(held("https://graph.microsoft.com/Mail.Read https://x.test/Y"), "Mail.Read https://x.test/Y");
    }
}
