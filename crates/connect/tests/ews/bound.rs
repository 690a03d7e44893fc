//! Over TLS as real servers have it: NTLM is bound to the certificate of the line it goes over (RFC 5929; Extended Protection), a door
//! that demands it opens, and a signpost without TLS leads to it.

use crate::kept::{INFO, Kept, simulator};
use connect::{
    ConnectError, Encryption, Secret, Server, Source, Vendors, World, WorldOptions,
    dns::TableResolver,
    error::Cause,
    ews::{
        EwsSettings, EwsSource, SignIn,
        autodiscover::{Found, Places, Wanted, search},
    },
};
use jiff::Timestamp;
use simulator::{EXCHANGE_PASSWORD, Simulator};
use std::{io::Write, sync::Arc};
use testkit::{BoundDoor, Ca, Identity};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

const USER: &str = "VOORBEELD\\info";

struct Scene {
    simulator: Arc<Simulator>,
    door: BoundDoor,
    ca: Ca,
}

async fn scene(bound_to: impl FnOnce(&Ca, &Identity) -> Identity) -> Scene {
    let simulator = simulator().await;
    simulator.with(|cloud| {
        let mailbox = cloud.mailbox(INFO).unwrap();
        (0..30).for_each(|n| {
            _ = mailbox.put("inbox", format!("Subject: brief {n}\r\n\r\nhallo\r\n"), Timestamp::now()).serial
        });
    });
    let ca = Ca::new();
    let shown = ca.issue(&["127.0.0.1", "autodiscover.voorbeeld.test"]);
    let bound_to = bound_to(&ca, &shown);
    let url = simulator.url.clone();
    let door = tokio::task::spawn_blocking(move || BoundDoor::start(&shown, &bound_to, &url, USER, EXCHANGE_PASSWORD));
    Scene { simulator, door: door.await.unwrap(), ca }
}

impl Scene {
    /// A world that trusts whoever made the door's certificate, and in which its name leads to this machine.
    fn world(&self) -> World {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(self.ca.pem.as_bytes()).unwrap();
        let options = WorldOptions {
            allow_networks: vec!["127.0.0.0/8".parse().unwrap()],
            extra_ca: Some(file.path().to_owned()),
            ..WorldOptions::default()
        };
        let table = TableResolver::default().host("autodiscover.voorbeeld.test", "127.0.0.1".parse().unwrap());
        World::new(options).unwrap().with_resolver(Arc::new(table))
    }

    fn source(&self, secret: &str) -> EwsSource {
        let port = self.door.port;
        let settings = EwsSettings {
            url: format!("https://127.0.0.1:{port}/EWS/Exchange.asmx"),
            server: Server { host: "127.0.0.1".into(), port, encryption: Encryption::Tls, pinned_certificate: None },
            sign_in: SignIn::ntlm(USER, Secret::new(secret)),
        };
        EwsSource::new(settings.line(&self.world()), 50 << 20)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_demands_the_binding_takes_ours_and_everything_is_fetched() {
    let scene = scene(|_, shown| shown.clone()).await;
    let mut kept = Kept::default();
    kept.pull(&mut scene.source(EXCHANGE_PASSWORD)).await.unwrap();
    kept.is_as_in(&scene.simulator);
    assert_eq!(kept.came, 30);
    let judged = scene.door.judged();
    assert!(!judged.is_empty() && judged.iter().all(|one| one == "in"), "{judged:?}");
    // The judge knows a wrong password from a wrong binding.
    scene.source("iets-anders-dan-dat-9").folders().await.unwrap_err();
    assert_eq!(scene.door.judged().last().map(String::as_str), Some("InvalidTokenError"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handshake_that_went_over_another_line_is_refused_once() {
    // Somebody between us and the server, whose certificate we trust, hands our handshake on.
    let scene = scene(|ca, _| ca.issue(&["127.0.0.1"])).await;
    let error = scene.source(EXCHANGE_PASSWORD).folders().await.unwrap_err();
    assert!(matches!(&error, ConnectError::Credentials { cause: Cause::WrongPassword, .. }), "{error:?}");
    assert_eq!(scene.door.judged(), ["BadBindingsError"]);
}

/// A signpost (MS-OXDISCO §3.1.5.4): it answers each request with this address, and keeps what was said to it.
async fn signpost(to: String) -> (u16, tokio::task::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let task = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut heard = Vec::new();
        while !heard.ends_with(b"\r\n\r\n") {
            heard.push(stream.read_u8().await.unwrap());
        }
        let answer = format!("HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        stream.write_all(answer.as_bytes()).await.unwrap();
        String::from_utf8(heard).unwrap()
    });
    (port, task)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signpost_without_tls_leads_to_a_server_with_it_and_gets_no_password() {
    let scene = scene(|_, shown| shown.clone()).await;
    let door = scene.door.port;
    let path = "autodiscover/autodiscover.xml";
    let found = |to: String| {
        let world = scene.world();
        async move {
            let (port, task) = signpost(to).await;
            let signposts = vec![format!("http://autodiscover.{{domain}}:{port}")];
            let autodiscover = Places { servers: Vec::new(), signposts, plain: false };
            let world = world.with_vendors(Vendors { autodiscover, ..Vendors::default() });
            let wanted = Wanted {
                address: INFO.to_owned(),
                username: USER.to_owned(),
                secret: Secret::new(EXCHANGE_PASSWORD),
                agreed: Vec::new(),
            };
            let found = search(&world, wanted).await.unwrap();
            let heard = task.await.unwrap();
            assert!(heard.starts_with(&format!("GET /{path} HTTP/1.1\r\n")), "{heard}");
            assert!(!heard.to_lowercase().contains("authorization"), "{heard}");
            found
        }
    };
    let service = found(format!("https://autodiscover.voorbeeld.test:{door}/{path}")).await;
    let Found::Service { url, by_ntlm, .. } = &service else { panic!("{service:?}") };
    assert_eq!((url, *by_ntlm), (&format!("https://autodiscover.voorbeeld.test:{door}/EWS/Exchange.asmx"), true));
    assert_eq!(scene.door.judged(), ["in"]);
    // Whoever can change an answer without TLS leads nobody to a line that everybody can read, nor to another domain unasked.
    let plain =
        found(format!("{}/{path}", scene.simulator.url.replace("127.0.0.1", "autodiscover.voorbeeld.test"))).await;
    assert!(matches!(plain, Found::Nowhere { .. }), "{plain:?}");
    let elsewhere = found(format!("https://autodiscover.elders.test:{door}/{path}")).await;
    assert!(matches!(&elsewhere, Found::Elsewhere { host, .. } if host == "autodiscover.elders.test"), "{elsewhere:?}");
    assert_eq!(scene.door.judged(), ["in"], "nobody else was asked");
}
