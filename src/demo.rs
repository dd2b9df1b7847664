//! Believable data for every shipped profile: organizations, the people in them, and five months of what they did.
//!
//! Deliberately absent: input, output and the clock. The same `now` always gives the same events, and whoever calls
//! decides where they go. Everybody is invented; addresses are of the ranges kept for documentation.

use everlog_core::profile::{self, Profile};
use jiff::Timestamp;
use serde_json::Value;

use crate::demo::random::Random;
use crate::demo::scribe::{Actor, Scribe};
use crate::demo::stories::{documents, platform, signing, workspace};

mod desk;
mod people;
mod random;
mod record;
mod scribe;
mod stories;

pub use desk::DemoProcess;
pub use scribe::DAYS;

/// An organization of the demo.
#[derive(Debug, Clone, Copy)]
pub struct DemoOrg {
    /// Its id.
    pub id: &'static str,
    /// Its name.
    pub name: &'static str,
    /// The profile by which its log is shown.
    pub profile: &'static str,
    /// Where it is.
    pub time_zone: &'static str,
    /// The catalogs it speaks.
    pub catalogs: &'static [&'static str],
    /// One sentence about something in its log that is worth finding.
    pub incident_hint: &'static str,
    staff: fn() -> Vec<Actor>,
    tell: fn(&mut Scribe),
}

/// Somebody for whom a viewer link can be made, and who has done much of what it shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DemoUser {
    /// The id by which events name them.
    pub id: String,
    /// Their name.
    pub name: String,
    /// Their address.
    pub email: String,
    /// The role of the profile.
    pub role: String,
}

/// The organizations of the demo, one for each shipped profile.
pub fn organizations() -> Vec<DemoOrg> {
    vec![
        DemoOrg {
            id: "northwind-docs",
            name: "Northwind Conveyancing",
            profile: "documents",
            time_zone: "Asia/Kolkata",
            catalogs: &["everlog", "documents"],
            incident_hint: "Eleven evenings ago, at 22:40, Meera Iyer's account signed in from Ulaanbaatar after \
                            three wrong passwords, sent three contacts away, deleted four and a workflow, and \
                            signed out.",
            staff: documents::staff,
            tell: documents::tell,
        },
        DemoOrg {
            id: "globex-crm",
            name: "Globex Trading",
            profile: "workspace",
            time_zone: "America/Chicago",
            catalogs: &["everlog", "workspace"],
            incident_hint: "Eleven evenings ago, at 22:40, Chidi Okafor's account, in Tórshavn for once, made an \
                            API key, made a colleague an admin, deleted five leads one by one and revoked the key.",
            staff: workspace::staff,
            tell: workspace::tell,
        },
        DemoOrg {
            id: "hanse-sign",
            name: "Hanse Maritime Contracts",
            profile: "signing",
            time_zone: "Europe/Berlin",
            catalogs: &["everlog", "signing"],
            incident_hint: "Eleven evenings ago, at 22:40, Jürgen Großmann's account, in Punta Arenas for once, \
                            revoked three contracts within minutes of sending them, the third already \
                            signed by one side.",
            staff: signing::staff,
            tell: signing::tell,
        },
        DemoOrg {
            id: "dialpoint",
            name: "Dialpoint",
            profile: "platform",
            time_zone: "America/Sao_Paulo",
            catalogs: &["everlog", "platform"],
            incident_hint: "Eleven evenings ago, at 22:40, Inês Gonçalves's account logged in from Nuuk after two \
                            failed attempts, changed the password, moved three deals to an outside account, deleted \
                            four contacts and logged out.",
            staff: platform::staff,
            tell: platform::tell,
        },
    ]
}

/// What happened in an organization up to `now`, oldest first, each as `POST events` takes it.
///
/// It is history: send it with `mode=record`, for what rules imply is already there.
pub fn events(organization: &DemoOrg, now: Timestamp) -> Vec<Value> {
    let mut scribe = Scribe::new(organization.id, organization.time_zone, now);
    (organization.tell)(&mut scribe);
    scribe.finish(organization.id)
}

/// Documents that are signed in the organization while the demo starts, the newest last; only where documents are signed.
pub fn processes(organization: &DemoOrg) -> Vec<DemoProcess> {
    let staff = (organization.staff)();
    match (organization.profile, staff.first()) {
        ("signing", Some(owner)) => desk::papers(owner.value(), &mut Random::seeded("desk")),
        _ => Vec::new(),
    }
}

/// A user for each role that the organization's profile has.
pub fn users(organization: &DemoOrg) -> Vec<DemoUser> {
    let roles = profile::shipped(organization.profile).map(|profile: &Profile| profile.roles.as_slice());
    let staff = (organization.staff)();
    let user_of = |role: &str| {
        let member = staff.iter().find(|actor| actor.text("role") == role).or(staff.first())?;
        Some(DemoUser {
            id: member.id().to_owned(),
            name: member.text("name").to_owned(),
            email: member.text("email").to_owned(),
            role: role.to_owned(),
        })
    };
    roles.unwrap_or_default().iter().filter_map(|role| user_of(&role.name)).collect()
}
