//! The world of a rehearsal: a pure function of its seed.
//!
//! Namespaces as teams have them, VMs of a few sizes; most run, some are stopped or paused, a few crash or name an image
//! that is not there. Who owns them is written on them as people do: mostly, and in several ways.

use std::fmt;
use std::time::Duration;

use serde_json::{Value, json};
use shepherd_minivirt::faults::scatter;
use shepherd_minivirt::populate::{Kind, Newcomer};

const TEAMS: [&str; 12] =
    ["shop", "billing", "search", "media", "fraud", "mail", "maps", "auth", "crm", "ledger", "stock", "data"];
const STAGES: [&str; 3] = ["prod", "staging", "test"];
const SERVICES: [&str; 8] = ["web", "api", "db", "cache", "worker", "queue", "batch", "proxy"];
const PEOPLE: [&str; 6] = ["ann", "bo", "chen", "dana", "emre", "fay"];
const MANAGERS: [&str; 4] = ["kubectl-client-side-apply", "Terraform", "argocd-controller", "ansible"];
/// Cores and memory in GiB, as often as they stand here.
const SIZES: [(u32, u32); 8] = [(1, 1), (1, 2), (1, 2), (2, 4), (2, 4), (2, 8), (4, 16), (8, 32)];
/// VMs of one namespace, about.
const PER_NAMESPACE: u32 = 40;
const DAY: u64 = 86_400;

/// What makes a world.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct World {
    pub seed: u64,
    pub clusters: u32,
    pub vms: u32,
}

impl fmt::Display for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} clusters, {} VMs, seed {}", self.clusters, self.vms, self.seed)
    }
}

/// Numbers that follow from one.
struct Dice(u64);

impl Dice {
    fn below(&mut self, count: usize) -> usize {
        self.0 = scatter(self.0);
        // Less than `count`, so it fits.
        (self.0 % count.max(1) as u64) as usize
    }

    fn one_of<'a, T>(&mut self, among: &'a [T]) -> &'a T {
        &among[self.below(among.len())]
    }

    fn percent(&mut self) -> usize {
        self.below(100)
    }
}

impl World {
    /// `sim-01` and so on.
    pub fn names(&self) -> Vec<String> {
        let width = self.clusters.to_string().len().max(2);
        (1..=self.clusters).map(|number| format!("sim-{number:0width$}")).collect()
    }

    /// How many VMs a cluster has; the first ones have what cannot be shared out.
    pub fn vms_of(&self, cluster: u32) -> u32 {
        self.vms / self.clusters + u32::from(cluster < self.vms % self.clusters)
    }

    /// Everything in one cluster, namespaces first. Made as it is asked for: there may be many.
    pub fn newcomers(self, cluster: u32) -> impl Iterator<Item = Newcomer> + Send {
        let namespaces = self.namespaces(cluster);
        let homes = namespaces.clone();
        let vms = (0..self.vms_of(cluster)).map(move |number| self.vm(cluster, number, &homes));
        namespaces.into_iter().map(namespace).chain(vms)
    }

    fn namespaces(&self, cluster: u32) -> Vec<(String, &'static str)> {
        let count = self.vms_of(cluster).div_ceil(PER_NAMESPACE).clamp(1, 36);
        let first = self.dice(cluster, u64::MAX).below(TEAMS.len() * STAGES.len());
        (0..count as usize)
            .map(|number| {
                let (team, stage) =
                    ((first + number) % TEAMS.len(), (first + number) / TEAMS.len() % STAGES.len());
                (format!("{}-{}", STAGES[stage], TEAMS[team]), TEAMS[team])
            })
            .collect()
    }

    fn dice(&self, cluster: u32, number: u64) -> Dice {
        Dice(scatter(scatter(self.seed ^ u64::from(cluster).rotate_left(32)).wrapping_add(number)))
    }

    fn vm(self, cluster: u32, number: u32, namespaces: &[(String, &'static str)]) -> Newcomer {
        let mut dice = self.dice(cluster, u64::from(number));
        let (namespace, team) = dice.one_of(namespaces);
        let service = *dice.one_of(&SERVICES);
        let name = format!("{service}-{number:04}");
        let (cores, memory) = *dice.one_of(&SIZES);
        let (strategy, image, paused) = match dice.percent() {
            0..=11 => ("Halted", "linux", false),
            12..=13 => ("RerunOnFailure", "linux-crash", false),
            14 => ("RerunOnFailure", "linux-missing", false),
            15..=16 => ("RerunOnFailure", "linux", true),
            17..=40 => ("Always", "linux", false),
            _ => ("RerunOnFailure", "linux", false),
        };
        let (labels, annotations) = owner(&mut dice, team, service);
        let mut volumes = vec![json!({"name": "root", "containerDisk": {"image": format!("sim/{image}:1")}})];
        let mut disks = vec![json!({"name": "root", "disk": {"bus": "virtio"}})];
        if dice.percent() < 60 {
            let size = dice.one_of(&["10Gi", "50Gi", "200Gi"]);
            volumes.push(json!({"name": "data", "emptyDisk": {"capacity": size}}));
            disks.push(json!({"name": "data", "disk": {"bus": "virtio"}}));
        }
        let mut spec = json!({
            "domain": {"cpu": {"cores": cores}, "memory": {"guest": format!("{memory}Gi")},
                "devices": {"disks": disks, "interfaces": [{"name": "default", "masquerade": {}}]}},
            "networks": [{"name": "default", "pod": {}}],
            "volumes": volumes,
        });
        if paused {
            spec["startStrategy"] = "Paused".into();
        }
        let manager = (*dice.one_of(&MANAGERS)).to_owned();
        let age = Duration::from_secs(dice.below(900) as u64 * DAY + dice.below(86_400) as u64);
        let object = json!({
            "metadata": {"name": name, "labels": labels, "annotations": annotations},
            "spec": {"runStrategy": strategy,
                "template": {"metadata": {"labels": {"app.kubernetes.io/name": service}}, "spec": spec}},
        });
        Newcomer { kind: Kind::VirtualMachine, namespace: namespace.clone(), object, manager, age }
    }
}

/// How people write down whose something is.
fn owner(dice: &mut Dice, team: &str, service: &str) -> (Value, Value) {
    let person = dice.one_of(&PEOPLE);
    match dice.percent() {
        0..=39 => (json!({"team": team, "app.kubernetes.io/part-of": service}), json!({})),
        40..=59 => (json!({"owner": person}), json!({})),
        60..=79 => (
            json!({"app.kubernetes.io/managed-by": "helm"}),
            json!({"example.com/contact": format!("{person}@{team}.example")}),
        ),
        80..=89 => (json!({"cost-center": format!("CC-{:04}", dice.below(10_000))}), json!({})),
        _ => (json!({}), json!({})),
    }
}

fn namespace((name, team): (String, &'static str)) -> Newcomer {
    let object = json!({"metadata": {"name": name, "labels": {"team": team}}});
    let age = Duration::from_secs(1000 * DAY);
    Newcomer { kind: Kind::Namespace, namespace: String::new(), object, manager: MANAGERS[0].to_owned(), age }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const WORLD: World = World { seed: 7, clusters: 20, vms: 20_003 };

    #[test]
    fn the_same_seed_makes_the_same_world_and_another_makes_another() {
        let all = |world: World| world.newcomers(3).collect::<Vec<_>>();
        assert_eq!(all(WORLD), all(WORLD));
        assert_ne!(all(WORLD), all(World { seed: 8, ..WORLD }));
        // What a world is made of must not change by itself: rehearsals are compared.
        let first = WORLD.newcomers(0).find(|one| one.kind == Kind::VirtualMachine).unwrap();
        let known = format!("{}/{}", first.namespace, first.object["metadata"]["name"].as_str().unwrap());
        assert_eq!(known, KNOWN);
    }

    const KNOWN: &str = "prod-shop/batch-0000";

    #[test]
    fn every_vm_is_somewhere_once_and_has_a_namespace() {
        let mut count = 0;
        for cluster in 0..WORLD.clusters {
            let (mut namespaces, mut vms) = (BTreeSet::new(), BTreeSet::new());
            for one in WORLD.newcomers(cluster) {
                let name = one.object["metadata"]["name"].as_str().unwrap().to_owned();
                assert!(name.len() <= 63);
                match one.kind {
                    Kind::Namespace => assert!(namespaces.insert(name)),
                    Kind::VirtualMachine => {
                        assert!(namespaces.contains(&one.namespace));
                        assert!(vms.insert((one.namespace, name)));
                    }
                }
            }
            count += vms.len();
        }
        assert_eq!(count, 20_003);
    }

    #[test]
    fn there_is_something_of_everything() {
        let text = WORLD.newcomers(0).map(|one| one.object.to_string()).collect::<String>();
        for word in
            ["Halted", "Always", "linux-crash", "linux-missing", "Paused", "\"owner\"", "\"team\"", "contact"]
        {
            assert!(text.contains(word), "{word}");
        }
    }
}
