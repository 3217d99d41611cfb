//! What a story does with its own hands: in the cluster past Shepherd, as one would with `kubectl`, and in the tables,
//! to see what no page shows.

use reqwest::Method;
use serde_json::json;
use shepherd_domain::ids::{RequestId, VmId};
use sqlx::AssertSqlSafe;

use super::{SOON, World};
use crate::{wait_for, wait_until};

/// Where a record of what VMs were seen to do begins.
#[derive(Clone, Copy, Debug)]
pub struct Recording(());

impl World {
    fn path(&self, group: &str, rest: &str) -> String {
        format!("/apis/{group}/v1/namespaces/{}/{rest}", self.namespace.name)
    }

    /// A halted VM that Shepherd knows nothing of; answers its UID.
    pub async fn strange_vm(&self, name: &str) -> String {
        let vm = json!({
            "apiVersion": "kubevirt.io/v1", "kind": "VirtualMachine", "metadata": { "name": name },
            "spec": { "runStrategy": "Halted", "template": { "spec": { "domain": {
                "devices": {}, "memory": { "guest": "128Mi" } } } } }
        });
        let made =
            self.site.kubectl(Method::POST, &self.path("kubevirt.io", "virtualmachines"), Some(vm)).await;
        made["metadata"]["uid"].as_str().unwrap_or_else(|| panic!("it is made: {made}")).to_owned()
    }

    /// A halted VM that somebody made, with what people write on theirs; the namespace says whose team it is.
    pub async fn owned_vm(&self, name: &str, owner: &str) {
        let name_of = &self.namespace.name;
        let namespace = json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": name_of } });
        self.site.call(Method::POST, "/api/v1/namespaces", Some(namespace)).await;
        let path = format!("/api/v1/namespaces/{name_of}");
        let mut namespace = self.site.kubectl(Method::GET, &path, None).await;
        namespace["metadata"]["labels"]["team"] = "shop".into();
        self.site.kubectl(Method::PUT, &path, Some(namespace)).await;
        let vm = json!({
            "apiVersion": "kubevirt.io/v1", "kind": "VirtualMachine",
            "metadata": { "name": name, "labels": { "owner": owner }, "annotations": { "example.com/team": "payments" } },
            "spec": { "runStrategy": "Halted", "template": { "spec": {
                "domain": { "cpu": { "cores": 2 }, "memory": { "guest": "128Mi" },
                            "devices": { "disks": [{ "name": "data", "disk": { "bus": "virtio" } }] } },
                "volumes": [{ "name": "data", "emptyDisk": { "capacity": "3Gi" } }] } } }
        });
        self.site.kubectl(Method::POST, &self.path("kubevirt.io", "virtualmachines"), Some(vm)).await;
    }

    /// Somebody labels a VM past Shepherd, with a program of this name.
    pub async fn patched_by(&self, program: &str, name: &str) {
        let path = self.path("kubevirt.io", &format!("virtualmachines/{name}"));
        let mut vm = self.site.kubectl(Method::GET, &path, None).await;
        vm["metadata"]["labels"]["by-hand"] = "yes".into();
        self.site.kubectl(Method::PUT, &format!("{path}?fieldManager={program}"), Some(vm)).await;
    }

    /// Deletes a VM of the namespace.
    pub async fn kubectl_delete(&self, name: &str) {
        self.site
            .kubectl(Method::DELETE, &self.path("kubevirt.io", &format!("virtualmachines/{name}")), None)
            .await;
    }

    /// Stops a VM of the namespace.
    pub async fn kubectl_stop(&self, name: &str) {
        let path = self.path("subresources.kubevirt.io", &format!("virtualmachines/{name}/stop"));
        self.site.kubectl(Method::PUT, &path, Some(json!({}))).await;
    }

    /// The run strategy of a VM of the namespace.
    pub async fn run_strategy(&self, name: &str) -> String {
        let vm = self
            .site
            .kubectl(Method::GET, &self.path("kubevirt.io", &format!("virtualmachines/{name}")), None)
            .await;
        vm["spec"]["runStrategy"].as_str().unwrap_or_default().to_owned()
    }

    /// The memory of the running instance of a VM of the namespace.
    pub async fn guest_memory(&self, name: &str) -> String {
        let path = self.path("kubevirt.io", &format!("virtualmachineinstances/{name}"));
        let instance = self.site.kubectl(Method::GET, &path, None).await;
        instance["spec"]["domain"]["memory"]["guest"].as_str().unwrap_or_default().to_owned()
    }

    /// How large a claim of the namespace is, in its own words.
    pub async fn claim_size(&self, name: &str) -> String {
        let path = format!("/api/v1/namespaces/{}/persistentvolumeclaims/{name}", self.namespace.name);
        let claim = self.site.kubectl(Method::GET, &path, None).await;
        claim["status"]["capacity"]["storage"].as_str().unwrap_or_default().to_owned()
    }

    /// Waits until the watch has seen a VM of this name.
    pub async fn sees(&self, name: &str) {
        let query = format!("select exists (select from inventory_vm where name = '{name}')");
        wait_until(&format!("the watch to see {name}"), SOON, async || self.one::<bool>(&query).await).await;
    }

    /// Waits until the cluster says this of a VM, as its power, its reason or in its words.
    pub async fn is_said(&self, vm: VmId, words: &str) {
        let query = format!(
            "select coalesce((select concat_ws(' ', power, reason, message) from inventory_vm
                               where vm_id = '{vm}'), 'nothing')"
        );
        wait_for(&format!("the cluster to say {words}"), SOON, async || {
            let said: String = self.one(&query).await;
            if said.contains(words) { Ok(()) } else { Err(said) }
        })
        .await;
    }

    /// From now on everything the inventory ever says of a VM of the namespace is kept.
    pub async fn record_power(&self) -> Recording {
        // Others may have VMs in the same cluster.
        let function = format!(
            "create function note_power() returns trigger language plpgsql security definer as $$ begin
               if coalesce(new.namespace, old.namespace) = '{}' then
                 insert into power_seen (power) values (coalesce(new.power, 'missing'));
               end if;
               return null; end $$",
            self.namespace.name
        );
        for statement in [
            "create table power_seen (id bigint generated always as identity, power text not null)",
            &function,
            "create trigger power_seen after insert or update or delete on inventory_vm
               for each row when (coalesce(pg_trigger_depth(), 0) = 0) execute function note_power()",
        ] {
            self.execute(statement).await;
        }
        Recording(())
    }

    /// What was said since, each power once, in the order of its first time.
    pub async fn recorded_power(&self, _: Recording) -> Vec<String> {
        let query = "select array_agg(power order by first) from
                       (select power, min(id) as first from power_seen group by power) seen";
        self.one::<Option<Vec<String>>>(query).await.unwrap_or_default()
    }

    /// The time of an open request is over.
    pub async fn time_is_up(&self, id: RequestId) {
        let statement = format!(
            "update request set expires_at = app_now() where id = '{id}' and state in ('pending', 'changes_requested')"
        );
        self.execute(&statement).await;
    }

    /// The epoch of the lease under which the cluster is watched.
    pub async fn watch_epoch(&self) -> i64 {
        self.one(&format!("select epoch from lease where name = 'watch:{}'", self.cluster.id)).await
    }

    /// Which list of the cluster its rows are of.
    pub async fn watch_generation(&self) -> i64 {
        self.one("select coalesce(max(generation), 0) from inventory_vm").await
    }

    /// Waits until the whole cluster was listed anew.
    pub async fn listed_after(&self, generation: i64) {
        wait_until("a new list", SOON, async || self.watch_generation().await > generation).await;
    }

    async fn one<T>(&self, query: &str) -> T
    where
        T: for<'r> sqlx::Decode<'r, sqlx::Postgres> + sqlx::Type<sqlx::Postgres> + Send + Unpin,
    {
        let mut owner = self.app.db.owner().await;
        let one = sqlx::query_scalar(AssertSqlSafe(query.to_owned())).fetch_one(&mut owner).await;
        one.unwrap_or_else(|error| panic!("{error}, in: {query}"))
    }

    /// Runs a statement as the owner of the schema.
    pub async fn execute(&self, statement: &str) {
        let mut owner = self.app.db.owner().await;
        let done = sqlx::query(AssertSqlSafe(statement.to_owned())).execute(&mut owner).await;
        done.unwrap_or_else(|error| panic!("{error}, in: {statement}"));
    }
}
