//! Interfaces of other products, answered from the same log: whoever wrote against them changes the host and the key.
//!
//! Deliberately absent: anything that only such an interface could do. What they show is read as everybody reads it, and
//! permission comes from `access` alone.

use axum::http::{HeaderMap, header};
use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use everlog_core::ids::OrgId;

use crate::access::{Caller, Denied, Organization, Right};
use crate::app::App;
use crate::log::now_ms;

mod refusal;
pub mod signing;

pub use refusal::{Fault, Refusal, ResponseStatus, Shape};

/// Longest value of `Authorization` that is decoded: an organization's id, a key and what stands around them are shorter.
const BASIC_BYTES_MAX: usize = 1_024;
/// Base64 as RFC 4648 has it; what some leave out at its end may be left out.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The two halves of HTTP Basic (RFC 7617).
struct Basic {
    user: String,
    password: String,
}

impl Basic {
    /// The one credential of a request, when it is one.
    fn of(headers: &HeaderMap) -> Option<Self> {
        let mut given = headers.get_all(header::AUTHORIZATION).iter();
        let (Some(value), None) = (given.next(), given.next()) else { return None };
        let (scheme, encoded) = value.to_str().ok()?.split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("basic") || encoded.len() > BASIC_BYTES_MAX {
            return None;
        }
        let text = String::from_utf8(BASE64.decode(encoded.trim()).ok()?).ok()?;
        let (user, password) = text.split_once(':')?;
        Some(Self { user: user.to_owned(), password: password.to_owned() })
    }
}

/// Opens the organization that the user name names, for whoever holds the key in the password.
///
/// # Errors
/// As everywhere: first whether the key works, then whether it works here. An organization of others is one that there is
/// not.
fn open(app: &App, headers: &HeaderMap) -> Result<Organization, Denied> {
    let Basic { user, password } = Basic::of(headers).ok_or(Denied::Unauthenticated)?;
    let caller = app.access.authenticate(&password, now_ms())?;
    let id = OrgId::try_from(user).map_err(|_| Denied::NotFound)?;
    let org = app.access.open(&caller, &id, Right::Read)?;
    match caller {
        Caller::Key(_) => Ok(org),
        Caller::Operator | Caller::Session(_) => Err(Denied::Forbidden("this interface is for keys")),
    }
}
