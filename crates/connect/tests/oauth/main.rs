//! Authorising at a provider that keeps strictly to the standards and that we did not write: npm's oidc-provider, certified
//! for OpenID Connect. What is given is good once, and shown twice everything that came of it ends (RFC 9700 §4.14.2).

use connect::{
    Secret, World, WorldOptions,
    http::{HttpClient, straight_client},
    oauth::{
        Answer, ClientAuthentication, DEVICE_GRANT, OauthError, Registration, Request, TokenEndpoint, Tokens, Verifier,
        device_code,
    },
};
use serde_json::{Map, Value, json};
use testkit::IdentityServer;

const BACK: &str = "http://127.0.0.1:8025/mailboxes/authorised";
const SCOPE: &str = "openid offline_access";

struct Scene {
    server: IdentityServer,
    client: HttpClient,
    registration: Registration,
    url: String,
}

impl Scene {
    fn new(device_seconds: u32) -> Scene {
        let people = [("anna", json!({ "email": "anna@voorbeeld.test" }))];
        let server = IdentityServer::start_with(BACK, &people, device_seconds);
        let allow_networks = vec!["127.0.0.0/8".parse().unwrap(), "::1/128".parse().unwrap()];
        let world = World::new(WorldOptions { allow_networks, ..WorldOptions::default() }).unwrap();
        let client_secret = Secret::new(server.client_secret);
        let registration = Registration { client_id: server.client_id.to_owned(), client_secret };
        let url = format!("{}/token", server.issuer);
        Scene { client: straight_client(&world).unwrap(), registration, url, server }
    }

    /// Somebody agrees; gives what their browser brings back.
    fn agreed(&self, verifier: &Verifier) -> Answer {
        let request = Request {
            endpoint: &format!("{}/auth", self.server.issuer),
            client_id: self.server.client_id,
            redirect_uri: BACK,
            scope: SCOPE,
            state: "toestand",
            verifier,
            more: &[("prompt", "consent")],
        };
        let back = self.server.agree(&request.url().unwrap(), Some(BACK), "anna");
        let query = back.strip_prefix(BACK).and_then(|rest| rest.strip_prefix('?')).unwrap_or_else(|| panic!("{back}"));
        let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        let plain = |text: &str| text.replace("%3A", ":").replace("%2F", "/");
        let pairs: Map<String, Value> = pairs.map(|(name, value)| (name.to_owned(), plain(value).into())).collect();
        serde_json::from_value(pairs.into()).unwrap()
    }

    async fn redeem(&self, fields: &[(&str, &str)]) -> Result<Tokens, OauthError> {
        let authentication = ClientAuthentication::Basic;
        let endpoint = TokenEndpoint { url: &self.url, registration: &self.registration, authentication };
        endpoint.redeem(&self.client, fields, &[]).await
    }

    async fn redeem_code(&self, answer: &Answer, verifier: &Verifier) -> Result<Tokens, OauthError> {
        let code = answer.code(&self.server.issuer, true).unwrap();
        let fields = [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", BACK)];
        self.redeem(&[&fields[..], &[("code_verifier", verifier.reveal())]].concat()).await
    }

    async fn renew(&self, grant: &Secret) -> Result<Tokens, OauthError> {
        let grant = String::from_utf8_lossy(grant.reveal()).into_owned();
        self.redeem(&[("grant_type", "refresh_token"), ("refresh_token", &grant)]).await
    }
}

fn refusal(answer: Result<Tokens, OauthError>) -> String {
    match answer {
        Err(OauthError::Refused { code, .. }) => code,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_redeemed_once_and_only_with_what_was_shown_when_it_was_asked_for() {
    let scene = Scene::new(600);
    let verifier = Verifier::of(&[7; 32]);
    let answer = scene.agreed(&verifier);
    assert_eq!(answer.state.as_deref(), Some("toestand"));
    assert_eq!(refusal(scene.redeem_code(&answer, &Verifier::of(&[8; 32])).await), "invalid_grant");
    let answer = scene.agreed(&verifier);
    let tokens = scene.redeem_code(&answer, &verifier).await.unwrap();
    assert_eq!(tokens.scope.as_deref(), Some(SCOPE));
    assert!(tokens.expires_in.is_some_and(|seconds| seconds > 60));
    let grant = tokens.refresh_token.unwrap();
    // Redeemed twice, it was seen by somebody else: what it gave ends too.
    assert_eq!(refusal(scene.redeem_code(&answer, &verifier).await), "invalid_grant");
    assert_eq!(refusal(scene.renew(&grant).await), "invalid_grant");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grant_is_renewed_by_the_one_that_came_last_and_an_older_one_ends_them_all() {
    let scene = Scene::new(600);
    let verifier = Verifier::of(&[7; 32]);
    let first = scene.redeem_code(&scene.agreed(&verifier), &verifier).await.unwrap().refresh_token.unwrap();
    let mut last = first.clone();
    for _ in 0..3 {
        let next = scene.renew(&last).await.unwrap().refresh_token.expect("another one each time");
        assert_ne!(next.reveal(), last.reveal());
        last = next;
    }
    assert_eq!(refusal(scene.renew(&first).await), "invalid_grant");
    assert_eq!(refusal(scene.renew(&last).await), "invalid_grant", "the whole family ended");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_on_another_device_opens_nothing_until_somebody_typed_it_and_then_once() {
    let mut scene = Scene::new(600);
    scene.registration.client_id = format!("{}-device", scene.server.client_id);
    let url = format!("{}/device/auth", scene.server.issuer);
    let given = device_code(&scene.client, &url, &scene.registration.client_id, SCOPE).await.unwrap();
    assert_eq!((given.lasts.as_secs(), given.interval.as_secs()), (600, 5));
    let code = String::from_utf8_lossy(given.device_code.reveal()).into_owned();
    let fields = [("grant_type", DEVICE_GRANT), ("device_code", code.as_str())];
    let authentication = ClientAuthentication::None;
    let endpoint = TokenEndpoint { url: &scene.url, registration: &scene.registration, authentication };
    let asked = || endpoint.redeem(&scene.client, &fields, &[]);
    assert_eq!(refusal(asked().await), "authorization_pending");
    let page = format!("{}?user_code={}", given.verification_uri, given.user_code);
    assert!(scene.server.agree(&page, None, "anna").contains("Sign-in Success"));
    let tokens = asked().await.unwrap();
    assert!(tokens.refresh_token.is_some());
    assert_eq!(refusal(asked().await), "invalid_grant", "it is good once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_nobody_typed_in_time_is_over() {
    let mut scene = Scene::new(1);
    scene.registration.client_id = format!("{}-device", scene.server.client_id);
    let url = format!("{}/device/auth", scene.server.issuer);
    let given = device_code(&scene.client, &url, &scene.registration.client_id, SCOPE).await.unwrap();
    let code = String::from_utf8_lossy(given.device_code.reveal()).into_owned();
    let fields = [("grant_type", DEVICE_GRANT), ("device_code", code.as_str())];
    let authentication = ClientAuthentication::None;
    let endpoint = TokenEndpoint { url: &scene.url, registration: &scene.registration, authentication };
    // It may be asked until then; the provider's own clock ends it.
    loop {
        match refusal(endpoint.redeem(&scene.client, &fields, &[]).await).as_str() {
            "authorization_pending" => tokio::task::yield_now().await,
            said => break assert_eq!(said, "expired_token"),
        }
    }
}
