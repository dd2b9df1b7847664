//! What settings may hold. Deliberately absent: how they are sent, which is in `http`.

use everlog::settings::origin::{NoOrigin, WebOrigin};

#[test]
fn an_origin_has_the_one_form_that_browsers_write() {
    for good in [
        "https://app.example",
        "https://app.example:8443",
        "https://xn--bcher-kva.example",
        "https://[2001:db8::1]:8443",
        "http://localhost:3000",
        "http://127.0.0.1:9000",
        "http://[::1]",
        "http://app.localhost:3000",
    ] {
        assert_eq!(WebOrigin::try_from(good).map(|it| it.to_string()), Ok(good.to_owned()));
    }
    for bad in [
        "",
        "https://",
        "app.example",
        "http://app.example",
        "https://App.example",
        "https://app.example/",
        "https://app.example/path",
        "https://*.example",
        "*",
        "null",
        "https://app.example:443",
        "http://localhost:80",
        "https://app.example:0",
        "https://app.example:08443",
        "https://app.example:99999",
        "https://app.example:",
        "https://a..example",
        "https://-a.example",
        "https://user@app.example",
        "https://app.example; script-src *",
        "https://app.example 'unsafe-inline'",
        "https://app.example\r\nx: y",
        "https://app.example,https://b.example",
        "https://bücher.example",
        "https://[::1",
        "https://::1",
        "https://[fe80::1%25eth0]",
        "javascript:alert(1)",
        "data:,",
        "file://",
        "ftp://app.example",
    ] {
        assert_eq!(WebOrigin::try_from(bad), Err(NoOrigin), "{bad}");
    }
}
