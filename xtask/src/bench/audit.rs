//! The audit log with very many events: adding one, searching, and verifying an export of it all.
//!
//! Events are written by SQL with canonical bytes and hashes as Shepherd would have made them, then sealed and exported by
//! Shepherd itself. Searches are of the kinds that people make, each recorded as an event like any other.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use http_body_util::BodyExt;
use hyper::Method;
use shepherd_local_postgres::Role;
use sqlx::{AssertSqlSafe, Connection as _, Executor, PgConnection};

use super::World;
use super::stats::Samples;
use super::table::Line;
use crate::stage::http::{Connection, Credential};
use crate::stage::organisation::api;

/// Events written in one statement.
const CHUNK: u64 = 100_000;

pub async fn measure(world: &World, events: u64, quick: bool) -> Result<Vec<Line>> {
    let mut owner = PgConnection::connect(&world.stage.database_url(Role::Owner)).await?;
    fill(&mut owner, events).await?;
    let insert = insert(&mut owner, events, quick).await?;
    owner.close().await?;
    let mut admin = Connection::open(world.serving.address, world.people.admin.clone()).await?;
    let sealed = admin.call(Method::POST, &api("/audit/checkpoints"), None).await?;
    ensure!(sealed.status().is_success(), "it is not sealed: {}", sealed.status());
    sealed.into_body().collect().await?;
    let search = search(&mut admin, events, quick).await?;
    let verification = verification(world, quick)?;
    Ok(vec![insert, search, verification])
}

/// A year of events of 50,000 VMs and 200 people.
async fn fill(owner: &mut PgConnection, events: u64) -> Result<()> {
    for from in (0..events).step_by(usize::try_from(CHUNK)?) {
        let to = events.min(from + CHUNK);
        let sql = format!(
            r#"insert into audit_event (at, actor_name, action, outcome, resource_kind, resource_id, resource_name,
                                        source_address, code, canonical, leaf_hash)
               with present as materialized (select app_now() as now)
               select at, actor, action, outcome, 'vm', vm, name, '10.0.0.1', code, canonical, sha256(canonical)
                 from (select at, actor, action, outcome, vm, name, code, convert_to(format(
                  '{{"action":"%s","actor_id":null,"actor_name":"%s","after":{{"comment":"%s","state":"running"}},"at":"%s","before":{{"state":"stopped"}},"code":%s,"environment_id":null,"on_behalf_of":null,"outcome":"%s","request_id":null,"resource_id":"%s","resource_kind":"vm","resource_name":"%s","source_address":"10.0.0.1","system_id":null,"v":1,"vm_id":null}}',
                  action, actor, repeat('why it was done ', 8), to_char(at, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
                  coalesce('"' || code || '"', 'null'), outcome, vm, name), 'utf8') as canonical
                 from (select present.now - make_interval(secs => ({events} - n) * 31536000.0 / {events}) as at,
                        'person-' || n % 200 as actor, (array['vm.start', 'vm.stop', 'vm.update', 'console.open'])[1 + n % 4] as action,
                        case when n % 1000 = 0 then 'denied' else 'success' end as outcome,
                        case when n % 1000 = 0 then 'PERMISSION_MISSING' end as code,
                        md5((n % 50000)::text)::uuid::text as vm, format('prod-shop-s%s-%s', n % 500, n % 50000) as name
                   from generate_series({from}, {to} - 1) n, present) a) b"#
        );
        owner.execute(AssertSqlSafe(sql)).await?;
    }
    owner.execute("analyze audit_event").await?;
    Ok(())
}

/// One row with all its indexes beside one row of the same bytes with a key alone.
async fn insert(owner: &mut PgConnection, events: u64, quick: bool) -> Result<Line> {
    owner.execute("create temporary table bare (id bigint generated always as identity primary key, canonical bytea, leaf_hash bytea)").await?;
    let ours = "insert into audit_event (actor_name, action, outcome, resource_kind, resource_id, resource_name, canonical, leaf_hash)
                values ('person-1', 'vm.stop', 'success', 'vm', gen_random_uuid()::text, 'prod-shop-s1-1', $1, sha256($1))";
    let bare = "insert into bare (canonical, leaf_hash) values ($1, sha256($1))";
    let count = if quick { 500 } else { 5000 };
    let (mut with, mut without) = (Vec::new(), Vec::new());
    let bytes = vec![b' '; 700];
    let mut tx = owner.begin().await?;
    for _ in 0..count {
        for (sql, times) in [(ours, &mut with), (bare, &mut without)] {
            let begun = Instant::now();
            sqlx::query(sql).bind(&bytes).execute(&mut *tx).await?;
            times.push(begun.elapsed());
        }
    }
    tx.rollback().await?;
    let with = Samples::of_times(with).context("nothing was measured")?;
    let without = Samples::of_times(without).context("nothing was measured")?;
    let ratio = without.median() / with.median();
    Ok(Line {
        what: format!("audit: adding an event to {events}"),
        measured: format!("{:.0} µs", with.median() * 1000.0),
        floor: format!("{:.0} µs (row without indexes)", without.median() * 1000.0),
        ratio,
        reach: "-",
        met: true,
        noise: with.spread(2),
    })
}

async fn search(admin: &mut Connection, events: u64, quick: bool) -> Result<Line> {
    let (mut times, rounds) = (Vec::new(), if quick { 5 } else { 100 });
    for round in 0..rounds {
        let asked = [
            format!("search=shop-s{}-{}", round % 500, round * 7 % 50_000),
            format!("search=s{}", 10 + round % 90),
            "search=prod".to_owned(),
            format!("search=prod&action=vm.stop&limit={}", 20 + round % 30),
            "outcome=denied".to_owned(),
            "action=console.open&outcome=denied".to_owned(),
            "until=2000-01-01T00:00:00Z".to_owned(),
            "resource_kind=vm".to_owned(),
        ];
        for query in asked {
            let begun = Instant::now();
            admin.fetch(&api(&format!("/audit?{query}"))).await?;
            times.push(begun.elapsed());
        }
    }
    let times = Samples::of_times(times).context("nothing was measured")?;
    let p99 = times.percentile(99);
    Ok(Line {
        what: format!("audit: search over {events} events, p99"),
        measured: format!("{p99:.1} ms"),
        floor: "50 ms (limit)".to_owned(),
        ratio: 50.0 / p99,
        reach: "50 ms",
        met: p99 <= 50.0,
        noise: times.spread(1),
    })
}

fn verification(world: &World, quick: bool) -> Result<Line> {
    let stage = &world.stage;
    let (export, key, token) =
        (stage.home.join("audit.jsonl"), stage.home.join("audit.key"), stage.home.join("admin.token"));
    let Credential::Token(secret) = &world.people.admin else {
        anyhow::bail!("the administrator has no token")
    };
    std::fs::write(&token, secret)?;
    let server = format!("http://{}", world.serving.address);
    let shepherd = |arguments: &[&str]| {
        let mut command = stage.command(Role::App);
        command.args(["--server", &server, "--token-file"]).arg(&token).args(arguments);
        command
    };
    std::fs::write(&key, stage.run(&mut shepherd(&["audit", "key"]))?)?;
    let file = export.to_str().context("the path is not text")?;
    stage.run(&mut shepherd(&["audit", "export", "--file", file]))?;
    let mut rates = Vec::new();
    let mut leaves = 0;
    for _ in 0..if quick { 1 } else { 5 } {
        let mut command = shepherd(&["-o", "json", "audit", "verify", file, "--key"]);
        let verdict: serde_json::Value = serde_json::from_str(&stage.run(command.arg(&key))?)?;
        leaves = verdict["leaves"].as_u64().context("no leaves")?;
        let took = Duration::from_secs_f64(verdict["seconds"].as_f64().context("no time")?);
        rates.push(f64::from(u32::try_from(leaves)?) / took.as_secs_f64());
    }
    let rates = Samples::new(rates).context("nothing was measured")?;
    Ok(Line {
        what: format!("audit: verification of {leaves} leaves"),
        measured: format!("{:.0} /s", rates.median()),
        floor: "200000 /s (limit)".to_owned(),
        ratio: rates.median() / 200_000.0,
        reach: "≥ 1",
        met: rates.median() >= 200_000.0,
        noise: rates.spread(0),
    })
}
