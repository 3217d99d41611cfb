//! Environments, namespaces and networks from files.

use shepherd_contract::client::Client;
use shepherd_contract::types::{
    CreateEnvironment, CreateNamespace, CreateNetwork, ListNamespacesQuery, ListNetworksQuery, UpdateNetwork,
};

use super::{Outcome, document, fixed};
use crate::connect::key;
use crate::paging::collect;
use crate::{Failure, resolve};

/// The colour of a label nobody chose one for.
const COLOUR: &str = "#2f9e44";
/// More of one name than this cannot be told apart by it anyway.
const MANY: usize = 1000;

pub(super) async fn environment(
    client: &Client,
    wanted: document::Environment,
    dry: bool,
) -> Result<Outcome, Failure> {
    let all = client.catalogue().list_environments().await?.items;
    if let Some(there) = all.into_iter().find(|row| row.name == wanted.name) {
        let differs =
            |wanted: &Option<String>, there: &str| wanted.as_ref().is_some_and(|text| text != there);
        let what = if wanted.protected != there.protected {
            "protection"
        } else if differs(&wanted.title, &there.title) {
            "title"
        } else if differs(&wanted.colour, &there.colour) {
            "colour"
        } else if wanted.position.is_some_and(|position| position != there.position) {
            "position"
        } else if wanted.trash_days.is_some_and(|days| days != there.trash_days) {
            "trash_days"
        } else {
            return Ok(Outcome::Unchanged);
        };
        return Err(fixed("Environment", &wanted.name, what));
    }
    if !dry {
        let body = CreateEnvironment {
            title: wanted.title.unwrap_or_else(|| wanted.name.clone()),
            name: wanted.name,
            protected: wanted.protected,
            colour: wanted.colour.unwrap_or_else(|| COLOUR.to_owned()),
            position: wanted.position,
            trash_days: wanted.trash_days,
        };
        client.catalogue().create_environment(&key(), &body).await?;
    }
    Ok(Outcome::Created)
}

pub(super) async fn namespace(
    client: &Client,
    wanted: document::Namespace,
    dry: bool,
) -> Result<Outcome, Failure> {
    let name = wanted.name.as_str();
    let rows = collect(MANY, |cursor, limit| async move {
        let q = Some(name.to_owned());
        let query = ListNamespacesQuery { cursor, limit: Some(limit), q, ..Default::default() };
        client.catalogue().list_namespaces(&query).await.map(|page| (page.items, page.next_cursor))
    });
    if let Some(there) = rows.await?.into_iter().find(|row| row.name == wanted.name) {
        let (mut systems, mut asked) = (names(&there.systems), wanted.systems.clone());
        systems.sort();
        asked.sort();
        return if there.environment.name != wanted.environment {
            Err(fixed("Namespace", &wanted.name, "environment"))
        } else if systems != asked {
            Err(fixed("Namespace", &wanted.name, "list of Systems"))
        } else {
            Ok(Outcome::Unchanged)
        };
    }
    if !dry {
        let mut system_ids = Vec::new();
        for name in &wanted.systems {
            system_ids.push(resolve::system(client, name).await?);
        }
        let environment_id = resolve::environment(client, &wanted.environment).await?;
        let body = CreateNamespace { name: wanted.name, environment_id, system_ids: Some(system_ids) };
        client.catalogue().create_namespace(&key(), &body).await?;
    }
    Ok(Outcome::Created)
}

fn names(systems: &[shepherd_contract::types::SystemRef]) -> Vec<String> {
    systems.iter().map(|system| system.name.clone()).collect()
}

pub(super) async fn network(
    client: &Client,
    wanted: document::Network,
    dry: bool,
) -> Result<Outcome, Failure> {
    let name = wanted.name.as_str();
    let rows = collect(MANY, |cursor, limit| async move {
        let q = Some(name.to_owned());
        let query = ListNetworksQuery { cursor, limit: Some(limit), q, ..Default::default() };
        client.networks().list_networks(&query).await.map(|page| (page.items, page.next_cursor))
    });
    let Some(there) = rows.await?.into_iter().find(|row| row.name == wanted.name) else {
        if !dry {
            let body = CreateNetwork {
                title: wanted.title.unwrap_or_else(|| wanted.name.clone()),
                name: wanted.name,
                description: wanted.description,
                environment_id: resolve::environment(client, &wanted.environment).await?,
                definition: wanted.definition,
            };
            client.networks().create_network(&key(), &body).await?;
        }
        return Ok(Outcome::Created);
    };
    if there.definition.as_deref() != Some(&wanted.definition) {
        return Err(fixed("Network", &wanted.name, "definition"));
    }
    if there.environment.as_ref().map(|environment| environment.name.as_str()) != Some(&wanted.environment) {
        return Err(fixed("Network", &wanted.name, "environment"));
    }
    let edit = UpdateNetwork {
        title: wanted.title.filter(|title| *title != there.title),
        description: wanted.description.filter(|text| *text != there.description),
        ..UpdateNetwork::default()
    };
    if edit == UpdateNetwork::default() {
        return Ok(Outcome::Unchanged);
    }
    if !dry {
        client.networks().update_network(there.id, there.version, &edit).await?;
    }
    Ok(Outcome::Changed)
}
