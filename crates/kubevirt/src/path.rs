//! Request paths. Every name is checked before it becomes part of one, so that no name can climb out of
//! its place (`../`), add a query or reach another API.

use crate::Error;

const VIRTUAL_MACHINES: &str = "virtualmachines";
const INSTANCES: &str = "virtualmachineinstances";

/// `/apis/kubevirt.io/v1/...`: v1 is served since 0.37 and stored since 1.0.
pub(crate) fn vms(namespace: &str) -> Result<String, Error> {
    Ok(format!(
        "/apis/kubevirt.io/v1/namespaces/{}/{VIRTUAL_MACHINES}",
        label(namespace, "metadata.namespace")?
    ))
}

pub(crate) fn vm(namespace: &str, name: &str) -> Result<String, Error> {
    Ok(format!("{}/{}", vms(namespace)?, subdomain(name, "metadata.name")?))
}

pub(crate) fn vmi(namespace: &str, name: &str) -> Result<String, Error> {
    let namespace = label(namespace, "metadata.namespace")?;
    let name = subdomain(name, "metadata.name")?;
    Ok(format!("/apis/kubevirt.io/v1/namespaces/{namespace}/{INSTANCES}/{name}"))
}

pub(crate) fn vm_subresource(namespace: &str, name: &str, what: &str) -> Result<String, Error> {
    subresource(VIRTUAL_MACHINES, namespace, name, what)
}

pub(crate) fn vmi_subresource(namespace: &str, name: &str, what: &str) -> Result<String, Error> {
    subresource(INSTANCES, namespace, name, what)
}

pub(crate) fn namespace(name: &str) -> Result<String, Error> {
    Ok(format!("/api/v1/namespaces/{}", label(name, "metadata.name")?))
}

pub(crate) fn secrets(namespace: &str) -> Result<String, Error> {
    Ok(format!("/api/v1/namespaces/{}/secrets", label(namespace, "metadata.namespace")?))
}

pub(crate) fn secret(namespace: &str, name: &str) -> Result<String, Error> {
    Ok(format!("{}/{}", secrets(namespace)?, subdomain(name, "metadata.name")?))
}

pub(crate) fn claim(namespace: &str, name: &str) -> Result<String, Error> {
    let namespace = label(namespace, "metadata.namespace")?;
    let name = subdomain(name, "metadata.name")?;
    Ok(format!("/api/v1/namespaces/{namespace}/persistentvolumeclaims/{name}"))
}

fn subresource(resource: &str, namespace: &str, name: &str, what: &str) -> Result<String, Error> {
    let namespace = label(namespace, "metadata.namespace")?;
    let name = subdomain(name, "metadata.name")?;
    Ok(format!("/apis/subresources.kubevirt.io/v1/namespaces/{namespace}/{resource}/{name}/{what}"))
}

/// DNS-1123 label: what Kubernetes takes as a namespace.
fn label<'a>(name: &'a str, field: &str) -> Result<&'a str, Error> {
    let fits = name.len() <= 63 && is_label(name);
    if fits { Ok(name) } else { Err(Error::invalid(field, "not a DNS-1123 label")) }
}

/// DNS-1123 subdomain: what Kubernetes takes as the name of most objects.
fn subdomain<'a>(name: &'a str, field: &str) -> Result<&'a str, Error> {
    let fits = name.len() <= 253 && name.split('.').all(is_label);
    if fits { Ok(name) } else { Err(Error::invalid(field, "not a DNS-1123 subdomain")) }
}

fn is_label(part: &str) -> bool {
    let inside = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !part.is_empty() && part.bytes().all(inside) && !part.starts_with('-') && !part.ends_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_leave_their_place() {
        assert_eq!(
            vm("ns-1", "a.b-1").unwrap(),
            "/apis/kubevirt.io/v1/namespaces/ns-1/virtualmachines/a.b-1"
        );
        for bad in ["", ".", "..", "a/b", "a?x", "A", "a_b", "-a", "a-", "a..b", "a%2fb", "ä"] {
            assert!(matches!(vm("ns", bad), Err(Error::Invalid { .. })), "{bad}");
            assert!(matches!(vm(bad, "vm"), Err(Error::Invalid { .. })), "{bad}");
        }
        assert!(vm("a.b", "vm").is_err(), "a namespace has no dots");
    }
}
