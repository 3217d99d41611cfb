//! Sizes from files: other numbers become a new version.

use shepherd_contract::client::Client;
use shepherd_contract::types::{
    CreateSize, EnvironmentRef, Gpu, ListSizesQuery, Size, SizeCompute, SizeContent, SizeVersion, UpdateSize,
};
use shepherd_domain::ids::EnvironmentId;

use super::{Outcome, document};
use crate::connect::key;
use crate::{Failure, resolve};

pub(super) async fn apply(client: &Client, wanted: document::Size, dry: bool) -> Result<Outcome, Failure> {
    let content = content(&wanted);
    let Some(there) = found(client, &wanted.name).await? else {
        if !dry {
            let body = CreateSize {
                environment_ids: scope(client, wanted.environments.as_deref()).await?,
                name: wanted.name,
                description: wanted.description,
                content,
            };
            client.sizes().create_size(&key(), &body).await?;
        }
        return Ok(Outcome::Created);
    };
    let mut outcome = Outcome::Unchanged;
    let mut version = there.version;
    if there.versions.first().is_none_or(|newest| held(newest) != content) {
        outcome = Outcome::Changed;
        if !dry {
            version = client.sizes().add_size_version(there.id, &key(), &content).await?.version;
        }
    }
    let edit = UpdateSize {
        description: wanted.description.filter(|text| *text != there.description),
        environment_ids: match differs(&there.environments, wanted.environments.as_deref()) {
            true if !dry => scope(client, wanted.environments.as_deref()).await?,
            true => Some(Vec::new()),
            false => None,
        },
    };
    if edit != UpdateSize::default() {
        outcome = Outcome::Changed;
        if !dry {
            client.sizes().update_size(there.id, version, &edit).await?;
        }
    }
    Ok(outcome)
}

async fn found(client: &Client, name: &str) -> Result<Option<Size>, Failure> {
    let query = ListSizesQuery { q: Some(name.to_owned()), limit: Some(200), ..Default::default() };
    Ok(client.sizes().list_sizes(&query).await?.items.into_iter().find(|row| row.name == name))
}

fn content(wanted: &document::Size) -> SizeContent {
    SizeContent {
        milli_vcpu: wanted.milli_vcpu,
        memory_bytes: wanted.memory.0,
        disk_bytes: wanted.disk.0,
        compute: Some(SizeCompute {
            dedicated_cpu: Some(wanted.dedicated_cpu),
            request_milli_cpu: wanted.request_milli_cpu,
            request_memory_bytes: wanted.request_memory.map(|bytes| bytes.0),
            hugepages: wanted.hugepages.clone(),
            gpus: Some(
                wanted.gpus.iter().map(|g| Gpu { device: g.device.clone(), count: g.count }).collect(),
            ),
        }),
    }
}

/// The same of a version that is there.
fn held(version: &SizeVersion) -> SizeContent {
    SizeContent {
        milli_vcpu: version.milli_vcpu,
        memory_bytes: version.memory_bytes,
        disk_bytes: version.disk_bytes,
        compute: Some(version.compute.clone()),
    }
}

/// Whether a file says something else about where an item may be used.
pub(super) fn differs(there: &[EnvironmentRef], wanted: Option<&[String]>) -> bool {
    let Some(wanted) = wanted else { return false };
    let mut there: Vec<&str> = there.iter().map(|environment| environment.name.as_str()).collect();
    let mut wanted: Vec<&str> = wanted.iter().map(String::as_str).collect();
    there.sort_unstable();
    wanted.sort_unstable();
    wanted.dedup();
    there != wanted
}

/// Environments by name.
pub(super) async fn scope(
    client: &Client,
    names: Option<&[String]>,
) -> Result<Option<Vec<EnvironmentId>>, Failure> {
    let Some(names) = names else { return Ok(None) };
    let mut ids = Vec::new();
    for name in names {
        ids.push(resolve::environment(client, name).await?);
    }
    Ok(Some(ids))
}
