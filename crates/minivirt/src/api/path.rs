//! Splits a request path the way kube-apiserver does.

use super::resources::{self, Resource};

/// What a path names.
#[derive(Debug)]
pub enum Target {
    /// An object, a collection, or a subresource of a served kind.
    Object(ObjectPath),
    /// `/apis/subresources.kubevirt.io/v1/...` (segments after the version).
    Subresource(Vec<String>),
    /// Discovery and other documents; the segments.
    Document(Vec<String>),
}

/// A path below a group version.
#[derive(Debug, Clone)]
pub struct ObjectPath {
    /// The kind.
    pub resource: &'static Resource,
    /// Namespace in the path.
    pub namespace: Option<String>,
    /// Name in the path; `None` names the collection.
    pub name: Option<String>,
    /// `status`, ...
    pub subresource: Option<String>,
}

/// The group of KubeVirt's aggregated API.
pub const SUBRESOURCES: &str = "subresources.kubevirt.io";

/// Parses a path. `None` means 404.
pub fn parse(path: &str) -> Option<Target> {
    let segments: Vec<String> = path.split('/').filter(|s| !s.is_empty()).map(str::to_owned).collect();
    let parts: Vec<&str> = segments.iter().map(String::as_str).collect();
    match parts.as_slice() {
        ["api", version, rest @ ..] if !rest.is_empty() => object("", version, rest),
        ["apis", SUBRESOURCES, "v1" | "v1alpha3", rest @ ..] if !rest.is_empty() => {
            Some(Target::Subresource(rest.iter().map(|s| (*s).to_owned()).collect()))
        }
        ["apis", group, version, rest @ ..] if !rest.is_empty() => object(group, version, rest),
        _ => Some(Target::Document(segments)),
    }
}

fn object(group: &str, version: &str, rest: &[&str]) -> Option<Target> {
    let (namespace, rest) = match rest {
        // `/api/v1/namespaces/{name}` names the namespace itself; with more behind it, what is in it.
        ["namespaces", ns, plural, tail @ ..]
            if resources::find(group, version, plural).is_some_and(|r| r.namespaced) =>
        {
            (Some((*ns).to_owned()), [&[*plural], tail].concat())
        }
        _ => (None, rest.to_vec()),
    };
    let [plural, tail @ ..] = rest.as_slice() else { return None };
    let resource = resources::find(group, version, plural)?;
    if resource.namespaced && namespace.is_none() && !tail.is_empty() {
        return None;
    }
    let (name, subresource) = match tail {
        [] => (None, None),
        [name] => (Some((*name).to_owned()), None),
        [name, sub] => (Some((*name).to_owned()), Some((*sub).to_owned())),
        _ => return None,
    };
    Some(Target::Object(ObjectPath { resource, namespace, name, subresource }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object_path(path: &str) -> ObjectPath {
        match parse(path) {
            Some(Target::Object(o)) => o,
            other => panic!("{path}: {other:?}"),
        }
    }

    #[test]
    fn namespaces_are_objects_and_containers() {
        let ns = object_path("/api/v1/namespaces/shop");
        assert_eq!((ns.resource.plural, ns.name.as_deref()), ("namespaces", Some("shop")));
        let secret = object_path("/api/v1/namespaces/shop/secrets/a");
        assert_eq!((secret.resource.plural, secret.namespace.as_deref()), ("secrets", Some("shop")));
        let status = object_path("/api/v1/namespaces/shop/status");
        assert_eq!((status.resource.plural, status.subresource.as_deref()), ("namespaces", Some("status")));
    }

    #[test]
    fn unknown_kinds_and_shapes_have_no_path() {
        for path in ["/apis/kubevirt.io/v2/virtualmachines", "/api/v1/secrets/a", "/apis/kubevirt.io/v1/foos"]
        {
            assert!(parse(path).is_none(), "{path}");
        }
    }
}
