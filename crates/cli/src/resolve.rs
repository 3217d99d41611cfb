//! Names to ids: wherever the API takes an id, a person may give a name.
//!
//! What is a UUID is taken as an id and not looked up. Everything else is looked for among what the caller may see, whole
//! names only: a script must never act on something whose name merely begins like the one it gave.

use shepherd_contract::client::Client;
use shepherd_contract::types::{
    Holder, HolderKind, ListClustersQuery, ListGroupsQuery, ListNamespacesQuery, ListNetworksQuery,
    ListPeopleQuery, ListPoolsQuery, ListRequestsQuery, ListServicesQuery, ListSizesQuery, ListSystemsQuery,
    ListTemplatesQuery, ListVmsQuery, LookupHolder, PoolSummary, Role,
};
use shepherd_domain::ids::{
    ClusterId, EnvironmentId, GroupId, NamespaceId, NetworkId, PoolId, PrincipalId, RequestId, ServiceId,
    SizeId, SizeVersionId, SshKeyId, SystemId, TemplateId, TemplateVersionId, VmId,
};
use uuid::Uuid;

use crate::Failure;
use crate::paging::collect;

/// More of one name than this cannot be told apart by it anyway.
const MANY: usize = 1000;

fn uuid(text: &str) -> Option<Uuid> {
    Uuid::parse_str(text).ok()
}

fn missing(what: &str, name: &str) -> Failure {
    Failure::NotFound(format!("there is no {what} named {name}, or you may not see it"))
}

/// A VM by its full name.
pub async fn vm(client: &Client, name: &str) -> Result<VmId, Failure> {
    if let Some(id) = uuid(name) {
        return Ok(VmId(id));
    }
    // In use, or in the trash: a name is never given twice.
    for trashed in [false, true] {
        let rows = collect(MANY, |cursor, limit| async move {
            let (q, trashed) = (Some(name.to_owned()), Some(trashed));
            let query = ListVmsQuery { cursor, limit: Some(limit), q, trashed, ..Default::default() };
            client.vms().list_vms(&query).await.map(|page| (page.items, page.next_cursor))
        });
        if let Some(row) = rows.await?.into_iter().find(|row| row.name == name) {
            return Ok(row.id);
        }
    }
    Err(missing("VM", name))
}

/// A pool by its name, or SYSTEM/SERVICE/NAME where several are called that.
pub async fn pool(client: &Client, text: &str) -> Result<PoolId, Failure> {
    if let Some(id) = uuid(text) {
        return Ok(PoolId(id));
    }
    let name = text.rsplit('/').next().unwrap_or(text);
    let rows = collect(MANY, |cursor, limit| async move {
        let query =
            ListPoolsQuery { cursor, limit: Some(limit), q: Some(name.to_owned()), ..Default::default() };
        client.pools().list_pools(&query).await.map(|page| (page.items, page.next_cursor))
    });
    let full = |p: &PoolSummary| format!("{}/{}/{}", p.system.name, p.service.name, p.name);
    let rows = rows.await?.into_iter().filter(|p| p.name == name && (name == text || full(p) == text));
    match rows.collect::<Vec<_>>().as_slice() {
        [] => Err(missing("pool", text)),
        [one] => Ok(one.id),
        several => {
            let names: Vec<String> = several.iter().map(full).collect();
            Err(Failure::Usage(format!("several pools are called that; say which: {}", names.join(", "))))
        }
    }
}

/// A request by its number: `R-1042`, `r1042` or `1042`.
pub async fn request(client: &Client, text: &str) -> Result<RequestId, Failure> {
    if let Some(id) = uuid(text) {
        return Ok(RequestId(id));
    }
    let number = number(text)?;
    let query = ListRequestsQuery { q: Some(format!("R-{number}")), limit: Some(200), ..Default::default() };
    let page = client.requests().list_requests(&query).await?;
    let found = page.items.into_iter().find(|row| row.number == number);
    found.map(|row| row.id).ok_or_else(|| missing("request", &format!("R-{number}")))
}

fn number(text: &str) -> Result<i64, Failure> {
    let digits = text.trim_start_matches(['R', 'r']).trim_start_matches('-');
    digits.parse().map_err(|_| Failure::Usage(format!("{text} is no number of a request, such as R-1042")))
}

/// A System.
pub async fn system(client: &Client, name: &str) -> Result<SystemId, Failure> {
    if let Some(id) = uuid(name) {
        return Ok(SystemId(id));
    }
    let rows = collect(MANY, |cursor, limit| async move {
        let query = ListSystemsQuery { cursor, limit: Some(limit), q: Some(name.to_owned()) };
        client.systems().list_systems(&query).await.map(|page| (page.items, page.next_cursor))
    });
    rows.await?
        .into_iter()
        .find(|row| row.name == name)
        .map(|row| row.id)
        .ok_or_else(|| missing("System", name))
}

/// A Service as `SYSTEM/SERVICE`.
pub async fn service(client: &Client, name: &str) -> Result<ServiceId, Failure> {
    if let Some(id) = uuid(name) {
        return Ok(ServiceId(id));
    }
    let Some((of, own)) = name.split_once('/') else {
        return Err(Failure::Usage(format!("name the Service with its System: SYSTEM/{name}")));
    };
    let system_id = Some(system(client, of).await?);
    let rows = collect(MANY, |cursor, limit| async move {
        let query = ListServicesQuery { cursor, limit: Some(limit), q: Some(own.to_owned()), system_id };
        client.systems().list_services(&query).await.map(|page| (page.items, page.next_cursor))
    });
    rows.await?
        .into_iter()
        .find(|row| row.name == own)
        .map(|row| row.id)
        .ok_or_else(|| missing("Service", name))
}

/// A person or service account by the name they sign in with.
pub async fn person(client: &Client, name: &str) -> Result<PrincipalId, Failure> {
    if let Some(id) = uuid(name) {
        return Ok(PrincipalId(id));
    }
    let rows = collect(MANY, |cursor, limit| async move {
        let query = ListPeopleQuery { cursor, limit: Some(limit), q: Some(name.to_owned()) };
        client.people().list_people(&query).await.map(|page| (page.items, page.next_cursor))
    });
    rows.await?
        .into_iter()
        .find(|row| row.name == name)
        .map(|row| row.id)
        .ok_or_else(|| missing("account", name))
}

/// Somebody to give a place to, by exact name or e-mail address: for whoever may not list people.
pub async fn holder(client: &Client, name: &str) -> Result<PrincipalId, Failure> {
    if let Some(id) = uuid(name) {
        return Ok(PrincipalId(id));
    }
    let found = look(client, HolderKind::Person, name).await?;
    found.person.map(|row| row.id).ok_or_else(|| missing("account", name))
}

/// The same for a group.
pub async fn holder_group(client: &Client, name: &str) -> Result<GroupId, Failure> {
    if let Some(id) = uuid(name) {
        return Ok(GroupId(id));
    }
    let found = look(client, HolderKind::Group, name).await?;
    found.group.map(|row| row.id).ok_or_else(|| missing("group", name))
}

async fn look(client: &Client, kind: HolderKind, name: &str) -> Result<Holder, Failure> {
    let body = LookupHolder { kind, name: name.to_owned() };
    match client.membership().lookup_holder(&body).await.map_err(Failure::from) {
        Err(Failure::NotFound(_)) => Ok(Holder { person: None, group: None }),
        other => other,
    }
}

/// A service account: among one's own first, which everybody may list.
pub async fn account(client: &Client, name: &str) -> Result<PrincipalId, Failure> {
    if let Some(id) = uuid(name) {
        return Ok(PrincipalId(id));
    }
    let own = client.accounts().list_my_service_accounts().await?.items;
    match own.into_iter().find(|row| row.name == name) {
        Some(row) => Ok(row.id),
        None => person(client, name).await,
    }
}

/// A group.
pub async fn group(client: &Client, name: &str) -> Result<GroupId, Failure> {
    if let Some(id) = uuid(name) {
        return Ok(GroupId(id));
    }
    let rows = collect(MANY, |cursor, limit| async move {
        let query = ListGroupsQuery { cursor, limit: Some(limit), q: Some(name.to_owned()) };
        client.groups().list_groups(&query).await.map(|page| (page.items, page.next_cursor))
    });
    rows.await?
        .into_iter()
        .find(|row| row.name == name)
        .map(|row| row.id)
        .ok_or_else(|| missing("group", name))
}

/// A role, whole: the list is short and everybody may read it.
pub async fn role(client: &Client, name: &str) -> Result<Role, Failure> {
    let list = client.roles().list_roles().await?.items;
    list.into_iter().find(|row| row.name == name).ok_or_else(|| missing("role", name))
}

/// A namespace.
pub async fn namespace(client: &Client, name: &str) -> Result<NamespaceId, Failure> {
    if let Some(id) = uuid(name) {
        return Ok(NamespaceId(id));
    }
    let rows = collect(MANY, |cursor, limit| async move {
        let query = ListNamespacesQuery {
            cursor,
            limit: Some(limit),
            q: Some(name.to_owned()),
            ..Default::default()
        };
        client.catalogue().list_namespaces(&query).await.map(|page| (page.items, page.next_cursor))
    });
    rows.await?
        .into_iter()
        .find(|row| row.name == name)
        .map(|row| row.id)
        .ok_or_else(|| missing("namespace", name))
}

/// An environment.
pub async fn environment(client: &Client, name: &str) -> Result<EnvironmentId, Failure> {
    if let Some(id) = uuid(name) {
        return Ok(EnvironmentId(id));
    }
    let list = client.catalogue().list_environments().await?.items;
    list.into_iter()
        .find(|row| row.name == name)
        .map(|row| row.id)
        .ok_or_else(|| missing("environment", name))
}

/// Several environments.
pub async fn environments(client: &Client, names: &[String]) -> Result<Vec<EnvironmentId>, Failure> {
    let mut ids = Vec::new();
    for name in names {
        ids.push(environment(client, name).await?);
    }
    Ok(ids)
}

/// A cluster.
pub async fn cluster(client: &Client, name: &str) -> Result<ClusterId, Failure> {
    if let Some(id) = uuid(name) {
        return Ok(ClusterId(id));
    }
    let query = ListClustersQuery { q: Some(name.to_owned()), limit: Some(200), ..Default::default() };
    let page = client.clusters().list_clusters(&query).await?;
    page.items
        .into_iter()
        .find(|row| row.name == name)
        .map(|row| row.id)
        .ok_or_else(|| missing("cluster", name))
}

/// An environment, where one is named.
pub async fn optional_environment(
    client: &Client,
    name: Option<&str>,
) -> Result<Option<EnvironmentId>, Failure> {
    match name {
        Some(name) => environment(client, name).await.map(Some),
        None => Ok(None),
    }
}

/// A template, whatever its versions.
pub async fn template_item(client: &Client, name: &str) -> Result<TemplateId, Failure> {
    if let Some(id) = uuid(name) {
        return Ok(TemplateId(id));
    }
    let query = ListTemplatesQuery { q: Some(name.to_owned()), limit: Some(200), ..Default::default() };
    let found =
        client.templates().list_templates(&query).await?.items.into_iter().find(|row| row.name == name);
    found.map(|row| row.id).ok_or_else(|| missing("template", name))
}

/// A size, whatever its versions.
pub async fn size_item(client: &Client, name: &str) -> Result<SizeId, Failure> {
    if let Some(id) = uuid(name) {
        return Ok(SizeId(id));
    }
    let query = ListSizesQuery { q: Some(name.to_owned()), limit: Some(200), ..Default::default() };
    let found = client.sizes().list_sizes(&query).await?.items.into_iter().find(|row| row.name == name);
    found.map(|row| row.id).ok_or_else(|| missing("size", name))
}

/// A network.
pub async fn network(client: &Client, name: &str) -> Result<NetworkId, Failure> {
    if let Some(id) = uuid(name) {
        return Ok(NetworkId(id));
    }
    let query = ListNetworksQuery { q: Some(name.to_owned()), limit: Some(200), ..Default::default() };
    let found = client.networks().list_networks(&query).await?.items.into_iter().find(|row| row.name == name);
    found.map(|row| row.id).ok_or_else(|| missing("network", name))
}

/// A template's newest version that can be used, or the one named by `NAME@VERSION`.
pub async fn template(client: &Client, text: &str) -> Result<TemplateVersionId, Failure> {
    if let Some(id) = uuid(text) {
        return Ok(TemplateVersionId(id));
    }
    let (name, version) = versioned(text)?;
    let query = ListTemplatesQuery { q: Some(name.to_owned()), limit: Some(200), ..Default::default() };
    let page = client.templates().list_templates(&query).await?;
    let versions =
        page.items.into_iter().find(|row| row.name == name).map(|row| row.versions).unwrap_or_default();
    let wanted = |v: &&shepherd_contract::types::TemplateVersion| match version {
        Some(number) => v.version == number,
        None => v.state == shepherd_contract::types::CatalogueState::Active,
    };
    versions.iter().find(wanted).map(|v| v.id).ok_or_else(|| missing("template", text))
}

/// A size's newest version that can be used, or the one named by `NAME@VERSION`.
pub async fn size(client: &Client, text: &str) -> Result<SizeVersionId, Failure> {
    if let Some(id) = uuid(text) {
        return Ok(SizeVersionId(id));
    }
    let (name, version) = versioned(text)?;
    let query = ListSizesQuery { q: Some(name.to_owned()), limit: Some(200), ..Default::default() };
    let page = client.sizes().list_sizes(&query).await?;
    let versions =
        page.items.into_iter().find(|row| row.name == name).map(|row| row.versions).unwrap_or_default();
    let wanted = |v: &&shepherd_contract::types::SizeVersion| match version {
        Some(number) => v.version == number,
        None => v.state == shepherd_contract::types::CatalogueState::Active,
    };
    versions.iter().find(wanted).map(|v| v.id).ok_or_else(|| missing("size", text))
}

fn versioned(text: &str) -> Result<(&str, Option<i32>), Failure> {
    match text.split_once('@') {
        None => Ok((text, None)),
        Some((name, version)) => version
            .parse()
            .map(|version| (name, Some(version)))
            .map_err(|_| Failure::Usage(format!("{version} is no version; write NAME@2"))),
    }
}

/// One's own SSH key.
pub async fn ssh_key(client: &Client, name: &str) -> Result<SshKeyId, Failure> {
    if let Some(id) = uuid(name) {
        return Ok(SshKeyId(id));
    }
    let list = client.me().list_ssh_keys().await?.items;
    list.into_iter()
        .find(|row| row.name == name)
        .map(|row| row.id)
        .ok_or_else(|| missing("SSH key of yours", name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn request_numbers_are_read_as_people_say_them() {
        for text in ["R-1042", "r1042", "1042"] {
            assert_eq!(number(text).unwrap(), 1042);
        }
        assert_eq!(number("web-01").unwrap_err().code(), 2);
    }

    #[test]
    fn a_version_is_named_after_an_at() {
        assert_eq!(versioned("small").unwrap(), ("small", None));
        assert_eq!(versioned("small@2").unwrap(), ("small", Some(2)));
        assert_eq!(versioned("small@new").unwrap_err().code(), 2);
    }
}
