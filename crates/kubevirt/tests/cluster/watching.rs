//! Lists and news: order, relists, deletions, and a cluster that goes away.

use std::collections::BTreeMap;

use futures::Stream;
use shepherd_kubevirt::{Kind, Object, Power, Vm, Vmi, WatchEvent, WatchOptions, observed};

use shepherd_test_support::TestCluster;

use crate::site::{Site, next};

/// What a caller's database would hold.
struct Rows {
    /// Others may be at work in the same cluster.
    namespace: String,
    rows: BTreeMap<String, (u64, Object)>,
    generation: u64,
    inits: u64,
    complete: bool,
}

impl Rows {
    fn of(site: &Site) -> Self {
        let namespace = site.namespace.clone();
        Self { namespace, rows: BTreeMap::new(), generation: 0, inits: 0, complete: false }
    }

    fn take(&mut self, event: WatchEvent) {
        match event {
            WatchEvent::Init(_) => {
                self.generation += 1;
                self.inits += 1;
                self.complete = false;
            }
            WatchEvent::InitApply(object) | WatchEvent::Apply(object) => {
                if object.meta().namespace != self.namespace {
                    return;
                }
                assert!(!object.meta().uid.is_empty() && !object.meta().resource_version.is_empty());
                self.rows.insert(object.meta().name.clone(), (self.generation, object));
            }
            WatchEvent::InitDone { .. } => {
                self.rows.retain(|_, (generation, _)| *generation == self.generation);
                self.complete = true;
            }
            WatchEvent::Delete(object) => {
                if object.meta().namespace == self.namespace {
                    self.rows.remove(&object.meta().name);
                }
            }
            WatchEvent::Progress { .. } => {}
            WatchEvent::Unreadable(odd) => panic!("{odd:?}"),
            WatchEvent::Trouble { error, .. } => panic!("{error:?}"),
        }
    }

    async fn until(
        &mut self,
        stream: &mut (impl Stream<Item = WatchEvent> + Unpin),
        holds: impl Fn(&Self) -> bool,
    ) {
        while !holds(self) {
            self.take(next(stream).await);
        }
    }

    fn names(&self) -> Vec<&str> {
        self.rows.keys().map(String::as_str).collect()
    }
}

#[tokio::test]
async fn a_list_in_pages_is_followed_by_changes() {
    let site = Site::start().await;
    for name in ["a", "b", "c", "d", "e"] {
        site.create(name, "Halted").await;
    }
    let options = WatchOptions { page: 2, ..WatchOptions::default() };
    let mut stream = site.cluster.watch_kind(Kind::Vm, &options);
    let mut rows = Rows::of(&site);
    rows.until(&mut stream, |rows| rows.complete).await;
    assert_eq!(rows.names(), ["a", "b", "c", "d", "e"]);

    let vm = site.create("f", "Halted").await;
    rows.until(&mut stream, |rows| rows.rows.contains_key("f")).await;
    site.cluster.delete_vm(&vm).await.unwrap();
    rows.until(&mut stream, |rows| !rows.rows.contains_key("f")).await;
    assert_eq!(rows.inits, 1, "nothing was listed twice");
}

#[tokio::test]
async fn a_compacted_history_is_listed_again_and_deletes_are_not_missed() {
    // How much a cluster remembers is settled when it starts.
    let site = Site::at(TestCluster::start_with(|config| config.log_entries = 16).await).await;
    let doomed = site.create("doomed", "Halted").await;
    let mut stream = site.cluster.watch_kind(Kind::Vm, &WatchOptions::default());
    let mut rows = Rows::of(&site);
    rows.until(&mut stream, |rows| rows.complete).await;

    // Nobody polls the stream meanwhile, so its resume point falls out of the log.
    site.cluster.delete_vm(&doomed).await.unwrap();
    site.until("doomed", Power::Missing).await;
    for n in 0..40 {
        site.create(&format!("vm-{n}"), "Halted").await;
    }
    rows.until(&mut stream, |rows| rows.inits == 2 && rows.complete).await;
    assert!(!rows.rows.contains_key("doomed"), "a delete that nobody watched is noticed");
    assert_eq!(rows.rows.len(), 40);
}

/// The states of one VM, as a person at the screen would see them through both kinds.
struct Life {
    namespace: String,
    vm: Option<Box<Vm>>,
    vmi: Option<Box<Vmi>>,
    seen: Vec<Power>,
}

/// Whose news it is.
fn of(event: &WatchEvent) -> Option<&str> {
    match event {
        WatchEvent::InitApply(object) | WatchEvent::Apply(object) | WatchEvent::Delete(object) => {
            Some(&object.meta().namespace)
        }
        _ => None,
    }
}

impl Life {
    async fn until(&mut self, stream: &mut (impl Stream<Item = WatchEvent> + Unpin), wanted: Power) {
        while self.seen.last() != Some(&wanted) {
            match next(stream).await {
                event if of(&event).is_some_and(|namespace| namespace != self.namespace) => continue,
                WatchEvent::InitApply(object) | WatchEvent::Apply(object) => match object {
                    Object::Vm(vm) => self.vm = Some(vm),
                    Object::Vmi(vmi) => self.vmi = Some(vmi),
                },
                WatchEvent::Delete(Object::Vm(_)) => self.vm = None,
                WatchEvent::Delete(Object::Vmi(_)) => self.vmi = None,
                WatchEvent::Trouble { error, .. } => panic!("{error:?}"),
                WatchEvent::Unreadable(odd) => panic!("{odd:?}"),
                WatchEvent::Init(_) | WatchEvent::InitDone { .. } | WatchEvent::Progress { .. } => continue,
            }
            let power = observed(self.vm.as_deref(), self.vmi.as_deref()).power;
            if self.seen.last() != Some(&power) {
                self.seen.push(power);
            }
        }
    }
}

#[tokio::test]
async fn both_kinds_together_tell_a_whole_life_without_false_states() {
    let site = Site::start().await;
    let mut stream = site.cluster.watch(&WatchOptions::default());
    let mut lists = 0;
    while lists < 2 {
        lists += usize::from(matches!(next(&mut stream).await, WatchEvent::InitDone { .. }));
    }
    let mut life = Life { namespace: site.namespace.clone(), vm: None, vmi: None, seen: Vec::new() };
    let vm = site.create("a", "RerunOnFailure").await;
    life.until(&mut stream, Power::Running).await;
    assert_eq!(life.seen, [Power::Starting, Power::Running]);

    life.seen.clear();
    site.cluster.stop(&vm, None).await.unwrap();
    life.until(&mut stream, Power::Stopped).await;
    // News of the instance may overtake that of its VM, which then still looks as if it were about to start.
    let fits =
        |power: &Power| !matches!(power, Power::Failed | Power::CrashLoop | Power::Missing | Power::Unknown);
    assert!(life.seen.contains(&Power::Stopping) && life.seen.iter().all(fits), "{:?}", life.seen);

    life.seen.clear();
    site.cluster.start(&vm).await.unwrap();
    life.until(&mut stream, Power::Running).await;
    let fits = |power: &Power| matches!(power, Power::Stopped | Power::Starting | Power::Running);
    assert!(life.seen.iter().all(fits), "{:?}", life.seen);

    life.seen.clear();
    site.cluster.delete_vm(&vm).await.unwrap();
    life.until(&mut stream, Power::Missing).await;
    let fits =
        |power: &Power| matches!(power, Power::Running | Power::Stopping | Power::Deleting | Power::Missing);
    assert!(life.seen.contains(&Power::Deleting) && life.seen.iter().all(fits), "{:?}", life.seen);
}
