//! A simulator, and lines to its domains.

use connect::{
    Secret, Vendors, World, WorldOptions,
    mailgun::{Access, Line, Region},
};
use simulator::{Cloud, MAILGUN_KEY, Simulator};
use std::sync::Arc;

pub(crate) const MG: &str = "mg.voorbeeld.test";

pub(crate) async fn simulator() -> Simulator {
    Simulator::start("127.0.0.1:0".parse().unwrap(), Cloud::default()).await.unwrap()
}

pub(crate) fn line(simulator: &Simulator, region: Region, domain: &str, key: &str) -> Arc<Line> {
    let options = WorldOptions { allow_networks: vec!["127.0.0.0/8".parse().unwrap()], ..WorldOptions::default() };
    let world = World::new(options).unwrap().with_vendors(Vendors::simulated(&simulator.url).unwrap());
    let access = Access { region, domain: domain.to_owned(), key: Secret::new(key) };
    Arc::new(Line::new(&world, access).unwrap())
}

pub(crate) fn eu(simulator: &Simulator) -> Arc<Line> {
    line(simulator, Region::Eu, MG, MAILGUN_KEY)
}
