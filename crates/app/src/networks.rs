//! Networks: what a guest is connected to. What a network is never changes, only what is said of it and its state.

use shepherd_contract::types::{CreateNetwork, Network, NetworkKind, NetworkPage, UpdateNetwork};
use shepherd_domain::authz::{self, InEnvironment, Platform};
use shepherd_domain::ids::{EnvironmentId, NetworkId};
use shepherd_domain::network::is_definition;
use shepherd_store::Conn;
use shepherd_store::events::Event;
use shepherd_store::networks::{self as store, NetworkEdit, NetworkFilter, NetworkRow, NewNetwork};

use crate::catalogue::{environment_of, state};
use crate::change::{Audit, Begun};
use crate::page::Ask;
use crate::{App, Cx, Error, Result};

/// Which networks.
pub struct ListNetworks<'a> {
    pub environment: Option<EnvironmentId>,
    pub search: Option<&'a str>,
    pub cursor: Option<&'a str>,
    pub limit: Option<i32>,
}

impl App {
    /// The networks, by name.
    pub async fn list_networks(&self, _cx: &Cx, ask: ListNetworks<'_>) -> Result<NetworkPage> {
        let page: Ask<String> = Ask::new("networks", ask.cursor, ask.limit)?;
        let filter = NetworkFilter {
            ids: None,
            search: ask.search,
            environment: ask.environment,
            after: page.after.as_deref(),
            limit: page.fetch(),
        };
        let rows = store::list(&mut *self.db.acquire().await?, &filter).await?;
        let (rows, next_cursor) = page.cut("networks", rows, |row| row.name.clone())?;
        Ok(NetworkPage { items: rows.into_iter().map(network).collect::<Result<_>>()?, next_cursor })
    }

    /// One network.
    pub async fn get_network(&self, _cx: &Cx, id: NetworkId) -> Result<Network> {
        load(&mut *self.db.acquire().await?, id).await
    }

    /// Adds a network that Multus attaches.
    pub async fn create_network(&self, cx: &Cx, body: CreateNetwork) -> Result<Network> {
        let auth =
            self.authorize::<authz::ManageCatalogue, _>(cx, InEnvironment(body.environment_id)).await?;
        if !is_definition(&body.definition) {
            let text = "Name a NetworkAttachmentDefinition as NAME or NAMESPACE/NAME.";
            return Err(Error::field("/definition", "NETWORK_DEFINITION_INVALID", text));
        }
        let mut change = match self.change(cx).await? {
            Begun::Fresh(change) => change,
            Begun::Replay(answer) => return Ok(answer),
        };
        self.known_environment(change.tx(), body.environment_id).await?;
        let new = NewNetwork {
            name: &body.name,
            title: &body.title,
            description: body.description.as_deref().unwrap_or_default(),
            definition: &body.definition,
        };
        let id = store::create(change.tx(), &auth, &new).await.map_err(|error| {
            let taken = |pointer, what: &str| {
                Error::field(pointer, "NAME_TAKEN", format!("There is a network {what} already."))
            };
            Error::from(error)
                .taken("network_name_key", || taken("/name", &format!("named {}", body.name)))
                .taken("network_definition", || {
                    taken("/definition", &format!("of {} there", body.definition))
                })
        })?;
        let made = load(change.tx(), id).await?;
        change.event(Event::new("network", id, 1));
        let entry = Audit::of("network", id, &made.name).environment(body.environment_id).after(&made);
        change.commit(entry, made).await
    }

    /// Changes what is said of it, deprecates, withdraws or brings it back.
    pub async fn update_network(
        &self,
        cx: &Cx,
        id: NetworkId,
        version: i64,
        body: UpdateNetwork,
    ) -> Result<Network> {
        let auth = self.authorize::<authz::ManageCatalogue, _>(cx, Platform).await?;
        let before = load(&mut *self.db.acquire().await?, id).await?;
        let Begun::Fresh(mut change) = self.change::<()>(cx).await? else { return Ok(before) };
        let edit = NetworkEdit {
            title: body.title.as_deref(),
            description: body.description.as_deref(),
            state: body.state.as_ref().map(|state| state.as_str()),
            message: body.message.as_deref().map(str::trim),
        };
        let new = store::update(change.tx(), &auth, id, version, &edit).await?.ok_or(Error::Stale)?;
        let after = load(change.tx(), id).await?;
        change.event(Event::new("network", id, new));
        let environment = after.environment.as_ref().map(|environment| environment.id);
        let entry =
            Audit::of("network", id, &after.name).environment(environment).before(&before).after(&after);
        change.commit(entry, after).await
    }
}

async fn load(conn: &mut Conn, id: NetworkId) -> Result<Network> {
    let filter = NetworkFilter { ids: Some(&[id]), limit: 1, ..NetworkFilter::default() };
    store::list(conn, &filter).await?.pop().map(network).ok_or(Error::NotFound)?
}

fn network(row: NetworkRow) -> Result<Network> {
    let kind: NetworkKind =
        row.kind.parse().map_err(|_| Error::Internal("a stored kind of network is unknown".into()))?;
    Ok(Network {
        id: row.id,
        name: row.name,
        title: row.title,
        description: row.description,
        kind,
        definition: row.definition,
        environment: row.environment.map(|environment| environment_of(environment.0)),
        state: state(&row.state),
        message: row.message,
        created_at: row.created_at,
        version: row.version,
    })
}
