//! Which node an instance runs on: Kubernetes' scheduler, as far as instances ask it for something.
//!
//! Honoured: `nodeSelector`, required node affinity, and pod anti-affinity, required and preferred. An instance's labels
//! stand for those of its pod. Nodes are places in name only: every guest runs on this machine.
//! Not here: resources, taints, affinity to pods, anti-affinity of those that run already towards a newcomer, and
//! namespace selectors other than the empty one.

use serde_json::Value;

use crate::object::{self, items, text};

/// An instance that has its node.
pub struct Placed<'a> {
    pub instance: &'a Value,
    pub node: &'a str,
}

/// Whether an instance is kept apart from others, so that it matters where they are.
pub fn is_apart(instance: &Value) -> bool {
    !required(instance).is_empty() || !preferred(instance).is_empty()
}

fn required(instance: &Value) -> &[Value] {
    items(instance, "/spec/affinity/podAntiAffinity/requiredDuringSchedulingIgnoredDuringExecution")
}

fn preferred(instance: &Value) -> &[Value] {
    items(instance, "/spec/affinity/podAntiAffinity/preferredDuringSchedulingIgnoredDuringExecution")
}

/// The node for `instance`, or why there is none, in the scheduler's words.
pub fn choose<'a>(instance: &Value, nodes: &'a [Value], others: &[Placed<'_>]) -> Result<&'a str, String> {
    let (fitting, unfit): (Vec<&Value>, Vec<&Value>) = nodes.iter().partition(|node| fits(instance, node));
    let meets = |term: &Value, node: &Value| {
        others.iter().any(|other| selects(term, instance, other.instance) && same(term, node, other, nodes))
    };
    let (free, taken): (Vec<&Value>, Vec<&Value>) =
        fitting.into_iter().partition(|node| !required(instance).iter().any(|term| meets(term, node)));
    let dislike = |node: &Value| -> i64 {
        let met = preferred(instance).iter().filter(|wish| meets(&wish["podAffinityTerm"], node));
        met.map(|wish| wish["weight"].as_i64().unwrap_or(1)).sum()
    };
    let least = free.iter().map(|node| dislike(node)).min();
    let best: Vec<&Value> = free.into_iter().filter(|node| Some(dislike(node)) == least).collect();
    // By its uid, so that instances spread and a second look finds the same.
    let turn = object::uid(instance)
        .bytes()
        .fold(0_usize, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
    match best.get(turn.checked_rem(best.len()).unwrap_or_default()) {
        Some(node) => Ok(object::name(node)),
        None => {
            let why = [
                (unfit.len(), "node(s) didn't match Pod's node affinity/selector"),
                (taken.len(), "node(s) didn't match pod anti-affinity rules"),
            ];
            let why = why.iter().filter(|(count, _)| *count > 0).map(|(count, why)| format!("{count} {why}"));
            let why: Vec<String> = why.collect();
            Err(format!("0/{} nodes are available: {}.", nodes.len(), why.join(", ")))
        }
    }
}

fn fits(instance: &Value, node: &Value) -> bool {
    let labels = &node["metadata"]["labels"];
    let wanted = instance["spec"]["nodeSelector"].as_object();
    let selected = wanted.into_iter().flatten().all(|(key, value)| labels[key] == *value);
    let terms = items(
        instance,
        "/spec/affinity/nodeAffinity/requiredDuringSchedulingIgnoredDuringExecution/nodeSelectorTerms",
    );
    selected && (terms.is_empty() || terms.iter().any(|term| matches(&term["matchExpressions"], labels)))
}

/// Whether a term of `own` is about `other`.
fn selects(term: &Value, own: &Value, other: &Value) -> bool {
    let namespaces = items(term, "/namespaces");
    let here = if term["namespaceSelector"].as_object().is_some_and(serde_json::Map::is_empty) {
        true
    } else if namespaces.is_empty() {
        object::namespace(own) == object::namespace(other)
    } else {
        namespaces.iter().any(|name| name == object::namespace(other))
    };
    let (selector, labels) = (&term["labelSelector"], &other["metadata"]["labels"]);
    let exact = selector["matchLabels"].as_object();
    here && selector.is_object()
        && exact.into_iter().flatten().all(|(key, value)| labels[key] == *value)
        && matches(&selector["matchExpressions"], labels)
}

/// Whether the other one's node is in the same place as `node`, as the term draws places.
fn same(term: &Value, node: &Value, other: &Placed<'_>, nodes: &[Value]) -> bool {
    let key = text(term, "/topologyKey");
    let place = |node: &Value| node["metadata"]["labels"][key].as_str().map(str::to_owned);
    let its = nodes.iter().find(|node| object::name(node) == other.node).and_then(place);
    its.is_some() && its == place(node)
}

fn matches(expressions: &Value, labels: &Value) -> bool {
    expressions.as_array().into_iter().flatten().all(|rule| {
        let label = &labels[text(rule, "/key")];
        let among = rule["values"].as_array().is_some_and(|values| values.contains(label));
        match text(rule, "/operator") {
            "In" => among,
            "NotIn" => !among,
            "Exists" => !label.is_null(),
            "DoesNotExist" => label.is_null(),
            _ => false,
        }
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn node(name: &str, zone: &str) -> Value {
        json!({ "metadata": { "name": name, "labels": { "kubernetes.io/hostname": name, "zone": zone } } })
    }

    fn instance(uid: &str, spec: Value) -> Value {
        json!({ "metadata": { "uid": uid, "namespace": "a", "labels": { "app": uid } }, "spec": spec })
    }

    fn apart(from: &str) -> Value {
        let term = |key: &str| {
            json!({ "topologyKey": key, "namespaceSelector": {},
            "labelSelector": { "matchExpressions": [{ "key": "app", "operator": "In", "values": [from] }] } })
        };
        json!({ "affinity": { "podAntiAffinity": {
            "requiredDuringSchedulingIgnoredDuringExecution": [term("kubernetes.io/hostname")],
            "preferredDuringSchedulingIgnoredDuringExecution": [{ "weight": 100, "podAffinityTerm": term("zone") }],
        } } })
    }

    #[test]
    fn a_node_is_as_it_is_asked_for() {
        let nodes = [node("n1", "east"), node("n2", "west")];
        let west = instance("1", json!({ "nodeSelector": { "zone": "west" } }));
        assert_eq!(choose(&west, &nodes, &[]), Ok("n2"));
        let rule = json!({ "key": "zone", "operator": "NotIn", "values": ["west"] });
        let terms = json!({ "nodeSelectorTerms": [{ "matchExpressions": [rule] }] });
        let affinity = json!({ "nodeAffinity": { "requiredDuringSchedulingIgnoredDuringExecution": terms } });
        assert_eq!(choose(&instance("1", json!({ "affinity": affinity })), &nodes, &[]), Ok("n1"));
        let north = instance("1", json!({ "nodeSelector": { "zone": "north" } }));
        let why = choose(&north, &nodes, &[]).unwrap_err();
        assert_eq!(why, "0/2 nodes are available: 2 node(s) didn't match Pod's node affinity/selector.");
    }

    #[test]
    fn apart_is_another_zone_then_another_node_then_nowhere() {
        let nodes = [node("n1", "east"), node("n2", "east"), node("n3", "west")];
        let (other, own) = (instance("x", json!({})), instance("1", apart("x")));
        let on = |node| Placed { instance: &other, node };
        assert!(is_apart(&own) && !is_apart(&other));
        assert_eq!(choose(&own, &nodes, &[on("n1")]), Ok("n3"));
        assert_eq!(choose(&own, &nodes[..2], &[on("n1")]), Ok("n2"));
        let why = choose(&own, &nodes[..1], &[on("n1")]).unwrap_err();
        assert_eq!(why, "0/1 nodes are available: 1 node(s) didn't match pod anti-affinity rules.");
        let stranger = instance("y", json!({}));
        assert!(choose(&own, &nodes[..1], &[Placed { instance: &stranger, node: "n1" }]).is_ok());
    }

    #[test]
    fn who_asks_for_nothing_is_spread() {
        let nodes = [node("n1", "east"), node("n2", "west")];
        let chosen: std::collections::BTreeSet<String> = (0..20)
            .map(|n| choose(&instance(&format!("uid-{n}"), json!({})), &nodes, &[]).unwrap().to_owned())
            .collect();
        assert_eq!(chosen.len(), 2);
        assert!(choose(&instance("1", json!({})), &[], &[]).is_err());
    }
}
