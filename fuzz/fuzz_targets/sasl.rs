//! Whatever a server asks while somebody signs in, it learns no password by SCRAM and proves nothing without it.
#![no_main]

use connect::{Credentials, Secret, sasl::Exchange};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|challenges: Vec<&[u8]>| {
    let password = b"zonnig-dorp-aan-de-zee";
    let credentials = Credentials::Password { username: "info".to_owned(), secret: Secret::new(password.to_vec()) };
    for mechanism in ["SCRAM-SHA-256", "LOGIN", "PLAIN"] {
        let Some(mut exchange) = Exchange::start(&[mechanism], &credentials, "imap.example", 993) else { continue };
        exchange.initial();
        for challenge in &challenges {
            let Ok(answer) = exchange.step(challenge) else { break };
            let is_shown = answer.windows(password.len()).any(|window| window == password);
            assert!(!is_shown || mechanism != "SCRAM-SHA-256");
        }
        assert!(mechanism != "SCRAM-SHA-256" || !exchange.proven());
    }
});
