//! Name lookups.

mod proof;

use crate::ConnectError;
use crate::error::{Cause, Step};
use async_trait::async_trait;
use hickory_resolver::{
    TokioResolver,
    proto::rr::{RData, RecordType},
};
use proof::Provers;
use std::{
    collections::HashMap,
    net::{IpAddr, SocketAddr},
    sync::OnceLock,
};

/// Why a lookup gave nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DnsError {
    /// The name, or the record asked for, does not exist.
    #[error("the name does not exist")]
    NotFound,
    /// Nobody could say: the resolver is unreachable or the answer was broken.
    #[error("the lookup failed: {0}")]
    Failed(String),
}

impl DnsError {
    /// The same for a connector: worth another try later, for names come and go.
    pub fn for_host(self, host: &str) -> ConnectError {
        let reason = format!("looking up {host}: {self}");
        ConnectError::Later { step: Step::Resolve, cause: Cause::UnknownHost, wait: None, reason }
    }
}

/// One mail exchanger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mx {
    /// Lower goes first.
    pub preference: u16,
    /// Its name, without the dot at the end; empty for "this domain takes no mail" (RFC 7505).
    pub exchange: String,
}

/// One service location (RFC 2782).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Srv {
    /// Lower goes first.
    pub priority: u16,
    /// Share among equals.
    pub weight: u16,
    /// TCP port.
    pub port: u16,
    /// Host name without the dot at the end; empty for "decidedly not available".
    pub target: String,
}

/// What the certificate of a server must look like, as its domain says in the DNS (RFC 6698 §2.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tlsa {
    /// 2: an authority of the chain, 3: the server's own; the others are not for mail (RFC 7672 §3.1.3).
    pub usage: u8,
    /// 0: the whole certificate, 1: its public key.
    pub selector: u8,
    /// 0: as it is, 1: its SHA-256, 2: its SHA-512.
    pub matching: u8,
    /// That, as bytes.
    pub data: Vec<u8>,
}

/// Looks names up; the system's resolver in the program, a table in tests.
#[async_trait]
pub trait Resolver: Send + Sync + std::fmt::Debug {
    /// Every address of the host, in the order they should be tried.
    async fn addresses(&self, host: &str) -> Result<Vec<IpAddr>, DnsError>;
    /// The mail exchangers of the domain, best first.
    async fn mx(&self, domain: &str) -> Result<Vec<Mx>, DnsError>;
    /// The service locations under this name, best first.
    async fn srv(&self, name: &str) -> Result<Vec<Srv>, DnsError>;
    /// The texts under this name, each with its pieces joined.
    async fn txt(&self, name: &str) -> Result<Vec<String>, DnsError>;
    /// Whether the host has any address: a name that does not exist is told from a lookup that did not work.
    async fn has_addresses(&self, host: &str) -> Result<bool, DnsError> {
        match self.addresses(host).await {
            Ok(found) => Ok(!found.is_empty()),
            Err(DnsError::NotFound) => Ok(false),
            Err(error) => Err(error),
        }
    }
    /// The names that this address goes by (PTR).
    async fn names(&self, _address: IpAddr) -> Result<Vec<String>, DnsError> {
        Err(DnsError::NotFound)
    }
    /// [`Resolver::mx`], and whether DNSSEC proves it.
    async fn mx_with_proof(&self, domain: &str) -> Result<(Vec<Mx>, bool), DnsError> {
        Ok((self.mx(domain).await?, false))
    }
    /// Whether DNSSEC proves the addresses of this host.
    async fn has_proven_addresses(&self, _host: &str) -> Result<bool, DnsError> {
        Ok(false)
    }
    /// The TLSA records under this name, as far as DNSSEC proves them; [`DnsError::NotFound`] when it proves none.
    async fn tlsa(&self, _name: &str) -> Result<Vec<Tlsa>, DnsError> {
        Err(DnsError::NotFound)
    }
}

/// The operating system's names (with `/etc/hosts`) for addresses, its name servers for the rest.
///
/// Built on the first question: a program that only fetches by address never reads `resolv.conf`.
#[derive(Debug, Default)]
pub struct SystemResolver {
    records: OnceLock<Result<TokioResolver, String>>,
    provers: OnceLock<Provers>,
}

impl SystemResolver {
    fn provers(&self) -> &Provers {
        self.provers.get_or_init(Provers::of_system)
    }

    fn records(&self) -> Result<&TokioResolver, DnsError> {
        let built = self.records.get_or_init(|| {
            TokioResolver::builder_tokio().and_then(|builder| builder.build()).map_err(|error| error.to_string())
        });
        built.as_ref().map_err(|reason| DnsError::Failed(reason.clone()))
    }

    async fn lookup<T>(
        &self,
        name: &str,
        kind: RecordType,
        pick: impl Fn(&RData) -> Option<T>,
    ) -> Result<Vec<T>, DnsError> {
        // The dot keeps the search list of `resolv.conf` out of it.
        let name = format!("{}.", name.trim_end_matches('.'));
        let answer = self.records()?.lookup(name, kind).await.map_err(|error| {
            if error.is_no_records_found() { DnsError::NotFound } else { DnsError::Failed(error.to_string()) }
        })?;
        let found: Vec<T> = answer.answers().iter().filter_map(|record| pick(&record.data)).collect();
        if found.is_empty() { Err(DnsError::NotFound) } else { Ok(found) }
    }
}

#[async_trait]
impl Resolver for SystemResolver {
    async fn addresses(&self, host: &str) -> Result<Vec<IpAddr>, DnsError> {
        match tokio::net::lookup_host((host, 0)).await {
            Ok(found) => {
                let mut addresses: Vec<IpAddr> = found.map(|address: SocketAddr| address.ip()).collect();
                addresses.dedup();
                if addresses.is_empty() { Err(DnsError::NotFound) } else { Ok(addresses) }
            }
            Err(error) => Err(DnsError::Failed(error.to_string())),
        }
    }

    async fn mx(&self, domain: &str) -> Result<Vec<Mx>, DnsError> {
        let kind = RecordType::MX;
        let mut found = self.lookup(domain, kind, mx_of).await?;
        found.sort_by_key(|mx| mx.preference);
        Ok(found)
    }

    async fn srv(&self, name: &str) -> Result<Vec<Srv>, DnsError> {
        let kind = RecordType::SRV;
        let mut found = self
            .lookup(name, kind, |data| match data {
                RData::SRV(srv) => Some(Srv {
                    priority: srv.priority,
                    weight: srv.weight,
                    port: srv.port,
                    target: plain(&srv.target.to_ascii()),
                }),
                _ => None,
            })
            .await?;
        found.sort_by_key(|srv| (srv.priority, u16::MAX - srv.weight));
        Ok(found)
    }

    async fn txt(&self, name: &str) -> Result<Vec<String>, DnsError> {
        let kind = RecordType::TXT;
        self.lookup(name, kind, |data| match data {
            RData::TXT(txt) => Some(String::from_utf8_lossy(&txt.txt_data.concat()).into_owned()),
            _ => None,
        })
        .await
    }

    async fn has_addresses(&self, host: &str) -> Result<bool, DnsError> {
        for kind in [RecordType::A, RecordType::AAAA] {
            match self.lookup(host, kind, |data| matches!(data, RData::A(_) | RData::AAAA(_)).then_some(())).await {
                Ok(_) => return Ok(true),
                Err(DnsError::NotFound) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(false)
    }

    async fn names(&self, address: IpAddr) -> Result<Vec<String>, DnsError> {
        let found = self.records()?.reverse_lookup(address).await.map_err(|error| {
            if error.is_no_records_found() { DnsError::NotFound } else { DnsError::Failed(error.to_string()) }
        })?;
        let name = |data: &RData| match data {
            RData::PTR(name) => Some(plain(&name.0.to_ascii())),
            _ => None,
        };
        Ok(found.answers().iter().filter_map(|record| name(&record.data)).collect())
    }

    async fn mx_with_proof(&self, domain: &str) -> Result<(Vec<Mx>, bool), DnsError> {
        let provers = self.provers();
        if !provers.are_there() {
            return Ok((self.mx(domain).await?, false));
        }
        let said = provers.ask(domain, RecordType::MX).await?;
        let mut found: Vec<Mx> = said.records.iter().filter_map(mx_of).collect();
        found.sort_by_key(|mx| mx.preference);
        Ok((found, said.is_proven))
    }

    async fn has_proven_addresses(&self, host: &str) -> Result<bool, DnsError> {
        let provers = self.provers();
        if !provers.are_there() {
            return Ok(false);
        }
        // Either family will do: both are of one zone, and a zone is signed or not.
        match provers.ask(host, RecordType::A).await {
            Err(DnsError::NotFound) => provers.ask(host, RecordType::AAAA).await.map(|said| said.is_proven),
            said => said.map(|said| said.is_proven),
        }
    }

    async fn tlsa(&self, name: &str) -> Result<Vec<Tlsa>, DnsError> {
        let provers = self.provers();
        if !provers.are_there() {
            return Err(DnsError::NotFound);
        }
        let said = provers.ask(name, RecordType::TLSA).await?;
        if !said.is_proven {
            return Err(DnsError::NotFound);
        }
        let tlsa = |data: &RData| match data {
            RData::TLSA(tlsa) => Some(Tlsa {
                usage: tlsa.cert_usage.into(),
                selector: tlsa.selector.into(),
                matching: tlsa.matching.into(),
                data: tlsa.cert_data.clone(),
            }),
            _ => None,
        };
        Ok(said.records.iter().filter_map(tlsa).collect())
    }
}

fn mx_of(data: &RData) -> Option<Mx> {
    match data {
        RData::MX(mx) => Some(Mx { preference: mx.preference, exchange: plain(&mx.exchange.to_ascii()) }),
        _ => None,
    }
}

fn plain(name: &str) -> String {
    name.trim_end_matches('.').to_ascii_lowercase()
}

/// Names from a table, for tests: what is not in it does not exist.
#[derive(Debug, Default, Clone)]
pub struct TableResolver {
    /// Host to addresses.
    pub hosts: HashMap<String, Vec<IpAddr>>,
    /// Domain to exchangers.
    pub mx: HashMap<String, Vec<Mx>>,
    /// Name to service locations.
    pub srv: HashMap<String, Vec<Srv>>,
    /// Name to texts.
    pub txt: HashMap<String, Vec<String>>,
}

impl TableResolver {
    /// The table with one more host.
    pub fn host(mut self, name: &str, address: IpAddr) -> TableResolver {
        self.hosts.entry(plain(name)).or_default().push(address);
        self
    }
}

fn row<T: Clone>(table: &HashMap<String, Vec<T>>, name: &str) -> Result<Vec<T>, DnsError> {
    table.get(&plain(name)).cloned().ok_or(DnsError::NotFound)
}

#[async_trait]
impl Resolver for TableResolver {
    async fn addresses(&self, host: &str) -> Result<Vec<IpAddr>, DnsError> {
        row(&self.hosts, host)
    }
    async fn mx(&self, domain: &str) -> Result<Vec<Mx>, DnsError> {
        row(&self.mx, domain)
    }
    async fn srv(&self, name: &str) -> Result<Vec<Srv>, DnsError> {
        row(&self.srv, name)
    }
    async fn txt(&self, name: &str) -> Result<Vec<String>, DnsError> {
        row(&self.txt, name)
    }
}
