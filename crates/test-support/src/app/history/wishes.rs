//! What one person does, drawn by lot: asks, withdraws, decides, often what somebody else is at as well.

use std::sync::Arc;

use rand::Rng;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use shepherd_contract::client::ClientError;
use shepherd_contract::types::{
    AddComment, Approve, CancelRequest, ConsoleKind, DeleteVm, EditCreate, EditDelete, EditRequest,
    EditRestart, EditStart, EditStop, ListRequestsQuery, ListVmsQuery, OpenConsole, PowerVm, Reject, Request,
    RequestChanges, RequestOperation, RequestSummary, RequestVm, StopVm, VmSummary,
};

use super::super::{Caller, World, key};
use super::told::Told;

pub(super) struct Person<'w> {
    pub world: &'w World,
    /// The same person, at each replica.
    pub replicas: [Caller; 2],
    pub told: Arc<Told>,
}

impl Person<'_> {
    fn anywhere(&self, chance: &mut StdRng) -> &Caller {
        &self.replicas[usize::from(chance.random::<bool>())]
    }

    /// One of those who ask.
    pub async fn want_something(&self, chance: &mut StdRng) {
        let at = self.anywhere(chance);
        if chance.random_ratio(2, 5) {
            let wish = RequestVm { another: Some(chance.random_ratio(3, 4)), ..self.world.wish() };
            self.twice(chance, async |at, key| at.requests().request_vm(key, &wish).await).await;
            return;
        }
        if chance.random_ratio(1, 6) {
            let mine = ListRequestsQuery { mine: Some(true), open: Some(true), ..Default::default() };
            if let Some(one) = self.some_request(at, &mine, chance).await {
                let body = CancelRequest { reason: None };
                self.told.cancelled(at.requests().cancel_request(one.id, &key(), &body).await);
            }
            return;
        }
        if chance.random_ratio(1, 3) {
            self.change_something(at, chance).await;
            return;
        }
        let Some(vm) = self.some_vm(at, chance).await else { return };
        let (vms, reason) = (at.vms(), None);
        match chance.random_range(0..7) {
            0 | 1 => {
                let body = StopVm {
                    reason,
                    force: Some(chance.random_ratio(1, 3)),
                    grace_seconds: None,
                    fields: None,
                };
                self.twice(chance, async |at, key| at.vms().stop_vm(vm.id, key, &body).await).await;
            }
            2 | 3 => self.told.asked(vms.start_vm(vm.id, &key(), &PowerVm { reason, fields: None }).await),
            4 => self.told.asked(vms.restart_vm(vm.id, &key(), &PowerVm { reason, fields: None }).await),
            5 => {
                let body = OpenConsole { kind: ConsoleKind::Serial, reason, fields: None };
                self.told.noted(vms.open_console(vm.id, &body).await.map(drop));
            }
            _ => {
                let body = DeleteVm { reason, confirm_name: vm.name.clone(), fields: None };
                self.twice(chance, async |at, key| at.vms().delete_vm(vm.id, key, &body).await).await;
            }
        }
    }

    /// Changes a request of the System, often somebody else's, or speaks about it.
    async fn change_something(&self, at: &Caller, chance: &mut StdRng) {
        let open = ListRequestsQuery { open: Some(true), ..Default::default() };
        let Some(one) = self.some_request(at, &open, chance).await else { return };
        if chance.random_ratio(1, 4) {
            let body = AddComment { text: "by lot".into() };
            self.told.spoken(one.id, at.comments().add_comment(one.id, &key(), &body).await);
            return;
        }
        let Ok(seen) = at.requests().get_request(one.id).await else { return };
        let reason = Some("by lot".to_owned());
        let vm = seen.vm.map(|vm| vm.name).unwrap_or_default();
        let body = match seen.operation {
            RequestOperation::VmCreate => {
                let disk_bytes = Some(chance.random_range(1..5_i64) << 30);
                let body = RequestVm { disk_bytes, another: Some(true), reason, ..self.world.wish() };
                EditRequest::VmCreate(EditCreate { body })
            }
            RequestOperation::VmStart => {
                EditRequest::VmStart(EditStart { body: PowerVm { reason, fields: None } })
            }
            RequestOperation::VmRestart => {
                EditRequest::VmRestart(EditRestart { body: PowerVm { reason, fields: None } })
            }
            RequestOperation::VmStop => {
                let force = Some(chance.random::<bool>());
                EditRequest::VmStop(EditStop {
                    body: StopVm { reason, force, grace_seconds: None, fields: None },
                })
            }
            RequestOperation::VmDelete => EditRequest::VmDelete(EditDelete {
                body: DeleteVm { reason, confirm_name: vm, fields: None },
            }),
            _ => return,
        };
        self.told.edited(at.edits().edit_request(one.id, seen.version, &body).await);
    }

    /// Time runs out for something, while others are at it.
    async fn let_something_expire(&self, chance: &mut StdRng) {
        let at = self.anywhere(chance);
        let open = ListRequestsQuery { open: Some(true), ..Default::default() };
        if let Some(one) = self.some_request(at, &open, chance).await {
            self.world.time_is_up(one.id).await;
            self.world.app.app.expire_requests().await.expect("the reconciler can end what is over");
        }
    }

    /// One of those who decide.
    pub async fn decide_something(&self, chance: &mut StdRng) {
        let at = self.anywhere(chance);
        let waiting = ListRequestsQuery { waiting_for_me: Some(true), ..Default::default() };
        if chance.random_ratio(1, 15) {
            self.let_something_expire(chance).await;
            return;
        }
        let Some(one) = self.some_request(at, &waiting, chance).await else { return };
        let Ok(seen) = at.requests().get_request(one.id).await else { return };
        if chance.random_ratio(1, 5) {
            let body = Reject { spec_hash: seen.spec_hash, reason: "by lot".into() };
            self.told.rejected(at.requests().reject_request(one.id, &key(), &body).await);
            return;
        }
        if chance.random_ratio(1, 5) {
            let body = RequestChanges { spec_hash: seen.spec_hash, comment: "by lot".into() };
            self.told.sent_back(at.edits().request_changes(one.id, &key(), &body).await);
            return;
        }
        let confirm_name = seen.vm.map(|vm| vm.name);
        let body = Approve {
            spec_hash: seen.spec_hash,
            comment: None,
            cluster_id: None,
            confirm_name,
            overrides: None,
            set_aside: None,
        };
        // The same word in both ears.
        let again = key();
        let (one_key, other_key) = (again.clone(), if chance.random::<bool>() { again } else { key() });
        let [here, there] = self.replicas.each_ref().map(|at| at.requests());
        let (first, second) = futures::join!(
            here.approve_request(one.id, &one_key, &body),
            there.approve_request(one.id, &other_key, &body),
        );
        self.told.approved(&at.name, [first, second], one_key == other_key);
    }

    /// Asks, sometimes at both replicas at once with one key.
    async fn twice(
        &self,
        chance: &mut StdRng,
        call: impl AsyncFn(&Caller, &str) -> Result<Request, ClientError>,
    ) {
        let (key, [here, there]) = (key(), &self.replicas);
        if chance.random_ratio(2, 3) {
            return self.told.asked(call(self.anywhere(chance), &key).await);
        }
        let (first, second) = futures::join!(call(here, &key), call(there, &key));
        if let (Ok(first), Ok(second)) = (&first, &second) {
            assert_eq!(first.id, second.id, "one key, one request");
        }
        self.told.asked(first);
        self.told.asked(second);
    }

    async fn some_request(
        &self,
        at: &Caller,
        query: &ListRequestsQuery,
        chance: &mut StdRng,
    ) -> Option<RequestSummary> {
        let page = at.requests().list_requests(query).await.expect("requests can be listed");
        page.items.choose(chance).cloned()
    }

    async fn some_vm(&self, at: &Caller, chance: &mut StdRng) -> Option<VmSummary> {
        let page = at.vms().list_vms(&ListVmsQuery::default()).await.expect("VMs can be listed");
        page.items.choose(chance).cloned()
    }
}
