//! The process dies at every commit of create, stop and delete, once just before and once just after it, and each time
//! the cluster has done what it was told: whatever the moment, a restart brings the work to its end, once.
//!
//! The moments are counted, not chosen: the first, the second, ... until a whole operation passes without meeting its
//! death. What a dead process held is free after its leases end, for which the database's clock is moved.

use shepherd_contract::types::{Approve, DeleteVm, PowerState, Request, RequestState, StopVm, VmState};
use shepherd_domain::ids::{RequestId, VmId};
use shepherd_store::failpoint::{CLUSTER_ACTED, COMMIT_AFTER, COMMIT_BEFORE};
use shepherd_test_support::app::{Replica, SOON, World, key};
use shepherd_test_support::wait_for;

/// More commits than any of the operations has.
const TOO_MANY: usize = 80;

#[tokio::test(flavor = "multi_thread")]
async fn it_dies_before_every_commit() {
    die_at_every(COMMIT_BEFORE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_dies_after_every_commit() {
    die_at_every(COMMIT_AFTER).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_dies_whenever_the_cluster_has_acted() {
    die_at_every(CLUSTER_ACTED).await;
}

async fn die_at_every(point: &str) {
    let mut world = World::start().await;
    world.rest().await;
    let mut story = Story::of(&world);
    let (mut creates, mut stops, mut deletes) = (true, true, true);
    for nth in 1.. {
        assert!(nth < TOO_MANY, "the operations never end by themselves");
        story.arm(point, nth, creates);
        let vm = story.create().await;
        creates = story.survived(creates, vm, 1).await;
        if stops {
            story.arm(point, nth, true);
            story.stop(vm).await;
            stops = story.survived(true, vm, 1).await;
        }
        if deletes {
            story.arm(point, nth, true);
            story.delete(vm).await;
            deletes = story.survived(true, vm, 0).await;
        }
        if !(creates || stops || deletes) {
            break;
        }
    }
    assert!(story.replica.deaths >= 3, "no operation met its death");
    println!("{point}: {} deaths", story.replica.deaths);
}

/// People who ask a replica that keeps dying, and what they see.
struct Story<'a> {
    world: &'a World,
    replica: Replica<'a>,
    deaths: usize,
}

impl<'a> Story<'a> {
    fn of(world: &'a World) -> Self {
        let replica = Replica::start(&world.app, env!("CARGO_BIN_EXE_replica"));
        Self { world, replica, deaths: 0 }
    }

    fn arm(&mut self, point: &str, nth: usize, wanted: bool) {
        self.deaths = self.replica.deaths;
        if wanted {
            self.replica.arm(point, nth);
        }
    }

    /// Everything is as if nobody had died, and the VM is there so many times. Says whether somebody had died.
    async fn survived(&mut self, armed: bool, vm: VmId, times: usize) -> bool {
        self.replica.disarm().await;
        self.replica.disarm().await;
        self.world.assert_true().await;
        let found = self.world.in_cluster().await;
        let ours = found.values().filter(|there| there.vm_id.as_deref() == Some(&vm.to_string())).count();
        assert_eq!(ours, times, "{found:?}");
        armed && self.replica.deaths > self.deaths
    }

    async fn create(&mut self) -> VmId {
        let wish = self.world.wish();
        let (engineer, key) = (&self.world.engineer, key());
        let asked = self.replica.insist(engineer, async |e| e.requests().request_vm(&key, &wish).await).await;
        self.approve(&asked).await;
        let done = self.ends(asked.id).await;
        let vm = self.world.does(done.vm.expect("it has a VM").id, PowerState::Running).await;
        assert_eq!(vm.state, VmState::Active);
        vm.id
    }

    async fn stop(&mut self, vm: VmId) {
        let (engineer, key) = (&self.world.engineer, key());
        let body = StopVm { reason: None, force: None, grace_seconds: None, fields: None };
        let asked = self.replica.insist(engineer, async |e| e.vms().stop_vm(vm, &key, &body).await).await;
        self.ends(asked.id).await;
        self.world.does(vm, PowerState::Stopped).await;
    }

    async fn delete(&mut self, vm: VmId) {
        let (engineer, key) = (&self.world.engineer, key());
        let confirm_name = engineer.vms().get_vm(vm).await.expect("it can be read").name;
        let body = DeleteVm { reason: None, confirm_name, fields: None };
        let asked = self.replica.insist(engineer, async |e| e.vms().delete_vm(vm, &key, &body).await).await;
        self.approve(&asked).await;
        self.ends(asked.id).await;
        let vm = engineer.vms().get_vm(vm).await.expect("it can be read");
        assert_eq!(vm.state, VmState::Deleted);
    }

    async fn approve(&mut self, asked: &Request) {
        let (approver, key) = (&self.world.approver, key());
        let spec_hash = asked.spec_hash.clone();
        let body = Approve {
            spec_hash,
            comment: None,
            cluster_id: None,
            confirm_name: None,
            overrides: None,
            set_aside: None,
        };
        self.replica
            .insist(approver, async |a| a.requests().approve_request(asked.id, &key, &body).await)
            .await;
    }

    async fn ends(&mut self, id: RequestId) -> Request {
        wait_for("the request to succeed", SOON, async || {
            self.replica.revive().await;
            let request = self.world.engineer.requests().get_request(id).await.expect("it can be read");
            assert!(request.state == RequestState::Succeeded || request.closed_at.is_none(), "{request:?}");
            if request.closed_at.is_some() { Ok(request) } else { Err(request.state) }
        })
        .await
    }
}
