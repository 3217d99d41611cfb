//! What the fuzz targets call, and the tests that replay their cases: bytes of others, through everything that reads them.
//!
//! A target breaks when something panics, takes too long, or when what must hold for every input does not.

use futures::executor::block_on;
use futures::stream;
use secrecy::{ExposeSecret, SecretString};

use crate::transport::Refusal;
use crate::views::{Vm, Vmi};
use crate::watch::{Kind, Object, WatchEvent, read_page, read_watch};
use crate::{Credentials, observed};

/// A kubeconfig that somebody uploads.
pub fn kubeconfig(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    match crate::parse_kubeconfig(&SecretString::from(text), None) {
        Ok(intake) => {
            assert!(intake.config.api_url.starts_with("https://"), "only TLS passes");
            let shown = format!("{intake:?}");
            if let Credentials::Token(token) = &intake.config.credentials {
                let token = token.expose_secret();
                assert!(token.len() < 16 || !shown.contains(token), "a token was shown");
            }
        }
        Err(error) => {
            assert!(error.to_string().len() < 1000, "an error that quotes the file");
        }
    }
}

/// Objects of a cluster, one by one and in pairs; and what else it may answer.
pub fn views(bytes: &[u8]) {
    let (vm, instance) = (serde_json::from_slice::<Vm>(bytes), serde_json::from_slice::<Vmi>(bytes));
    for (vm, instance) in
        [(vm.as_ref().ok(), None), (vm.as_ref().ok(), instance.as_ref().ok()), (None, instance.as_ref().ok())]
    {
        let state = observed(vm, instance);
        storable(state.reason.iter().chain(state.message.iter()).map(String::as_str));
    }
    // What is kept of many must not change what is said of them.
    let (mut few, mut fewer) = (vm.as_ref().ok().cloned(), instance.as_ref().ok().cloned());
    few.iter_mut().for_each(Vm::slim);
    fewer.iter_mut().for_each(Vmi::slim);
    for (one, other) in [(true, true), (true, false), (false, true)] {
        fn part<T>(wanted: bool, of: Option<&T>) -> Option<&T> {
            of.filter(|_| wanted)
        }
        assert_eq!(
            observed(part(one, few.as_ref()), part(other, fewer.as_ref())),
            observed(part(one, vm.as_ref().ok()), part(other, instance.as_ref().ok())),
        );
    }
    assert_eq!(few.as_ref().map(Vm::restart_required), vm.as_ref().ok().map(Vm::restart_required));
    assert_eq!(fewer.as_ref().and_then(Vmi::address), instance.as_ref().ok().and_then(Vmi::address));
    if let Ok(vm) = &vm {
        let meta = &vm.metadata;
        storable(
            meta.labels
                .iter()
                .chain(&meta.annotations)
                .flat_map(|(key, value)| [key.as_str(), value.as_str()]),
        );
        storable([&meta.name, &meta.namespace, &meta.uid, &meta.resource_version].map(String::as_str));
        storable(meta.writers.iter().map(String::as_str));
        storable(meta.owners.iter().flat_map(|(kind, name)| [kind.as_str(), name.as_str()]));
        assert!(meta.labels.len() <= 64 && meta.owners.len() <= 4 && meta.writers.len() <= 8);
        let _ = (vm.disks(), vm.requested(), vm.run_strategy(), vm.restart_required());
    }
    if let Ok(instance) = &instance {
        storable(instance.address());
        let _ = (instance.requested(), instance.is_final());
    }
    for status in [http::StatusCode::CONFLICT, http::StatusCode::TOO_MANY_REQUESTS] {
        let error = Refusal::read(status, &http::HeaderMap::new(), bytes).into_error();
        storable(error.detail().map(|detail| detail.as_str()));
    }
}

/// PostgreSQL refuses NUL, and nobody wants to read control characters.
fn storable<'a>(texts: impl IntoIterator<Item = &'a str>) {
    for text in texts {
        assert!(!text.contains('\0'), "{text:?} cannot be stored");
        assert!(text.len() <= 16_384);
    }
}

/// The bytes of a watch, in pieces of a length that the first byte says; and the same as a page of a list.
pub fn watch(bytes: &[u8]) {
    let Some((length, bytes)) = bytes.split_first() else { return };
    let pieces: Vec<_> =
        bytes.chunks(usize::from(*length).max(1)).map(bytes::Bytes::copy_from_slice).collect();
    for kind in [Kind::Vm, Kind::Vmi] {
        for event in block_on(read_watch(kind, stream::iter(pieces.clone()))) {
            named(&event);
        }
        if let Ok(events) = read_page(kind, bytes) {
            events.iter().for_each(named);
        }
    }
}

/// What becomes the key of a row has all its parts.
fn named(event: &WatchEvent) {
    if let WatchEvent::Apply(object) | WatchEvent::InitApply(object) | WatchEvent::Delete(object) = event {
        let meta = match object {
            Object::Vm(vm) => &vm.metadata,
            Object::Vmi(instance) => &instance.metadata,
        };
        assert!(!meta.uid.is_empty() && !meta.name.is_empty() && !meta.namespace.is_empty());
    }
}

#[cfg(test)]
mod tests {
    /// Every case of a target, as it is in the repository.
    fn replay(target: &str, run: fn(&[u8])) {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(target);
        let cases =
            std::fs::read_dir(folder).unwrap().map(|entry| std::fs::read(entry.unwrap().path()).unwrap());
        assert!(cases.map(|case| run(&case)).count() > 0);
    }

    #[test]
    fn the_cases_of_the_fuzz_targets_break_nothing() {
        replay("kubeconfig", super::kubeconfig);
        replay("views", super::views);
        replay("watch", super::watch);
    }
}
