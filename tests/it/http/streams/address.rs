//! Every spelling of a place that no message may go to. Deliberately absent: names, which are checked when they are resolved.

use everlog::stream::address::{Refused, Rules};

#[test]
fn no_spelling_leads_into_a_private_network() {
    let rules = Rules { own_authority: Some("log.example:443".to_owned()), ..Rules::default() };
    for (url, why) in [
        ("https://127.0.0.1/", Refused::Private),
        ("https://0.0.0.0/", Refused::Private),
        ("https://10.1.2.3/", Refused::Private),
        ("https://172.16.0.1/", Refused::Private),
        ("https://192.168.1.1/", Refused::Private),
        ("https://169.254.169.254/latest/meta-data/", Refused::Private),
        ("https://100.64.0.1/", Refused::Private),
        ("https://192.0.2.1/", Refused::Private),
        ("https://198.18.0.1/", Refused::Private),
        ("https://224.0.0.1/", Refused::Private),
        ("https://255.255.255.255/", Refused::Private),
        ("https://[::1]/", Refused::Private),
        ("https://[::]/", Refused::Private),
        ("https://[fd00::1]/", Refused::Private),
        ("https://[fe80::1]/", Refused::Private),
        ("https://[ff02::1]/", Refused::Private),
        ("https://[::ffff:127.0.0.1]/", Refused::Private),
        ("https://[::ffff:8.8.8.8]/", Refused::Private),
        ("https://[64:ff9b::7f00:1]/", Refused::Private),
        ("https://[2001:db8::1]/", Refused::Private),
        ("https://[2002:7f00:1::]/", Refused::Private),
        ("https://[2001::1]/", Refused::Private),
        // A number in other spellings.
        ("https://2130706433/", Refused::OddHost),
        ("https://017700000001/", Refused::OddHost),
        ("https://0x7f000001/", Refused::OddHost),
        ("https://0x7f.0.0.1/", Refused::OddHost),
        ("https://0177.0.0.1/", Refused::OddHost),
        ("https://127.1/", Refused::OddHost),
        ("https://127.0.0.1./", Refused::OddHost),
        ("https://127.0.0.0x1/", Refused::OddHost),
        ("https://.x.example/", Refused::OddHost),
        ("https://x..example/", Refused::OddHost),
        // What hides the host.
        ("https://user:pass@x.example/", Refused::NotAUrl),
        ("https://x.example@127.0.0.1/", Refused::NotAUrl),
        ("https://x.example#@127.0.0.1/", Refused::NotAUrl),
        ("https://x.example\\@127.0.0.1/", Refused::NotAUrl),
        ("https://x.example%2f@127.0.0.1/", Refused::NotAUrl),
        ("https://127.0.0.1%00.x.example/", Refused::NotAUrl),
        ("https://b\u{fc}cher.example/", Refused::NotAUrl),
        ("https://\u{2460}27.0.0.1/", Refused::NotAUrl),
        ("https://x.example/ y", Refused::NotAUrl),
        ("https://x.example:/", Refused::NotAUrl),
        ("https://x.example:99999/", Refused::NotAUrl),
        ("https://[2606:4700::1]:99999/", Refused::NotAUrl),
        ("https:///x", Refused::NotAUrl),
        ("//x.example/", Refused::NotAUrl),
        ("x.example", Refused::NotAUrl),
        ("", Refused::NotAUrl),
        ("ftp://x.example/", Refused::NotAUrl),
        ("file:///etc/passwd", Refused::NotAUrl),
        ("gopher://x.example/", Refused::NotAUrl),
        ("http://x.example/", Refused::NotEncrypted),
        ("https://x.example:22/", Refused::Port),
        ("https://x.example:6379/", Refused::Port),
        ("https://x.example:5432/", Refused::Port),
        ("https://x.example:25/", Refused::Port),
        ("https://x.example:0/", Refused::Port),
        // Names that mean nothing on the internet.
        ("https://localhost/", Refused::Private),
        ("https://LOCALHOST.:8443/", Refused::Private),
        ("https://api.localhost/", Refused::Private),
        ("https://receiver/", Refused::PrivateName),
        ("https://receiver./", Refused::PrivateName),
        ("https://db.internal/", Refused::PrivateName),
        ("https://printer.local./", Refused::PrivateName),
        ("https://nas.home.arpa/", Refused::PrivateName),
        ("https://log.example/v1", Refused::Ourselves),
        ("https://LOG.example.:443/v1", Refused::Ourselves),
    ] {
        assert_eq!(rules.read(url).err(), Some(why), "{url}");
    }
    let long = format!("https://x.example/{}", "x".repeat(2_048));
    assert_eq!(rules.read(&long).err(), Some(Refused::NotAUrl));
    for url in [
        "https://x.example/hook?a=b%20c",
        "https://8.8.8.8/",
        "https://[2606:4700::1]:8443/",
        "https://xn--bcher-kva.example/",
        "https://sub-domain.x.example:80/",
        "https://notlocalhost.example/",
        "https://local.example/",
    ] {
        assert!(rules.read(url).is_ok(), "{url}");
    }
}

#[test]
fn what_is_allowed_for_tests_is_not_ourselves() {
    let own = Some("0.0.0.0:7878".parse().unwrap());
    let rules = Rules { allows_private: true, own, own_authority: None };
    for url in ["http://127.0.0.1:9999/", "http://localhost:9999/", "http://receiver/", "http://db.internal/"]
    {
        assert!(rules.read(url).is_ok(), "{url}");
    }
    for url in [
        "http://localhost:7878/",
        "http://127.0.0.1:7878/",
        "http://[::1]:7878/",
        "http://[::ffff:127.0.0.1]:7878/",
        "http://0.0.0.0:7878/",
    ] {
        assert_eq!(rules.read(url).err(), Some(Refused::Ourselves), "{url}");
    }
    assert_eq!(rules.read("http://127.0.0.1:6379/").err(), Some(Refused::Port));
}
