use super::*;
use proptest::prelude::*;

fn http(url: &str) -> DiskSource {
    DiskSource::Http(HttpSource { url: url.into(), checksum: None, cert_config_map: None })
}

fn code(source: &DiskSource) -> &'static str {
    source.check(RootDisk::Persistent).err().map_or("", |error| error.code())
}

#[test]
fn the_key_says_which_source_it_is() {
    let image = DiskSource::Image("r/a:1".into());
    assert_eq!(serde_json::to_value(&image).unwrap(), json!({ "image": "r/a:1" }));
    let pvc = DiskSource::Pvc(PvcSource { namespace: "golden".into(), name: "debian".into() });
    assert_eq!(
        serde_json::to_value(&pvc).unwrap(),
        json!({ "pvc": { "namespace": "golden", "name": "debian" } })
    );
    for source in [image, pvc, http("https://a.example/b.qcow2")] {
        let json = serde_json::to_value(&source).unwrap();
        assert_eq!(serde_json::from_value::<DiskSource>(json).unwrap(), source);
    }
}

#[test]
fn what_passes_is_what_cdi_fetches() {
    let full = DiskSource::Http(HttpSource {
        url: "https://images.example:8443/debian-13.qcow2?x=1".into(),
        checksum: Some(format!("sha256:{}", "a".repeat(64))),
        cert_config_map: Some("our-ca".into()),
    });
    assert_eq!(code(&full), "");
    assert_eq!(
        full.data_volume(),
        json!({ "http": {
            "url": "https://images.example:8443/debian-13.qcow2?x=1",
            "checksum": format!("sha256:{}", "a".repeat(64)),
            "certConfigMap": "our-ca",
        }})
    );
    for url in [
        "http://10.0.0.7/a.img",
        "https://[2001:db8::1]:8443/a",
        "https://[::1]/a",
        "https://A.example/a%20b",
    ] {
        assert_eq!(code(&http(url)), "", "{url}");
    }
}

#[test]
fn an_address_that_could_harm_is_refused() {
    for url in [
        "",
        "a",
        "ftp://a.example/b",
        "file:///etc/passwd",
        "https:///b",
        "https://",
        "https://a.example",
        "https://user:pw@a.example/b",
        "https://user@a.example/b",
        "https://a.example/b#c",
        "https://a.example?b/c",
        "https://a.example:0/b",
        "https://a.example:99999/b",
        "https://a.example:+8/b",
        "https://[::1/b",
        "https://[x]/b",
        "https://a b.example/c",
        "https://a.example/b c",
        "https://a.example/b\nc",
        "https://a_b.example/c",
        "HTTPS://a.example/b",
        "javascript:alert(1)",
        "https://a.example/{{ x }}",
    ] {
        assert_eq!(code(&http(url)), "SOURCE_URL_INVALID", "{url}");
    }
    let secret = http("https://ada:hunter2@a.example/b").check(RootDisk::Persistent).unwrap_err();
    assert!(!format!("{secret} {:?}", secret.params()).contains("hunter2"));
}

#[test]
fn names_and_checksums_are_checked() {
    let with = |checksum: Option<&str>, map: Option<&str>| {
        let own = |text: Option<&str>| text.map(str::to_owned);
        let url = "https://a.example/b".to_owned();
        DiskSource::Http(HttpSource { url, checksum: own(checksum), cert_config_map: own(map) })
    };
    for bad in ["", "sha256", "sha256:", "md5:00", "sha256:zz", &format!("sha512:{}", "a".repeat(64))] {
        assert_eq!(code(&with(Some(bad), None)), "SOURCE_CHECKSUM_INVALID", "{bad}");
    }
    let bad_map = with(None, Some("Our CA")).check(RootDisk::Persistent).unwrap_err();
    assert_eq!((bad_map.code(), bad_map.field()), ("SOURCE_NAME_INVALID", "cert_config_map"));
    for (namespace, claim, field) in [("A", "b", "namespace"), ("a", "B", "name"), ("", "b", "namespace")] {
        let pvc = DiskSource::Pvc(PvcSource { namespace: namespace.into(), name: claim.into() });
        let error = pvc.check(RootDisk::Persistent).unwrap_err();
        assert_eq!((error.code(), error.field()), ("SOURCE_NAME_INVALID", field));
    }
}

#[test]
fn only_an_image_runs_without_a_disk_of_its_own() {
    assert_eq!(DiskSource::Image("a".into()).check(RootDisk::Ephemeral), Ok(()));
    let pvc = DiskSource::Pvc(PvcSource { namespace: "a".into(), name: "b".into() });
    for source in [http("https://a.example/b"), pvc] {
        assert_eq!(source.check(RootDisk::Ephemeral), Err(SourceError::NeedsDisk));
    }
}

#[test]
fn an_image_is_a_reference() {
    for image in ["", " ", "a b", "a\n", "-a", "a//b", "http://x/y?z", "a:", &"a".repeat(301)] {
        assert_eq!(check_image(image).unwrap_err().code(), "IMAGE_INVALID", "{image}");
    }
    for image in ["a", "registry.example:5000/a/b_c:1.0", "r/a@sha256:0123"] {
        assert!(check_image(image).is_ok(), "{image}");
    }
}

proptest! {
    #[test]
    fn no_address_with_credentials_ever_passes(user in "[ -~]{0,12}", host in "[a-z]{1,8}", path in "[ -~]{0,12}") {
        let url = format!("https://{user}@{host}.example/{path}");
        if http(&url).check(RootDisk::Persistent).is_ok() {
            // The sign was then part of the path, not of the host.
            let authority = url.trim_start_matches("https://").split('/').next().unwrap_or_default().to_owned();
            prop_assert!(!authority.contains('@'), "{}", url);
        }
    }
}
