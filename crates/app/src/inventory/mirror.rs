//! The watcher's picture of one cluster: for each name its VM and its instance, and which rows have to be written.

use std::collections::{BTreeSet, HashMap, HashSet};

use shepherd_domain::ids::VmId;
use shepherd_domain::owner::{self, Hint, HintSource};
use shepherd_kubevirt::views::Meta;
use shepherd_kubevirt::{Kind, Object, Vm, Vmi, WatchEvent, observed};
use shepherd_store::inventory::Seen;

type Key = (String, String);

/// There is one for each VM of a cluster, so it holds what a row is made of and nothing else.
#[derive(Default)]
struct Pair {
    vm: Option<Box<Vm>>,
    instance: Option<Box<Vmi>>,
    claimed: Option<VmId>,
    hints: Vec<Hint>,
}

/// A list of one kind under way, or over.
#[derive(Default)]
struct Listing {
    running: Option<HashSet<Key>>,
    done: bool,
}

/// What has to be written.
#[derive(Debug, Default)]
pub(super) struct Changes {
    pub seen: Vec<Seen>,
    pub gone: Vec<Key>,
    /// A list of VMs has ended: rows it did not touch are gone.
    pub sweep: bool,
}

/// The picture. Instances without a VM are not governed and not kept as rows.
#[derive(Default)]
pub(super) struct Mirror {
    pairs: HashMap<Key, Pair>,
    vms: Listing,
    instances: Listing,
    dirty: BTreeSet<Key>,
    gone: BTreeSet<Key>,
    sweep: bool,
}

impl Mirror {
    /// Takes one piece of news in. `true` says that a new list of VMs has begun, which is a new generation.
    pub fn take(&mut self, event: WatchEvent) -> bool {
        match event {
            WatchEvent::Init(kind) => {
                self.listing(kind).running = Some(HashSet::new());
                return kind == Kind::Vm;
            }
            WatchEvent::InitApply(object) => {
                let (kind, key) = (object.kind(), key(&object));
                if let Some(running) = &mut self.listing(kind).running {
                    running.insert(key);
                }
                self.put(object);
            }
            WatchEvent::InitDone { kind, .. } => self.listed(kind),
            WatchEvent::Apply(object) => self.put(object),
            WatchEvent::Delete(object) => self.drop_part(object.kind(), key(&object)),
            WatchEvent::Unreadable(unreadable) => {
                if let Some(meta) = unreadable.meta {
                    let key = (meta.namespace.clone(), meta.name.clone());
                    if unreadable.gone {
                        self.drop_part(unreadable.kind, key);
                    } else if let Some(running) = &mut self.listing(unreadable.kind).running {
                        running.insert(key);
                    }
                }
            }
            WatchEvent::Progress { .. } | WatchEvent::Trouble { .. } => {}
        }
        false
    }

    /// Both lists were read once: before that a running VM would look stopped, because its instance is not known yet.
    pub fn ready(&self) -> bool {
        self.vms.done && self.instances.done
    }

    /// Whether there is something to write now.
    pub fn pending(&self) -> bool {
        self.ready() && (self.sweep || !self.dirty.is_empty() || !self.gone.is_empty())
    }

    /// Takes at most `limit` rows to write; the end of a list comes only when all its rows are out.
    pub fn drain(&mut self, limit: usize) -> Changes {
        let keys: Vec<Key> = self.dirty.iter().take(limit).cloned().collect();
        let mut changes =
            Changes { gone: std::mem::take(&mut self.gone).into_iter().collect(), ..Changes::default() };
        for key in keys {
            self.dirty.remove(&key);
            if let Some(pair) = self.pairs.get(&key) {
                changes.seen.extend(seen(pair));
            }
        }
        changes.sweep = self.sweep && self.dirty.is_empty();
        self.sweep = self.sweep && !changes.sweep;
        changes
    }

    /// After a failed write: everything is written again, and what was gone is gone still.
    pub fn again(&mut self, failed: Changes) {
        self.dirty.extend(self.pairs.keys().cloned());
        // A sweep would not find these: their rows are of this generation.
        let back = |key: &Key| self.pairs.get(key).is_some_and(|pair| pair.vm.is_some());
        self.gone.extend(failed.gone.into_iter().filter(|key| !back(key)));
        self.sweep = true;
    }

    fn listing(&mut self, kind: Kind) -> &mut Listing {
        match kind {
            Kind::Vm => &mut self.vms,
            Kind::Vmi => &mut self.instances,
        }
    }

    fn listed(&mut self, kind: Kind) {
        let listing = self.listing(kind);
        listing.done = true;
        let Some(found) = listing.running.take() else { return };
        let missing: Vec<Key> = self
            .pairs
            .iter()
            .filter(|(key, pair)| {
                let has = match kind {
                    Kind::Vm => pair.vm.is_some(),
                    Kind::Vmi => pair.instance.is_some(),
                };
                has && !found.contains(key)
            })
            .map(|(key, _)| key.clone())
            .collect();
        for key in missing {
            self.drop_part(kind, key);
        }
        if kind == Kind::Vm {
            self.sweep = true;
        }
    }

    fn put(&mut self, object: Object) {
        let key = key(&object);
        let pair = self.pairs.entry(key.clone()).or_default();
        match object {
            Object::Vm(mut vm) => {
                let meta = &vm.metadata;
                pair.claimed = meta.vm_id().and_then(|id| id.parse().ok());
                pair.hints = if meta.vm_id().is_some() { Vec::new() } else { hints(meta) };
                vm.slim();
                pair.vm = Some(vm);
                self.gone.remove(&key);
            }
            // The last news of an instance may come after the end of its VM, which it does not undo.
            Object::Vmi(mut instance) => {
                instance.slim();
                pair.instance = Some(instance);
            }
        }
        self.dirty.insert(key);
    }

    fn drop_part(&mut self, kind: Kind, key: Key) {
        let Some(pair) = self.pairs.get_mut(&key) else { return };
        match kind {
            Kind::Vm => {
                pair.vm = None;
                self.dirty.remove(&key);
                self.gone.insert(key.clone());
            }
            Kind::Vmi => {
                pair.instance = None;
                if pair.vm.is_some() {
                    self.dirty.insert(key.clone());
                }
            }
        }
        if pair.vm.is_none() && pair.instance.is_none() {
            self.pairs.remove(&key);
        }
    }
}

fn key(object: &Object) -> Key {
    let meta = object.meta();
    (meta.namespace.clone(), meta.name.clone())
}

fn seen(pair: &Pair) -> Option<Seen> {
    let vm = pair.vm.as_deref()?;
    let instance = pair.instance.as_deref();
    let state = observed(Some(vm), instance);
    let (asked, given) = (vm.requested(), instance.map(Vmi::requested).unwrap_or_default());
    let disks = vm.disks();
    let whole = |n: u64| i64::try_from(n).ok();
    Some(Seen {
        namespace: vm.metadata.namespace.clone(),
        name: vm.metadata.name.clone(),
        uid: vm.metadata.uid.clone(),
        vm_id: pair.claimed,
        power: state.power.as_str().to_owned(),
        reason: state.reason,
        message: state.message.map(|text| text.chars().take(1000).collect()),
        node: instance.and_then(|i| i.status.node_name.clone()),
        address: instance.and_then(|i| i.address().map(str::to_owned)),
        // An instance type's numbers are in the instance alone.
        milli_vcpu: asked.vcpus.or(given.vcpus).map(|n| i64::from(n) * 1000),
        memory_bytes: asked.memory_bytes.or(given.memory_bytes).and_then(whole),
        instance_uid: instance.map(|i| i.metadata.uid.clone()),
        restart_required: vm.restart_required(),
        ready: instance.is_some_and(|i| i.status.conditions.is_true("Ready")),
        agent: instance.is_some_and(Vmi::agent_connected),
        resource_version: vm.metadata.resource_version.clone(),
        born_at: vm.metadata.creation_timestamp,
        disk_count: i32::try_from(disks.count).unwrap_or(i32::MAX),
        disk_bytes: Some(disks.bytes).filter(|bytes| *bytes > 0).and_then(whole),
        hints: pair.hints.clone(),
        writers: vm.metadata.writers.clone(),
    })
}

/// What a VM tells of its owner. Whoever wrote it chose the length.
fn hints(meta: &Meta) -> Vec<Hint> {
    let short = |text: &str| text.chars().take(200).collect::<String>();
    let of = |source| {
        move |(key, value): (&String, &String)| Hint { source, key: short(key), value: short(value) }
    };
    let owners = meta.owners.iter().map(|(kind, name)| of(HintSource::OwnerReference)((kind, name)));
    owner::hints(
        owners
            .chain(meta.labels.iter().map(of(HintSource::Label)))
            .chain(meta.annotations.iter().map(of(HintSource::Annotation))),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meta(name: &str) -> Meta {
        Meta { name: name.into(), namespace: "apps".into(), uid: format!("{name}-uid"), ..Meta::default() }
    }

    fn vm(name: &str) -> Object {
        Object::Vm(Box::new(Vm { metadata: meta(name), ..Vm::default() }))
    }

    fn instance(name: &str) -> Object {
        let mut instance = Vmi::default();
        instance.metadata = meta(name);
        Object::Vmi(Box::new(instance))
    }

    fn listed(mirror: &mut Mirror) {
        for kind in [Kind::Vm, Kind::Vmi] {
            mirror.take(WatchEvent::Init(kind));
        }
        mirror.take(WatchEvent::InitApply(vm("one")));
        mirror.take(WatchEvent::InitApply(instance("one")));
        for kind in [Kind::Vm, Kind::Vmi] {
            mirror.take(WatchEvent::InitDone { kind, resource_version: "1".into() });
        }
    }

    #[test]
    fn nothing_is_written_before_both_lists_are_known() {
        let mut mirror = Mirror::default();
        mirror.take(WatchEvent::Init(Kind::Vm));
        mirror.take(WatchEvent::InitApply(vm("one")));
        mirror.take(WatchEvent::InitDone { kind: Kind::Vm, resource_version: "1".into() });
        assert!(!mirror.pending(), "a running VM would look stopped");
    }

    #[test]
    fn what_a_row_says_does_not_need_what_is_not_kept() {
        let mut mirror = Mirror::default();
        listed(&mut mirror);
        mirror.drain(10);
        let owned = |annotations: &[(&str, &str)]| {
            let text = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
            let labels = [("team".to_owned(), "shop".to_owned())].into();
            let metadata =
                Meta { labels, annotations: annotations.iter().map(text).collect(), ..meta("one") };
            Object::Vm(Box::new(Vm { metadata, ..Vm::default() }))
        };
        mirror.take(WatchEvent::Apply(owned(&[])));
        mirror.drain(10);
        // The row is written anew when its instance changes, long after its VM was heard of.
        mirror.take(WatchEvent::Apply(instance("one")));
        let unmanaged = mirror.drain(10).seen.remove(0);
        assert_eq!((unmanaged.vm_id, unmanaged.hints[0].value.as_str()), (None, "shop"));
        let id = "0193f3c0-0000-7000-8000-000000000001";
        mirror.take(WatchEvent::Apply(owned(&[("shepherd.dev/vm-id", id)])));
        mirror.drain(10);
        mirror.take(WatchEvent::Apply(instance("one")));
        let claimed = mirror.drain(10).seen.remove(0);
        assert_eq!((claimed.vm_id.map(|id| id.to_string()), claimed.hints.len()), (Some(id.to_owned()), 0));
    }

    #[test]
    fn late_news_of_an_instance_does_not_bring_its_vm_back() {
        let mut mirror = Mirror::default();
        listed(&mut mirror);
        assert_eq!(mirror.drain(10).seen.len(), 1);
        mirror.take(WatchEvent::Delete(vm("one")));
        mirror.take(WatchEvent::Apply(instance("one")));
        let changes = mirror.drain(10);
        assert_eq!(changes.gone, [("apps".to_owned(), "one".to_owned())]);
        assert!(changes.seen.is_empty());
    }

    #[test]
    fn a_vm_made_again_is_not_gone() {
        let mut mirror = Mirror::default();
        listed(&mut mirror);
        mirror.drain(10);
        mirror.take(WatchEvent::Delete(vm("one")));
        mirror.take(WatchEvent::Apply(vm("one")));
        let changes = mirror.drain(10);
        assert!(changes.gone.is_empty());
        assert_eq!(changes.seen.len(), 1);
    }
}
