//! The time a sender gives: RFC 3339, kept verbatim, understood to the millisecond. Deliberately absent: any clock.

use serde::{Deserialize, Serialize};

/// The last millisecond that an event may carry: the end of the year 2100.
pub const TIME_MS_MAX: u64 = 4_133_980_799_999;

/// A time as its sender wrote it, and the millisecond it means.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct OccurredAt {
    text: String,
    ms: u64,
}

/// Why a text is not a time that an event may carry.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// Another form than RFC 3339, section 5.6.
    #[error(
        "a time is written as RFC 3339 says, like 2026-11-20T13:41:22.123Z, with an offset and at most nine digits of a second"
    )]
    Form,
    /// A day or an hour that does not exist; leap seconds are not taken.
    #[error("this day, hour or offset does not exist")]
    Value,
    /// Before 1970 or after 2100.
    #[error("the time lies outside the years 1970 to 2100")]
    Range,
}

impl OccurredAt {
    /// The millisecond since 1970 that the text means; finer digits are cut off.
    pub fn ms(&self) -> u64 {
        self.ms
    }

    /// The text as it was sent.
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl TryFrom<String> for OccurredAt {
    type Error = Unreadable;

    fn try_from(text: String) -> Result<Self, Unreadable> {
        if !is_rfc3339(text.as_bytes()) {
            return Err(Unreadable::Form);
        }
        if &text[17..19] == "60" {
            return Err(Unreadable::Value);
        }
        let year: u32 = text[..4].parse().map_err(|_| Unreadable::Form)?;
        if year == 0 {
            return Err(Unreadable::Range);
        }
        let time: jiff::Timestamp = text.parse().map_err(|_| Unreadable::Value)?;
        // Floor, so that a fraction before 1970 does not become 1970.
        let ms = time.as_nanosecond().div_euclid(1_000_000);
        let ms = u64::try_from(ms).map_err(|_| Unreadable::Range)?;
        if ms > TIME_MS_MAX {
            return Err(Unreadable::Range);
        }
        Ok(Self { text, ms })
    }
}

impl From<OccurredAt> for String {
    fn from(time: OccurredAt) -> Self {
        time.text
    }
}

/// The form of RFC 3339, section 5.6: `date-time`, with `T` between and at most nine digits of a second.
fn is_rfc3339(bytes: &[u8]) -> bool {
    const FORM: &[u8] = b"0000-00-00T00:00:00";
    let fits = |bytes: &[u8], form: &[u8]| {
        bytes.len() == form.len()
            && bytes.iter().zip(form).all(|(byte, form)| match form {
                b'0' => byte.is_ascii_digit(),
                form => byte.eq_ignore_ascii_case(form),
            })
    };
    if !(bytes.len() > FORM.len() && fits(&bytes[..FORM.len()], FORM)) {
        return false;
    }
    let mut rest = &bytes[FORM.len()..];
    if let Some(fraction) = rest.strip_prefix(b".") {
        let digits = fraction.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if !(1..=9).contains(&digits) {
            return false;
        }
        rest = &fraction[digits..];
    }
    match rest {
        [b'Z' | b'z'] => true,
        [b'+' | b'-', offset @ ..] => fits(offset, b"00:00"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn ms(text: &str) -> Result<u64, Unreadable> {
        OccurredAt::try_from(text.to_owned()).map(|it| it.ms())
    }

    #[test]
    fn any_offset_means_the_same_moment_and_the_text_is_kept() {
        assert_eq!(ms("2026-11-20T13:41:22.123Z").unwrap(), 1_795_182_082_123);
        assert_eq!(ms("2026-11-20T15:41:22.123+02:00").unwrap(), 1_795_182_082_123);
        assert_eq!(ms("2026-11-20t13:41:22.123999z").unwrap(), 1_795_182_082_123);
        assert_eq!(ms("1970-01-01T00:00:00-00:00").unwrap(), 0);
        assert_eq!(ms("2100-12-31T23:59:59.999Z").unwrap(), TIME_MS_MAX);
        let kept = OccurredAt::try_from("2026-11-20T15:41:22.100000+02:00".to_owned()).unwrap();
        assert_eq!(kept.text(), "2026-11-20T15:41:22.100000+02:00");
    }

    #[test]
    fn a_time_that_is_not_rfc_3339_or_does_not_exist_is_refused() {
        for bad in [
            "",
            "now",
            "1795182082",
            "2026-11-20",
            "2026-11-20 13:41:22Z",
            "2026-11-20T13:41:22",
            "2026-11-20T13:41Z",
            "20261120T134122Z",
            "2026-11-20T13:41:22.Z",
            "2026-11-20T13:41:22.1234567890Z",
            "2026-11-20T13:41:22+0200",
            "2026-11-20T13:41:22Z[Europe/Berlin]",
            "+12026-11-20T13:41:22Z",
            "10000-01-01T00:00:00Z",
        ] {
            assert_eq!(ms(bad), Err(Unreadable::Form), "{bad}");
        }
        for bad in
            ["2026-02-30T00:00:00Z", "2026-11-20T25:00:00Z", "2026-11-20T13:41:60Z", "2026-13-01T00:00:00Z"]
        {
            assert_eq!(ms(bad), Err(Unreadable::Value), "{bad}");
        }
        for bad in [
            "0000-01-01T00:00:00Z",
            "1969-12-31T23:59:59.999Z",
            "2101-01-01T00:00:00Z",
            "1970-01-01T00:00:00+01:00",
        ] {
            assert_eq!(ms(bad), Err(Unreadable::Range), "{bad}");
        }
    }
}
