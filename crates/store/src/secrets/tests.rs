//! What an operator or an attacker with access to the database could do to a sealed secret.

use std::io::Write;
use std::path::PathBuf;

use proptest::prelude::*;
use secrecy::ExposeSecret;

use super::*;

const SLOT: Slot = Slot { table: "cluster", column: "kubeconfig", row: Uuid::from_u128(1) };

fn key_file(lines: &[&str]) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    writeln!(file, "{}", lines.join("\n")).unwrap();
    file
}

fn key() -> String {
    Keyring::generate_key().unwrap().expose_secret().to_owned()
}

fn ring(keys: &[&str]) -> Keyring {
    Keyring::from_files(&[key_file(keys).path().to_owned()]).unwrap()
}

#[test]
fn a_value_survives_sealing_storing_and_opening() {
    let ring = ring(&[&key()]);
    let stored = ring.seal(SLOT, b"token").unwrap().to_bytes();
    assert!(!stored.windows(5).any(|window| window == b"token"));
    let opened = ring.open(SLOT, &SecretBox::from_bytes(&stored).unwrap()).unwrap();
    assert_eq!(opened.expose_secret(), b"token");
}

#[test]
fn equal_values_are_stored_differently() {
    let ring = ring(&[&key()]);
    assert_ne!(ring.seal(SLOT, b"same").unwrap().to_bytes(), ring.seal(SLOT, b"same").unwrap().to_bytes());
}

#[test]
fn a_value_moved_elsewhere_does_not_open() {
    let ring = ring(&[&key()]);
    let sealed = ring.seal(SLOT, b"token").unwrap();
    for place in [
        Slot { row: Uuid::from_u128(2), ..SLOT },
        Slot { column: "ca", ..SLOT },
        Slot { table: "clusters", ..SLOT },
        // The same letters with the border between table and column moved.
        Slot { table: "clusterk", column: "ubeconfig", ..SLOT },
    ] {
        assert_eq!(ring.open(place, &sealed).unwrap_err().code(), "SECRET_ALTERED");
        assert_eq!(ring.rewrap(place, &sealed).unwrap_err().code(), "SECRET_ALTERED");
    }
}

#[test]
fn a_value_under_the_data_key_of_another_row_does_not_open() {
    let ring = ring(&[&key()]);
    let mine = ring.seal(SLOT, b"mine").unwrap();
    let other = ring.seal(Slot { row: Uuid::from_u128(2), ..SLOT }, b"other").unwrap();
    let mixed = SecretBox { nonce: other.nonce, ciphertext: other.ciphertext, ..mine };
    assert_eq!(ring.open(SLOT, &mixed).unwrap_err().code(), "SECRET_ALTERED");
}

#[test]
fn another_root_key_is_named_as_missing() {
    let sealed = ring(&[&key()]).seal(SLOT, b"token").unwrap();
    let error = ring(&[&key()]).open(SLOT, &sealed).unwrap_err();
    assert_eq!(error, SecretError::KeyMissing { id: sealed.key_id() });
    assert_eq!(error.code(), "SECRET_KEY_MISSING");
}

#[test]
fn keys_rotate_without_touching_the_value() {
    let (old, new) = (key(), key());
    let sealed = ring(&[&old]).seal(SLOT, b"token").unwrap();

    let both = ring(&[&new, &old]);
    assert!(both.is_outdated(&sealed));
    let rewrapped = both.rewrap(SLOT, &sealed).unwrap();
    assert!(!both.is_outdated(&rewrapped));
    assert_eq!(rewrapped.ciphertext, sealed.ciphertext);

    let only_new = ring(&[&new]);
    assert_eq!(only_new.open(SLOT, &rewrapped).unwrap().expose_secret(), b"token");
    assert_eq!(only_new.open(SLOT, &sealed).unwrap_err().code(), "SECRET_KEY_MISSING");
}

#[test]
fn key_files_may_hold_comments_and_several_keys() {
    let (first, second) = (key(), key());
    let file = key_file(&["# made in May", &first, "", &second, &first]);
    let ring = Keyring::from_files(&[file.path().to_owned()]).unwrap();
    assert_eq!(format!("{ring:?}").matches(',').count(), 1, "two keys: {ring:?}");
}

#[test]
fn bad_key_files_are_refused_with_their_place() {
    let code = |paths: &[PathBuf]| Keyring::from_files(paths).unwrap_err().code();
    assert_eq!(code(&[]), "ROOT_KEY_MISSING");
    assert_eq!(code(&[key_file(&["# none"]).path().to_owned()]), "ROOT_KEY_MISSING");
    assert_eq!(code(&["/nonexistent/key".into()]), "ROOT_KEY_INVALID");

    let short = key_file(&[&key(), "c2hvcnQ="]);
    let error = Keyring::from_files(&[short.path().to_owned()]).unwrap_err();
    assert!(matches!(error, SecretError::BadKey { line: 2, .. }), "{error}");
    assert!(!error.to_string().contains("c2hvcnQ="), "an error must not quote a key");
}

proptest! {
    #[test]
    fn any_value_opens_again(value in prop::collection::vec(any::<u8>(), 0..512), row in any::<u128>()) {
        let ring = ring(&[&key()]);
        let slot = Slot { row: Uuid::from_u128(row), ..SLOT };
        let sealed = SecretBox::from_bytes(&ring.seal(slot, &value).unwrap().to_bytes()).unwrap();
        let opened = ring.open(slot, &sealed).unwrap();
        prop_assert_eq!(opened.expose_secret(), value.as_slice());
    }

    #[test]
    fn one_flipped_bit_anywhere_is_noticed(at in any::<prop::sample::Index>(), bit in 0_u8..8) {
        let ring = ring(&[&key()]);
        let mut bytes = ring.seal(SLOT, b"a kubeconfig").unwrap().to_bytes();
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        let opened = SecretBox::from_bytes(&bytes).and_then(|sealed| ring.open(SLOT, &sealed));
        prop_assert!(opened.is_err());
    }

    #[test]
    fn reading_arbitrary_bytes_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(sealed) = SecretBox::from_bytes(&bytes) {
            prop_assert_eq!(sealed.to_bytes(), bytes);
        }
    }
}
