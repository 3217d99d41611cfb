//! What came through a group, a place or a role of one's own ends with it, on every replica and without coming back.

use shepherd_contract::types::{
    AddBinding, CreateGrant, CreateGroup, CreateRole, GrantRole, System, UpdateRole,
};
use shepherd_test_support::app::{Caller, Served, TestApp, key};

use super::listener::Listener;
use super::{service, system};

/// The streams of one person, one on each replica.
struct Ears {
    streams: [Listener; 2],
}

impl Ears {
    async fn hear(&mut self, id: uuid::Uuid) {
        for stream in &mut self.streams {
            stream.until(id).await;
        }
    }

    /// Each is told to fetch anew, because what its person holds has changed.
    async fn look_again(&mut self) {
        for stream in &mut self.streams {
            while stream.frame().await.event != "resync" {}
        }
    }

    /// Each is told to fetch anew, and hears nothing of the System from then on, but does of what is theirs.
    async fn lose(&mut self, owner: &Caller, shop: &System, who: &Caller, name: &str) {
        self.look_again().await;
        let hidden = service(owner, shop, name).await;
        let own = system(who, name).await;
        for stream in &mut self.streams {
            let heard = stream.until(own.id.0).await;
            assert!(!heard.contains(&hidden), "{name}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_lost_is_lost_on_every_replica() {
    let app = TestApp::start().await;
    let other = Served::start(&app.another().await).await;
    let (admin, engineer) = (app.admin().await, app.engineer().await);
    // Makes Systems by a role of their own; reads by what comes through the group.
    let maker = CreateRole {
        name: "maker".into(),
        title: "Maker".into(),
        permissions: vec!["system:create".into(), "system:read".into()],
    };
    admin.roles().create_role(&key(), &maker).await.unwrap();
    let guest = app.person("guest", "maker").await;
    let reader = CreateRole {
        name: "reader".into(),
        title: "Reader".into(),
        permissions: vec!["service:read".into()],
    };
    let reader = admin.roles().create_role(&key(), &reader).await.unwrap();
    let group = CreateGroup { name: "team".into(), title: "Team".into() };
    let group = admin.groups().create_group(&key(), &group).await.unwrap();
    let body = AddBinding { role: reader.name.clone(), environment_ids: vec![] };
    let bound = admin.groups().add_group_binding(group.id, &key(), &body).await.unwrap();
    admin.groups().add_group_member(group.id, guest.id).await.unwrap();
    let shop = system(&engineer, "shop").await;
    let place = CreateGrant {
        system_id: Some(shop.id),
        service_id: None,
        vm_id: None,
        principal_id: None,
        group_id: Some(group.id),
        role: GrantRole::Viewer,
    };
    let given = engineer.grants().create_grant(&key(), &place).await.unwrap();

    let streams = [Listener::open(&app, &guest, None).await, Listener::at(&other, &guest).await];
    let mut ears = Ears { streams };
    ears.hear(service(&engineer, &shop, "one").await).await;
    admin.groups().remove_group_member(group.id, guest.id).await.unwrap();
    ears.lose(&engineer, &shop, &guest, "left").await;

    admin.groups().add_group_member(group.id, guest.id).await.unwrap();
    ears.hear(service(&engineer, &shop, "two").await).await;
    engineer.grants().remove_grant(given.id).await.unwrap();
    ears.lose(&engineer, &shop, &guest, "place").await;

    engineer.grants().create_grant(&key(), &place).await.unwrap();
    ears.hear(service(&engineer, &shop, "three").await).await;
    let narrow = UpdateRole { title: None, permissions: Some(vec!["policy:read".into()]) };
    let narrowed = admin.roles().update_role(reader.id, reader.version, &narrow).await.unwrap();
    ears.lose(&engineer, &shop, &guest, "narrowed").await;

    let wide = UpdateRole { title: None, permissions: Some(vec!["service:read".into()]) };
    admin.roles().update_role(reader.id, narrowed.version, &wide).await.unwrap();
    ears.look_again().await;
    ears.hear(service(&engineer, &shop, "four").await).await;
    admin.groups().remove_group_binding(group.id, bound.id).await.unwrap();
    ears.lose(&engineer, &shop, &guest, "taken").await;
}
