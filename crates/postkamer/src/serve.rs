//! `postkamer serve`: everything in one process, or one role of it.

use crate::{
    installation,
    options::Settled,
    outcome::{self, Failed, Outcome},
    trouble::of_io,
    words,
};
use axum::serve::ListenerExt;
use clap::{Args, ValueEnum};
use connect::relay::Identity;
use mailroom::{MailRoom, incoming::DoorOptions};
use std::{net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};
use tokio::{net::TcpListener, sync::watch, task::JoinSet};

/// How long running work may take to end after the signal.
const GRACE: Duration = Duration::from_secs(18);

/// Which part of the program runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Role {
    All,
    Web,
    Sync,
    Outbox,
    Inbound,
}

/// Run everything, or with --role a part of it.
#[derive(Debug, Args)]
pub struct Serve {
    /// Where to listen for the page and the API [default: 127.0.0.1:8025]
    #[arg(long, env = "POSTKAMER_HTTP", value_name = "ADDR:PORT")]
    http: Option<SocketAddr>,
    /// Where to take mail in by SMTP, for our own addresses [default: nowhere]
    #[arg(long, env = "POSTKAMER_SMTP", value_name = "ADDR:PORT")]
    smtp: Option<SocketAddr>,
    /// Certificate chain (PEM) to show there [default: one of our own making]
    #[arg(long, env = "POSTKAMER_SMTP_CERTIFICATE", value_name = "FILE")]
    smtp_certificate: Option<PathBuf>,
    /// Key (PEM) of that certificate
    #[arg(long, env = "POSTKAMER_SMTP_KEY", value_name = "FILE")]
    smtp_key: Option<PathBuf>,
    /// A network whose SMTP connections begin with a PROXY header (repeat, or separate by commas)
    #[arg(long, env = "POSTKAMER_SMTP_PROXY", value_name = "CIDR", value_delimiter = ',')]
    smtp_proxy: Option<Vec<String>>,
    /// Which part to run
    #[arg(long, env = "POSTKAMER_ROLE", value_enum, default_value = "all")]
    role: Role,
}

impl Serve {
    /// Runs until a signal asks it to stop.
    pub async fn run(self, options: &Settled) -> Outcome {
        start_log();
        let address = self.address(options)?;
        let door = self.door(options)?;
        let room = installation::open(options).await?;
        serve(Arc::new(room), address, door, self.role, |address| {
            _ = outcome::print(format_args!("Postkamer: http://{address}"))
        })
        .await
    }

    /// Where and how to take mail in; nothing when nobody says where.
    fn door(&self, options: &Settled) -> Result<Option<DoorOptions>, Failed> {
        let from_file = &options.smtp;
        let address = match (self.smtp, &from_file.address) {
            (Some(address), _) => address,
            (None, Some(text)) => text.parse().map_err(|_| Failed::usage(words::NO_SMTP.with(&[("given", text)])))?,
            (None, None) => return Ok(None),
        };
        let certificate = self.smtp_certificate.as_ref().or(from_file.certificate.as_ref());
        let key = self.smtp_key.as_ref().or(from_file.key.as_ref());
        let domain = installation::base_domain(options);
        let identity = match (certificate, key) {
            (Some(certificate), Some(key)) => Identity::of_files(certificate, key),
            (None, None) => Identity::of_our_own(&domain),
            _ => return Err(Failed::usage(words::HALF_A_CERTIFICATE)),
        };
        let identity = identity.map_err(|error| {
            Failed::new("certificate", words::around(words::NO_CERTIFICATE, &[("why", &of_io(&error))]))
        })?;
        let networks = self.smtp_proxy.as_ref().unwrap_or(&from_file.proxies);
        let proxies = networks
            .iter()
            .map(|text| text.trim().parse().map_err(|_| Failed::usage(words::NO_PROXY.with(&[("given", text)]))))
            .collect::<Result<_, _>>()?;
        Ok(Some(DoorOptions { address, identity, proxies }))
    }

    fn address(&self, options: &Settled) -> Result<SocketAddr, Failed> {
        match (self.http, &options.http) {
            (Some(address), _) => Ok(address),
            (None, Some(text)) => text.parse().map_err(|_| Failed::usage(words::NO_LISTENER.with(&[("given", text)]))),
            (None, None) => Ok(SocketAddr::from(([127, 0, 0, 1], 8025))),
        }
    }
}

/// Serves everything on this address, and calls `ready` with it once it listens.
pub async fn serve_all(room: Arc<MailRoom>, address: SocketAddr, ready: impl FnOnce(SocketAddr)) -> Outcome {
    serve(room, address, None, Role::All, ready).await
}

async fn serve(
    room: Arc<MailRoom>,
    address: SocketAddr,
    door: Option<DoorOptions>,
    role: Role,
    ready: impl FnOnce(SocketAddr),
) -> Outcome {
    let asked_to_stop = signalled()?;
    let (stop, stopped) = watch::channel(false);
    let mut tasks = JoinSet::new();
    if matches!(role, Role::All | Role::Sync) {
        tasks.spawn(mailroom::incoming::run((*room).clone(), stopped.clone()));
        tasks.spawn(mailroom::upkeep::run((*room).clone(), stopped.clone()));
        tasks.spawn(mailroom::accounts::device_code::run((*room).clone(), stopped.clone()));
    }
    if matches!(role, Role::All | Role::Outbox) {
        tasks.spawn(mailroom::outgoing::run((*room).clone(), stopped.clone()));
        tasks.spawn(mailroom::people::run((*room).clone(), stopped.clone()));
    }
    if let Some(options) = door.filter(|_| matches!(role, Role::All | Role::Inbound)) {
        let address = options.address;
        let open = mailroom::incoming::open_door(&room, options).await.map_err(|error| {
            let facts = [("address", &words::as_it_is(address.to_string())), ("why", &of_io(&error))];
            Failed::new("smtp", words::around(words::NOT_OPENED, &facts))
        })?;
        tracing::info!(address = %open.address, "mail is taken in by SMTP");
        tasks.spawn(open.serve(stopped.clone()));
    }
    // Every role answers /healthz, /readyz and /metrics; only web and all are sent people.
    let listener = TcpListener::bind(address).await.map_err(|error| {
        let facts = [("address", &words::as_it_is(address.to_string())), ("why", &of_io(&error))];
        Failed::new("http", words::around(words::NOT_OPENED, &facts))
    })?;
    let bound = listener.local_addr().unwrap_or(address);
    room.is_served_at(bound);
    // Small answers must not wait for the peer's acknowledgement of the one before.
    let listener = listener.tap_io(|stream| {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "a connection answers with delays");
        }
    });
    let state = web::AppState::new(room.clone());
    // One service for all connections: a router that is not made into one is copied, every route of it, for each.
    let router = web::router(state.clone()).into_make_service_with_connect_info::<SocketAddr>();
    let mut web_stop = stopped.clone();
    let serving = axum::serve(listener, router).with_graceful_shutdown(async move {
        let _ = web_stop.wait_for(|stop| *stop).await;
        state.close();
    });
    let mut serving = tokio::spawn(async move { serving.await });
    ready(bound);
    tokio::select! {
        () = asked_to_stop => tracing::info!("asked to stop; finishing what runs"),
        ended = &mut serving => tracing::error!(?ended, "the web server ended by itself"),
    }
    stop.send_replace(true);
    let finished = tokio::time::timeout(GRACE, async {
        while tasks.join_next().await.is_some() {}
        let _ = (&mut serving).await;
        room.grants.finished().await;
    });
    if finished.await.is_err() {
        tracing::warn!("some work did not end in time; what it was doing is settled at the next start");
    }
    Ok(None)
}

/// Ends when somebody asks us to stop. Listens from the call on, not from the first look: a signal that comes while we
/// are still starting must not end us half-way.
fn signalled() -> Result<impl Future<Output = ()>, Failed> {
    use tokio::signal::unix::{SignalKind, signal};
    let listen = |kind| {
        let failed = |error| Failed::new("signal", words::around(words::NO_SIGNALS, &[("why", &of_io(&error))]));
        signal(kind).map_err(failed)
    };
    let (mut terminate, mut interrupt) = (listen(SignalKind::terminate())?, listen(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// Log lines go to standard error; `POSTKAMER_LOG` says how many, `POSTKAMER_LOG_FORMAT=json` in which form.
pub fn start_log() {
    use tracing_subscriber::EnvFilter;
    let filter = EnvFilter::try_from_env("POSTKAMER_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(false);
    match std::env::var("POSTKAMER_LOG_FORMAT").as_deref() {
        Ok("json") => log.json().init(),
        _ => log.with_ansi(false).init(),
    }
}
