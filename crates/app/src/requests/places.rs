//! Where a VM may run: what its requester asks of it, and every cluster judged.

use shepherd_contract::types::{PlaceWish, RequestPlace, VmRef, VolumeMode as Mode};
use shepherd_domain::authz::Permission;
use shepherd_domain::ids::EnvironmentId;
use shepherd_domain::placement::{Candidate, ClusterFacts, Demand, Neighbour, Taken, place};
use shepherd_domain::spec::CreateSpec;
use shepherd_domain::states::{RootDisk, VolumeMode};
use shepherd_store::placement::{self as store, ZoneFilter};
use shepherd_store::vm_lists::{self, VmFilter};
use shepherd_store::{Conn, request_facts};

use super::asker::Asker;
use super::facts::cluster;
use crate::advanced_paths::with_schemas;
use crate::{Error, Result};

/// Puts into the spec what is asked of its place.
pub(super) fn ask(create: &mut CreateSpec, wish: Option<&PlaceWish>) -> Result<()> {
    let Some(wish) = wish else { return Ok(()) };
    if create.root == RootDisk::Ephemeral {
        for (name, asked) in
            [("storage_class", wish.storage_class.is_some()), ("volume_mode", wish.volume_mode.is_some())]
        {
            if asked {
                let text = "The root disk of this template is ephemeral: it is of no storage class.";
                return Err(Error::field(format!("/place/{name}"), "STORAGE_NEEDS_DISK", text));
            }
        }
    }
    create.zone = wish.zone.clone();
    create.apart_from = wish.apart_from.clone().unwrap_or_default();
    create.storage_class = wish.storage_class.clone();
    create.volume_mode = wish.volume_mode.map(|mode| match mode {
        Mode::Block => VolumeMode::Block,
        Mode::Filesystem => VolumeMode::Filesystem,
    });
    Ok(())
}

/// What a spec asks of its place, as one asks for it.
pub(super) fn wish(create: &CreateSpec) -> Option<PlaceWish> {
    let asked = PlaceWish {
        zone: create.zone.clone(),
        apart_from: Some(create.apart_from.clone()).filter(|ids| !ids.is_empty()),
        storage_class: create.storage_class.clone(),
        volume_mode: create.volume_mode.map(mode),
    };
    let nothing = PlaceWish { zone: None, apart_from: None, storage_class: None, volume_mode: None };
    Some(asked).filter(|asked| *asked != nothing)
}

/// Whether the asker may know of every VM that is to be stayed apart from.
pub(super) async fn known(conn: &mut Conn, asker: &Asker, wish: Option<&PlaceWish>) -> Result<()> {
    let ids = wish.and_then(|wish| wish.apart_from.as_deref()).unwrap_or_default();
    if ids.is_empty() {
        return Ok(());
    }
    let visible = asker.grants.visible(Permission::VmRead);
    let limit = i64::try_from(ids.len()).unwrap_or(i64::MAX);
    let found = vm_lists::list(conn, &VmFilter { ids: Some(ids), ..VmFilter::all(&visible, limit) }).await?;
    match ids.iter().position(|id| !found.iter().any(|vm| vm.id == *id)) {
        Some(index) => {
            let text = "There is no such VM; it may have been deleted.";
            Err(Error::field(format!("/place/apart_from/{index}"), "UNKNOWN_REFERENCE", text))
        }
        None => Ok(()),
    }
}

/// The same without VMs that are gone since it was asked.
pub(super) async fn still(conn: &mut Conn, wish: Option<PlaceWish>) -> Result<Option<PlaceWish>> {
    let Some(mut wish) = wish else { return Ok(None) };
    if let Some(ids) = &mut wish.apart_from {
        let there = store::neighbours(conn, ids).await?;
        ids.retain(|id| there.iter().any(|other| other.vm == *id));
    }
    Ok(Some(wish))
}

/// Every cluster judged for this VM, the best first.
pub(super) async fn judged(conn: &mut Conn, create: &CreateSpec) -> Result<Vec<Candidate>> {
    let clusters: Vec<ClusterFacts> = request_facts::clusters(conn).await?.into_iter().map(cluster).collect();
    let mut clusters = with_schemas(conn, &create.advanced, &[create.environment_id], clusters).await?;
    taken(conn, create.environment_id, create.zone.as_deref(), &mut clusters).await?;
    let neighbours = store::neighbours(conn, &create.apart_from).await?;
    Ok(place(&demand(create, neighbours), &clusters))
}

/// What a spec needs of a cluster, given where its neighbours are.
pub(super) fn demand(create: &CreateSpec, neighbours: Vec<Neighbour>) -> Demand {
    Demand { neighbours, ..Demand::of(create) }
}

/// Gives clusters what is taken of the zone that is asked for, if one is.
pub(super) async fn taken(
    conn: &mut Conn,
    environment: EnvironmentId,
    zone: Option<&str>,
    clusters: &mut [ClusterFacts],
) -> Result<()> {
    let Some(zone) = zone else { return Ok(()) };
    let filter = ZoneFilter { environment: Some(environment), cluster: None, zone: Some(zone) };
    for used in store::zone_use(conn, filter).await? {
        for cluster in clusters.iter_mut().filter(|cluster| cluster.id == used.cluster_id) {
            cluster.taken_in_zone = Taken { milli_vcpu: used.milli_vcpu, memory_bytes: used.memory_bytes };
        }
    }
    Ok(())
}

/// What was asked of its place, for people; nothing where nothing was.
pub(super) async fn shown(conn: &mut Conn, create: Option<&CreateSpec>) -> Result<Option<RequestPlace>> {
    let Some((create, wish)) = create.and_then(|create| Some((create, wish(create)?))) else {
        return Ok(None);
    };
    let others = store::neighbours(conn, &create.apart_from).await?;
    Ok(Some(RequestPlace {
        zone: wish.zone,
        apart_from: others.into_iter().map(|other| VmRef { id: other.vm, name: other.name }).collect(),
        storage_class: wish.storage_class,
        volume_mode: wish.volume_mode,
    }))
}

/// The contract's word for it.
pub(crate) const fn mode(mode: VolumeMode) -> Mode {
    match mode {
        VolumeMode::Block => Mode::Block,
        VolumeMode::Filesystem => Mode::Filesystem,
    }
}
