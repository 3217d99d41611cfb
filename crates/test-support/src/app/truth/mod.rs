//! Whether everything is as it should be, asked of the cluster and of the tables themselves.

mod laws;
mod ledger;

use std::collections::BTreeMap;

use serde_json::Value;
use shepherd_domain::manifest::VM_ID;
use sqlx::{AssertSqlSafe, PgConnection};

use super::{SOON, World};
use crate::wait_for;

/// A VM as its cluster tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InCluster {
    pub name: String,
    /// The id in its annotation.
    pub vm_id: Option<String>,
    pub instances: usize,
    pub secrets: usize,
}

impl World {
    /// All VMs of the test's part of the cluster, by UID, read from it without our client.
    pub async fn in_cluster(&self) -> BTreeMap<String, InCluster> {
        let mut vms = BTreeMap::new();
        for vm in self.kubectl_get("/apis/kubevirt.io/v1/virtualmachines").await {
            let vm_id = vm["metadata"]["annotations"][VM_ID].as_str().map(str::to_owned);
            let found = InCluster { name: text(&vm["metadata"]["name"]), vm_id, ..InCluster::default() };
            vms.insert(text(&vm["metadata"]["uid"]), found);
        }
        let owner = |object: &Value| text(&object["metadata"]["ownerReferences"][0]["uid"]);
        for instance in self.kubectl_get("/apis/kubevirt.io/v1/virtualmachineinstances").await {
            vms.entry(owner(&instance)).or_default().instances += 1;
        }
        for secret in self.kubectl_get("/api/v1/secrets").await {
            vms.entry(owner(&secret)).or_default().secrets += 1;
        }
        vms
    }

    /// A VM as its cluster has it.
    pub async fn manifest(&self, name: &str) -> Value {
        let all = self.kubectl_get("/apis/kubevirt.io/v1/virtualmachines").await;
        let found = all.into_iter().find(|vm| vm["metadata"]["name"] == name);
        found.unwrap_or_else(|| panic!("{name} is not in the cluster"))
    }

    /// The Secret of a VM as its cluster has it.
    pub async fn secret_of(&self, name: &str) -> Value {
        let all = self.kubectl_get("/api/v1/secrets").await;
        let found = all.into_iter().find(|s| s["metadata"]["ownerReferences"][0]["name"] == name);
        found.unwrap_or_else(|| panic!("{name} has no secret in the cluster"))
    }

    /// Waits until nothing is under way, then holds books and cluster against what must be true of them.
    pub async fn assert_true(&self) {
        let mut books = self.app.db.owner().await;
        let mut broken = broken_books(&mut books).await;
        broken.extend(self.cluster_faults(&mut books).await);
        assert!(broken.is_empty(), "what must be true is not:\n{}", broken.join("\n"));
    }

    /// The same of the books alone, where the cluster was left in the middle of something.
    pub async fn assert_books_true(&self) {
        let broken = broken_books(&mut self.app.db.owner().await).await;
        assert!(broken.is_empty(), "what must be true is not:\n{}", broken.join("\n"));
    }

    /// Each VM of the books is in the cluster once and nothing else is; the inventory says what the cluster says.
    async fn cluster_faults(&self, books: &mut PgConnection) -> Vec<String> {
        let vms: Vec<(String, String, String, i64)> = rows(
            books,
            "select m.id::text, m.name, coalesce(i.uid, ''),
                        coalesce((select case when operation in ('vm.stop', 'vm.delete') then 0 else 1 end
                        from operation o where o.vm_id = m.id and o.state = 'succeeded' and operation <> 'vm.modify'
                       order by o.seq desc limit 1), 0)::bigint
                   from vm m join namespace n on n.id = m.namespace_id
                   left join inventory_vm i on i.cluster_id = m.cluster_id and i.namespace = n.name and i.name = m.name
                  where m.state <> 'deleted' order by m.name",
        )
        .await;
        let mut found = self.in_cluster().await;
        let mut faults = Vec::new();
        for (id, name, seen_uid, instances) in vms {
            let here: Vec<String> = found
                .iter()
                .filter(|(_, vm)| vm.vm_id.as_deref() == Some(&id))
                .map(|(uid, _)| uid.clone())
                .collect();
            let [uid] = here.as_slice() else {
                faults.push(format!("{name} is {} times in the cluster", here.len()));
                continue;
            };
            let Some(vm) = found.remove(uid) else { continue };
            if *uid != seen_uid {
                faults.push(format!("the inventory has {seen_uid} for {name}, which is {uid}"));
            }
            let wanted = usize::try_from(instances).unwrap_or_default();
            if (vm.instances, vm.secrets) != (wanted, 1) {
                faults.push(format!("{name} should have {wanted} instances and a secret: {vm:?}"));
            }
        }
        faults.extend(found.values().map(|vm| format!("{vm:?} is left over in the cluster")));
        faults
    }

    pub(super) async fn rows<T>(&self, sql: &str) -> Vec<T>
    where
        T: for<'r> sqlx::FromRow<'r, sqlx::postgres::PgRow> + Send + Unpin,
    {
        rows(&mut self.app.db.owner().await, sql).await
    }

    async fn kubectl_get(&self, path: &str) -> Vec<Value> {
        let list = self.site.kubectl(reqwest::Method::GET, path, None).await;
        let all = list["items"].as_array().unwrap_or_else(|| panic!("{path} is a list: {list}"));
        let ours =
            |object: &&Value| self.site.owns(object["metadata"]["namespace"].as_str().unwrap_or_default());
        all.iter().filter(ours).cloned().collect()
    }
}

async fn broken_books(books: &mut PgConnection) -> Vec<String> {
    settled(books).await;
    let mut broken = broken_laws(books).await;
    broken.extend(ledger::faults(books).await);
    broken
}

/// Waits until no operation is under way.
async fn settled(books: &mut PgConnection) {
    wait_for("every operation to end", SOON, async || {
        let live: Vec<(String,)> = rows(
            books,
            "select format('operation %s of %s is %s at %s', o.number, m.name, o.state, o.step)
               from operation o join vm m on m.id = o.vm_id where o.finished_at is null",
        )
        .await;
        if live.is_empty() { Ok(()) } else { Err(format!("{live:?}")) }
    })
    .await;
}

async fn broken_laws(books: &mut PgConnection) -> Vec<String> {
    let mut broken = Vec::new();
    for (law, query) in laws::LAWS {
        let offenders: Vec<(String,)> = rows(books, query).await;
        broken.extend(offenders.into_iter().map(|(offender,)| format!("{law}: {offender}")));
    }
    broken
}

async fn rows<T>(books: &mut PgConnection, sql: &str) -> Vec<T>
where
    T: for<'r> sqlx::FromRow<'r, sqlx::postgres::PgRow> + Send + Unpin,
{
    let rows = sqlx::query_as(AssertSqlSafe(sql.to_owned())).fetch_all(books).await;
    rows.unwrap_or_else(|error| panic!("{error}, in: {sql}"))
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
