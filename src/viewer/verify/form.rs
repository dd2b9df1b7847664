//! The one file of a form as browsers send it (RFC 7578), taken out of a body that is in memory. Deliberately absent: other
//! fields.

use axum::http::{HeaderMap, header};
use memchr::memmem::find;

/// What the form calls the file.
pub(super) const FILE: &str = "file";
/// Longest boundary, in characters (RFC 2046, section 5.1.1).
const BOUNDARY_MAX: usize = 70;

/// What stands between the parts of the body; nothing where the body is no form.
pub(super) fn boundary(headers: &HeaderMap) -> Option<String> {
    let kind = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    let (kind, parameters) = kind.split_once(';')?;
    if !kind.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let mut pairs = parameters.split(';').filter_map(|pair| pair.trim().split_once('='));
    let (_, value) = pairs.find(|(name, _)| name.eq_ignore_ascii_case("boundary"))?;
    let value = value.trim_matches('"');
    (1..=BOUNDARY_MAX).contains(&value.len()).then(|| value.to_owned())
}

/// The content of the part that is the file.
pub(super) fn file<'a>(body: &'a [u8], boundary: &str) -> Option<&'a [u8]> {
    let first = format!("--{boundary}\r\n");
    let between = format!("\r\n--{boundary}");
    let mut rest = &body[find(body, first.as_bytes())? + first.len()..];
    loop {
        let head_end = find(rest, b"\r\n\r\n")?;
        let (head, content) = (&rest[..head_end], &rest[head_end + 4..]);
        let end = find(content, between.as_bytes())?;
        if is_file(head) {
            return Some(&content[..end]);
        }
        rest = content[end + between.len()..].strip_prefix(b"\r\n")?;
    }
}

/// Whether the head of a part names our field; what the file was called matters to nobody.
fn is_file(head: &[u8]) -> bool {
    let head = String::from_utf8_lossy(head).to_ascii_lowercase();
    let disposition = head.lines().find_map(|line| line.strip_prefix("content-disposition:"));
    let named =
        disposition.into_iter().flat_map(|it| it.split(';')).filter_map(|it| it.trim().strip_prefix("name="));
    named.map(|name| name.trim_matches('"')).any(|name| name == FILE)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may")]
mod tests {
    use axum::http::{HeaderMap, HeaderValue, header};

    use crate::viewer::verify::form::{boundary, file};

    fn of(kind: &str) -> Option<String> {
        boundary(&HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_str(kind).unwrap())]))
    }

    #[test]
    fn a_form_is_told_from_a_file_by_its_kind() {
        assert_eq!(of("multipart/form-data; boundary=x-1").as_deref(), Some("x-1"));
        assert_eq!(of("Multipart/Form-Data; charset=utf-8; boundary=\"x 1\"").as_deref(), Some("x 1"));
        for other in [
            "application/pdf",
            "multipart/form-data",
            "multipart/form-data; boundary=",
            "text/plain; boundary=x",
        ] {
            assert_eq!(of(other), None, "{other}");
        }
    }

    #[test]
    fn the_file_is_found_among_other_fields_and_keeps_every_byte() {
        let content = b"\x00\r\n--x\r\nnot the end\r\n\r\n";
        let head = "--xyz\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--xyz\r\nContent-Disposition: form-data; name=\"file\"; filename=\"x.pdf\"\r\nContent-Type: application/pdf\r\n\r\n";
        let body = [head.as_bytes(), content, b"\r\n--xyz--\r\n"].concat();
        assert_eq!(file(&body, "xyz"), Some(&content[..]));
        assert_eq!(file(&body[..body.len() - 12], "xyz"), None, "what broke off is no file");
        assert_eq!(file(&body, "abc"), None);
        assert_eq!(file(b"", "x"), None);
    }
}
