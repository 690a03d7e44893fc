//! What an administrator says of an app, put in order: who it is, what proves it, and whether it opens mailboxes by itself.

use super::{app::AppInput, vendor};
use crate::words::{
    Checks, Refusal,
    field::{self, Why},
};
use connect::oauth::{Certificate, KeyFault, ServiceAccount};
use store::app_registration::{AppProvider, AppRegistration, AppSettings, NewProof, Proof};
use zeroize::Zeroizing;

/// A key file has some 2,400 characters, a certificate with its key and those above it some more.
const LONGEST: usize = 40_000;

/// The field by which a proof is given.
pub(super) fn field_of(proof: Proof) -> &'static str {
    match proof {
        Proof::Secret => "client_secret",
        Proof::Certificate => "certificate",
        Proof::ServiceAccount => "service_account",
    }
}

/// A proof, when it ends as far as it says so itself, and whom it names.
struct Given {
    new: NewProof,
    ends_at: Option<i64>,
    client_id: Option<String>,
}

/// What follows from the input, or everything that is wrong with it.
pub(super) fn checked(
    provider: AppProvider,
    known: Option<&AppRegistration>,
    input: &AppInput,
    now: i64,
) -> Result<AppSettings, Refusal> {
    let mut checks = Checks::default();
    let tenant = input.tenant.trim().to_lowercase();
    tenant_of(provider, &tenant, &mut checks);
    let given = proof(provider, input, &mut checks);
    let named = given.as_ref().and_then(|given| given.client_id.clone());
    let proof = given.as_ref().map(|given| given.new.proof).or(known.map(|known| known.proof));
    let client_id = match (input.client_id.trim(), named, proof, known) {
        ("", Some(named), ..) => named,
        ("", None, Some(Proof::ServiceAccount), Some(known)) => known.client_id.clone(),
        (typed, ..) => typed.to_owned(),
    };
    // A key file that can't be read names nobody: that is said of the file.
    if !client_id.is_empty() || input.service_account.is_none() {
        checks.line("client_id", &client_id, 200);
    }
    let is_tried = input.secret.is_some() || input.certificate.is_some() || input.service_account.is_some();
    if known.is_none() && !is_tried {
        checks.wrong("client_secret", field::REQUIRED);
    }
    if given.as_ref().and_then(|given| given.ends_at).is_some_and(|at| at <= now) {
        checks.wrong("certificate", field::CERTIFICATE_ENDED);
    }
    let only_alone = proof == Some(Proof::ServiceAccount);
    let acts_alone = only_alone || input.acts_alone.unwrap_or(known.is_some_and(|known| known.acts_alone));
    // Who turns from a service account back to a secret lets each owner agree again.
    let acts_alone = acts_alone && (only_alone || provider == AppProvider::Microsoft || input.acts_alone == Some(true));
    if acts_alone && !only_alone && provider == AppProvider::Google {
        checks.wrong("acts_alone", field::SERVICE_ACCOUNT_NEEDED);
    }
    checks.done()?;
    let expires_at = match (&given, proof) {
        (Some(given), Some(Proof::Certificate)) => given.ends_at,
        (None, Some(Proof::Certificate)) => known.and_then(|known| known.expires_at),
        _ => input.expires_at,
    };
    Ok(AppSettings { tenant, client_id, acts_alone, secret: given.map(|given| given.new), expires_at })
}

fn tenant_of(provider: AppProvider, tenant: &str, checks: &mut Checks) {
    if !vendor::has_tenants(provider) {
        if !tenant.is_empty() {
            checks.wrong("tenant", field::NO_TENANT_HERE);
        }
        return;
    }
    checks.line("tenant", tenant, 255);
    let is_plain = tenant.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte));
    let is_anybodys = ["common", "organizations", "consumers"].contains(&tenant);
    if !tenant.is_empty() && (!is_plain || is_anybodys) {
        checks.wrong("tenant", field::NOT_A_TENANT);
    }
}

/// The one proof that was given; more than one can't all be meant.
fn proof(provider: AppProvider, input: &AppInput, checks: &mut Checks) -> Option<Given> {
    let all = [
        (Proof::Secret, &input.secret),
        (Proof::Certificate, &input.certificate),
        (Proof::ServiceAccount, &input.service_account),
    ];
    let mut given = all.into_iter().filter_map(|(proof, text)| Some((proof, text.as_ref()?)));
    let (proof, text) = given.next()?;
    if let Some((another, _)) = given.next() {
        checks.wrong(field_of(another), field::ONE_PROOF);
        return None;
    }
    let elsewhere = match proof {
        Proof::Secret => false,
        Proof::Certificate => provider != AppProvider::Microsoft,
        Proof::ServiceAccount => provider != AppProvider::Google,
    };
    if elsewhere {
        checks.wrong(field_of(proof), field::NOT_AT_THIS_PROVIDER);
        return None;
    }
    if text.len() > LONGEST {
        checks.wrong(field_of(proof), field::TOO_LONG);
        return None;
    }
    match read(proof, text, checks) {
        Ok(given) => Some(given),
        Err(fault) => {
            checks.wrong(field_of(proof), why(fault));
            None
        }
    }
}

fn read(proof: Proof, text: &str, checks: &mut Checks) -> Result<Given, KeyFault> {
    let text = if proof == Proof::Secret { text } else { text.trim() };
    let secret = Zeroizing::new(text.as_bytes().to_vec());
    let (shown, ends_at, client_id) = match proof {
        Proof::Secret => {
            checks.line("client_secret", text, 2000);
            (None, None, None)
        }
        Proof::Certificate => {
            let read = Certificate::read(&secret)?;
            (Some(read.fingerprint()), read.ends_at, None)
        }
        Proof::ServiceAccount => {
            let read = ServiceAccount::read(&secret)?;
            (Some(read.email), None, Some(read.client_id))
        }
    };
    Ok(Given { new: NewProof { proof, secret, shown }, ends_at, client_id })
}

/// What is wrong with it, in words.
pub(super) fn why(fault: KeyFault) -> Why {
    match fault {
        KeyFault::NoCertificate => field::NO_CERTIFICATE,
        KeyFault::NoKey | KeyFault::Broken => field::NO_PRIVATE_KEY,
        KeyFault::Locked => field::KEY_LOCKED,
        KeyFault::OtherKey => field::OTHER_KEY,
        KeyFault::NotServiceAccount => field::NO_KEY_FILE,
    }
}
