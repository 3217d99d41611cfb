//! Lists where there is much: 100,000 VMs and 1,000,000 requests of 100 Systems, as an engineer who is a member of one
//! System and as an approver who sees all of them would ask for them.
//!
//! The rows are copies of a VM and a request that Shepherd made, written by SQL.

use std::time::Instant;

use anyhow::{Context, Result};
use shepherd_local_postgres::Role;
use sqlx::{AssertSqlSafe, Connection as _, Executor, PgConnection};

use super::World;
use super::stats::Samples;
use super::table::Line;
use crate::stage::http::{Connection, Credential, text};
use crate::stage::organisation::api;

const SYSTEMS: u64 = 100;
const REQUESTS_PER_VM: u64 = 10;
/// Rows written in one statement.
const CHUNK: u64 = 20_000;
const LIMIT_MS: f64 = 20.0;

pub async fn measure(world: &World, vms: u64, quick: bool) -> Result<Vec<Line>> {
    super::lifecycle::some(world, 1).await?;
    let mut owner = PgConnection::connect(&world.stage.database_url(Role::Owner)).await?;
    fill(&mut owner, vms).await?;
    owner.close().await?;
    let people = &world.people;
    let mut lines = Vec::new();
    for (who, credential) in [("a member of one System", &people.engineer), ("an approver", &people.approver)]
    {
        for (what, paths) in asked(world, credential).await? {
            lines.push(list(world, credential, format!("{what}, {who}"), &paths, vms, quick).await?);
        }
    }
    Ok(lines)
}

/// What people look for: everything they may see, and parts of it.
async fn asked(world: &World, credential: &Credential) -> Result<Vec<(&'static str, Vec<String>)>> {
    let mut person = Connection::open(world.serving.address, credential.clone()).await?;
    let first = person.get(&api("/vms?limit=50")).await?;
    let next = text(&first, "/next_cursor").unwrap_or_default();
    let system = text(&first, "/items/0/system/id")?;
    let vms = [
        "".to_owned(),
        "power=running".into(),
        "power=stopped".into(),
        "q=-42".into(),
        format!("system_id={system}"),
        format!("cursor={next}"),
    ];
    let requests = [
        "".to_owned(),
        "state=pending".into(),
        "state=succeeded".into(),
        format!("system_id={system}"),
        "mine=true".into(),
    ];
    let paths =
        |list: &str, parts: &[String]| parts.iter().map(|part| api(&format!("/{list}?{part}"))).collect();
    Ok(vec![("list of VMs", paths("vms", &vms)), ("list of requests", paths("requests", &requests))])
}

async fn list(
    world: &World,
    credential: &Credential,
    what: String,
    paths: &[String],
    vms: u64,
    quick: bool,
) -> Result<Line> {
    let mut person = Connection::open(world.serving.address, credential.clone()).await?;
    let mut times = Vec::new();
    let mut slowest = (0.0, String::new());
    for path in paths {
        let mut own = Vec::new();
        for _ in 0..if quick { 10 } else { 100 } {
            let begun = Instant::now();
            person.fetch(path).await?;
            own.push(begun.elapsed());
        }
        let median = Samples::of_times(own.iter().copied()).context("nothing was asked")?.median();
        if median > slowest.0 {
            slowest = (median, path.clone());
        }
        times.extend(own);
    }
    let times = Samples::of_times(times).context("nothing was asked")?;
    eprintln!("    slowest of these, in the middle {:.1} ms: {}", slowest.0, slowest.1);
    let p99 = times.percentile(99);
    Ok(Line {
        what: format!("{what}; {vms} VMs, {} requests", vms * REQUESTS_PER_VM),
        measured: format!("p50 {:.1} ms, p99 {p99:.1} ms", times.median()),
        floor: format!("{LIMIT_MS:.0} ms (limit)"),
        ratio: p99 / LIMIT_MS,
        reach: "p99 < 20 ms",
        met: p99 < LIMIT_MS,
        noise: times.spread(1),
    })
}

/// Copies of the last VM and of its request. One part in a hundred belongs to the System that is there already.
async fn fill(owner: &mut PgConnection, vms: u64) -> Result<()> {
    let systems = format!(
        "insert into system (id, name, created_by)
         select md5('system ' || n)::uuid, 'system-' || n, (select created_by from system limit 1)
           from generate_series(1, {SYSTEMS} - 1) n;
         insert into service (id, system_id, name)
         select md5('service ' || n || ' ' || s)::uuid, md5('system ' || n)::uuid, 's' || s
           from generate_series(1, {SYSTEMS} - 1) n, generate_series(0, 9) s;
         create temporary table place as
         select row_number() over () - 1 as n, system_id as system, min(id::text)::uuid as service from service group by system_id;
         create temporary table one_vm as select * from vm order by created_at desc limit 1;
         create temporary table one_request as select r.* from request r join one_vm v on v.request_id = r.id;
         create temporary table one_row as select i.* from inventory_vm i join one_vm v on v.id = i.vm_id"
    );
    owner.execute(AssertSqlSafe(systems)).await?;
    // Where an object is built key by key, all other columns are those of the original.
    let requests = |from: u64, to: u64| {
        format!(
            "insert into request overriding system value
             select r.* from one_request one, generate_series({from}, {to} - 1) i
               join place p on p.n = i / {REQUESTS_PER_VM} % {SYSTEMS}, lateral jsonb_populate_record(one, jsonb_build_object(
                 'id', md5('request ' || i), 'number', 1000000 + i, 'system_id', p.system, 'service_id', p.service,
                 'vm_id', null, 'copy_number', i,
                 'state', case when i % 500 = 0 then 'pending' when i % 7 = 0 then 'rejected' else 'succeeded' end)) r"
        )
    };
    let machines = |from: u64, to: u64| {
        format!(
            "insert into vm
             select r.* from one_vm one, generate_series({from}, {to} - 1) i
               join place p on p.n = i % {SYSTEMS}, lateral jsonb_populate_record(one, jsonb_build_object(
                 'id', md5('vm ' || i), 'name', 'prod-' || p.n || '-s1-' || i, 'number', 100000 + i, 'system_id', p.system,
                 'service_id', p.service, 'request_id', md5('request ' || i * {REQUESTS_PER_VM}))) r;
             insert into inventory_vm
             select r.* from one_row one, generate_series({from}, {to} - 1) i
               join place p on p.n = i % {SYSTEMS}, lateral jsonb_populate_record(one, jsonb_build_object(
                 'name', 'prod-' || p.n || '-s1-' || i, 'uid', md5('uid ' || i), 'vm_id', md5('vm ' || i),
                 'power', case when i % 20 = 0 then 'stopped' else 'running' end)) r"
        )
    };
    for from in (0..vms * REQUESTS_PER_VM).step_by(usize::try_from(CHUNK)?) {
        owner.execute(AssertSqlSafe(requests(from, (vms * REQUESTS_PER_VM).min(from + CHUNK)))).await?;
    }
    for from in (0..vms).step_by(usize::try_from(CHUNK)?) {
        owner.execute(AssertSqlSafe(machines(from, vms.min(from + CHUNK)))).await?;
    }
    owner.execute("analyze").await?;
    Ok(())
}
