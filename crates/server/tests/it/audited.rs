//! Nothing changes without a line in the audit trail: every audited operation is called once, and leaves one.
//!
//! An operation that is added to the contract fails here until a test of its tag calls it.

use std::collections::BTreeSet;

use shepherd_contract::client::ClientError;
use shepherd_contract::operations::{OPERATIONS, OperationId};
use shepherd_contract::runtime::Secret;
use shepherd_contract::types::*;
use shepherd_test_support::app::{Caller, TestApp, World, check, key, register};

use crate::stories::sealing::seal_all;

/// Audited, and not called here: they need a guest with a screen or a WebSocket, and have tests of their own. This list
/// may only get shorter.
const ELSEWHERE: [OperationId; 2] = [OperationId::GetScreenshot, OperationId::StreamConsole];

/// The tags below, one test each.
const TAGS: [&str; 31] = [
    "batches",
    "limits",
    "policies",
    "session",
    "me",
    "people",
    "groups",
    "inbox", // This and the four below in audited_rights.rs.
    "roles",
    "accounts",
    "grants",
    "membership",
    "transfers",
    "systems",
    "catalogue",
    "templates",
    "sizes",
    "networks",
    "secrets",
    "clusters",
    "capability",
    "requests",
    "edits",
    "drafts",
    "comments",
    "fields",
    "lifecycle",
    "vms",
    "pools", // This and the next in audited_pools.rs.
    "rollouts",
    "audit",
];

const ED25519: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJdD7y3aLq454yWBdwLWbieU1ebz9/cu7/QEXn9OIeZJ ada@laptop";

/// Calls operations and looks for what they leave.
pub(crate) struct Trail<'a> {
    app: &'a TestApp,
    called: BTreeSet<OperationId>,
}

impl<'a> Trail<'a> {
    pub(crate) fn of(app: &'a TestApp) -> Self {
        Self { app, called: BTreeSet::new() }
    }

    /// Calls `op` as `who`, and fails unless there is one more line of its action by them.
    pub(crate) async fn leaves<T>(
        &mut self,
        op: OperationId,
        who: &Caller,
        call: impl Future<Output = Result<T, ClientError>>,
    ) -> T {
        let action = op.get().audit.unwrap_or_else(|| panic!("{} is not audited", op.get().id));
        let before = self.lines(action, &who.name).await;
        let answer = call.await.unwrap_or_else(|error| panic!("{}: {error}", op.get().id));
        let after = self.lines(action, &who.name).await;
        assert_eq!(after, before + 1, "{} must leave one line {action} by {}", op.get().id, who.name);
        self.called.insert(op);
        answer
    }

    async fn lines(&self, action: &str, actor: &str) -> usize {
        let lines = self.app.audited(Some(action)).await;
        lines.iter().filter(|line| line.actor == actor && line.outcome == "success").count()
    }

    pub(crate) fn has_all_of(&self, tag: &str) {
        let audited = OPERATIONS.iter().filter(|op| op.tag == tag && op.audit.is_some()).map(OperationId::of);
        let missed: Vec<_> =
            audited.filter(|op| !self.called.contains(op) && !ELSEWHERE.contains(op)).collect();
        assert!(missed.is_empty(), "audited, and not called by the test of {tag}: {missed:?}");
    }
}

#[test]
fn every_audited_operation_has_a_test_of_its_tag() {
    let left: Vec<_> = OPERATIONS.iter().filter(|op| op.audit.is_some() && !TAGS.contains(&op.tag)).collect();
    assert!(left.is_empty(), "{left:?}");
    let silent = |op: &&shepherd_contract::runtime::Operation| {
        op.audit.is_none()
            && op.method != http::Method::GET
            && !["preflightVm", "preflightVms", "previewTemplate", "explainPolicy", "preflightModify"]
                .contains(&op.id)
    };
    let silent: Vec<_> = OPERATIONS.iter().filter(silent).collect();
    assert!(silent.is_empty(), "these change something and name no action: {silent:?}");
}

#[tokio::test]
async fn session() {
    let app = TestApp::start().await;
    let mut trail = Trail::of(&app);
    app.account("ada", "engineer", Some("four sheep graze in the rain")).await;
    let ada = app.sign_in("ada", "four sheep graze in the rain").await.unwrap();
    let engineer = app.engineer().await;
    let body = SignIn { name: "ada".into(), password: Secret::from("four sheep graze in the rain") };
    trail.leaves(OperationId::SignIn, &ada, ada.session().sign_in(&body)).await;
    let body = SampleSignIn { name: "engineer".into() };
    trail.leaves(OperationId::SignInAsSample, &engineer, engineer.session().sign_in_as_sample(&body)).await;
    trail.leaves(OperationId::SignOut, &engineer, engineer.session().sign_out()).await;
    trail.has_all_of("session");
}

#[tokio::test]
async fn me() {
    let app = TestApp::start().await;
    let mut trail = Trail::of(&app);
    app.account("ada", "engineer", Some("four sheep graze in the rain")).await;
    let ada = app.sign_in("ada", "four sheep graze in the rain").await.unwrap();
    let me = ada.me();
    let body = UpdateMe { locale: Some(Locale::Zh), display_name: None };
    trail.leaves(OperationId::UpdateMe, &ada, me.update_me(&body)).await;
    let body = ChangePassword {
        current: Secret::from("four sheep graze in the rain"),
        new: Secret::from("five goats sleep under a bridge"),
    };
    trail.leaves(OperationId::ChangePassword, &ada, me.change_password(&body)).await;
    let body = CreateToken { name: "ci".into(), days: 1 };
    let token = trail.leaves(OperationId::CreateToken, &ada, me.create_token(&body)).await.token;
    trail.leaves(OperationId::RevokeToken, &ada, me.revoke_token(token.id)).await;
    let body = AddSshKey { name: "laptop".into(), public_key: ED25519.into() };
    let ssh = trail.leaves(OperationId::AddSshKey, &ada, me.add_ssh_key(&key(), &body)).await;
    trail.leaves(OperationId::RemoveSshKey, &ada, me.remove_ssh_key(ssh.id)).await;
    app.sign_in("ada", "five goats sleep under a bridge").await.unwrap();
    let sessions = me.list_sessions().await.unwrap().items;
    let other = sessions.iter().find(|session| !session.current).unwrap().id;
    trail.leaves(OperationId::RevokeSession, &ada, me.revoke_session(other)).await;
    trail.has_all_of("me");
}

#[tokio::test]
async fn people() {
    let app = TestApp::start().await;
    let mut trail = Trail::of(&app);
    let admin = app.admin().await;
    let people = admin.people();
    let body = CreatePerson { name: "eve".into(), display_name: "Eve".into(), email: None };
    let eve = trail.leaves(OperationId::CreatePerson, &admin, people.create_person(&body)).await.person;
    let body = UpdatePerson { display_name: Some("Evelyn".into()), disabled: None };
    trail.leaves(OperationId::UpdatePerson, &admin, people.update_person(eve.id, eve.version, &body)).await;
    trail.leaves(OperationId::ResetPassword, &admin, people.reset_password(eve.id)).await;
    let body = AddBinding { role: "viewer".into(), environment_ids: vec![] };
    let held = trail.leaves(OperationId::AddBinding, &admin, people.add_binding(eve.id, &key(), &body)).await;
    trail.leaves(OperationId::RemoveBinding, &admin, people.remove_binding(eve.id, held.id)).await;
    trail.has_all_of("people");
}

#[tokio::test]
async fn systems() {
    let app = TestApp::start().await;
    let mut trail = Trail::of(&app);
    let (engineer, neighbour) = (app.engineer().await, app.neighbour().await);
    let systems = engineer.systems();
    let body = CreateSystem { name: "shop".into(), description: None, sample: None };
    let shop = trail.leaves(OperationId::CreateSystem, &engineer, systems.create_system(&key(), &body)).await;
    let body = UpdateSystem { description: "sells".into() };
    trail.leaves(OperationId::UpdateSystem, &engineer, systems.update_system(shop.id, 1, &body)).await;
    let body = SetMember { role: MemberRole::Member };
    trail.leaves(OperationId::SetMember, &engineer, systems.set_member(shop.id, neighbour.id, &body)).await;
    trail.leaves(OperationId::RemoveMember, &engineer, systems.remove_member(shop.id, neighbour.id)).await;
    let body = CreateService { system_id: shop.id, name: "cart".into(), description: None, sample: None };
    let cart =
        trail.leaves(OperationId::CreateService, &engineer, systems.create_service(&key(), &body)).await;
    let body = UpdateService { description: "holds".into() };
    trail.leaves(OperationId::UpdateService, &engineer, systems.update_service(cart.id, 1, &body)).await;
    trail.leaves(OperationId::DeleteService, &engineer, systems.delete_service(cart.id)).await;
    trail.leaves(OperationId::DeleteSystem, &engineer, systems.delete_system(shop.id)).await;
    trail.has_all_of("systems");
}

#[tokio::test]
async fn catalogue() {
    let app = TestApp::start().await;
    let mut trail = Trail::of(&app);
    let admin = app.admin().await;
    let catalogue = admin.catalogue();
    let body = CreateEnvironment {
        name: "lab".into(),
        title: "Laboratory".into(),
        protected: false,
        colour: "#1677ff".into(),
        position: None,
        trash_days: None,
    };
    trail.leaves(OperationId::CreateEnvironment, &admin, catalogue.create_environment(&key(), &body)).await;
    let body = CreateNamespace { name: "apps".into(), environment_id: app.test, system_ids: None };
    let apps =
        trail.leaves(OperationId::CreateNamespace, &admin, catalogue.create_namespace(&key(), &body)).await;
    trail.leaves(OperationId::DeleteNamespace, &admin, catalogue.delete_namespace(apps.id)).await;

    trail.has_all_of("catalogue");
}

#[tokio::test]
async fn templates() {
    let app = TestApp::start().await;
    let mut trail = Trail::of(&app);
    let admin = app.admin().await;
    let templates = admin.templates();
    let source = |image: &str| TemplateSource::Image(ImageSource { image: image.into() });
    let content = TemplateContent {
        family: GuestFamily::Linux,
        root: RootDisk::Ephemeral,
        source: source("shepherd/demo:1"),
        user_data: "#cloud-config\n".into(),
        variables: vec![],
        min_disk_bytes: None,
        advanced: None,
    };
    let body = CreateTemplate {
        name: "demo".into(),
        title: "Demo".into(),
        description: None,
        environment_ids: None,
        content: content.clone(),
    };
    let call = key();
    let call = templates.create_template(&call, &body);
    let demo = trail.leaves(OperationId::CreateTemplate, &admin, call).await;
    let again = TemplateContent { source: source("shepherd/demo:2"), ..content };
    let call = key();
    let call = templates.add_template_version(demo.id, &call, &again);
    let demo = trail.leaves(OperationId::AddTemplateVersion, &admin, call).await;
    let body = UpdateTemplate { title: Some("Demo guest".into()), ..UpdateTemplate::default() };
    let call = templates.update_template(demo.id, demo.version, &body);
    trail.leaves(OperationId::UpdateTemplate, &admin, call).await;
    let state = deprecated();
    let call = templates.set_template_version_state(demo.versions[1].id, &state);
    trail.leaves(OperationId::SetTemplateVersionState, &admin, call).await;
    let paths = templates.get_advanced_paths().await.unwrap();
    let body = SetAdvancedPaths { paths: vec!["domain.cpu.model".into()] };
    let call = templates.set_advanced_paths(paths.version, &body);
    trail.leaves(OperationId::SetAdvancedPaths, &admin, call).await;
    trail.has_all_of("templates");
}

fn deprecated() -> SetCatalogueState {
    SetCatalogueState { state: CatalogueState::Deprecated, message: None, replacement_id: None }
}

#[tokio::test]
async fn sizes() {
    let app = TestApp::start().await;
    let mut trail = Trail::of(&app);
    let admin = app.admin().await;
    let sizes = admin.sizes();
    let content =
        SizeContent { milli_vcpu: 1000, memory_bytes: 128 << 20, disk_bytes: 1 << 30, compute: None };
    let body = CreateSize {
        name: "small".into(),
        description: None,
        environment_ids: None,
        content: content.clone(),
    };
    let small = trail.leaves(OperationId::CreateSize, &admin, sizes.create_size(&key(), &body)).await;
    let again = SizeContent { milli_vcpu: 2000, ..content };
    let call = key();
    let call = sizes.add_size_version(small.id, &call, &again);
    let small = trail.leaves(OperationId::AddSizeVersion, &admin, call).await;
    let body = UpdateSize { description: Some("for trials".into()), ..UpdateSize::default() };
    let call = sizes.update_size(small.id, small.version, &body);
    trail.leaves(OperationId::UpdateSize, &admin, call).await;
    let state = deprecated();
    let call = sizes.set_size_version_state(small.versions[1].id, &state);
    trail.leaves(OperationId::SetSizeVersionState, &admin, call).await;
    trail.has_all_of("sizes");
}

#[tokio::test]
async fn networks() {
    let app = TestApp::start().await;
    let mut trail = Trail::of(&app);
    let admin = app.admin().await;
    let networks = admin.networks();
    let body = CreateNetwork {
        name: "vlan-7".into(),
        title: "VLAN 7".into(),
        description: None,
        environment_id: app.test,
        definition: "infra/vlan-7".into(),
    };
    let call = key();
    let call = networks.create_network(&call, &body);
    let vlan = trail.leaves(OperationId::CreateNetwork, &admin, call).await;
    let body = UpdateNetwork { state: Some(CatalogueState::Deprecated), ..UpdateNetwork::default() };
    let call = networks.update_network(vlan.id, vlan.version, &body);
    trail.leaves(OperationId::UpdateNetwork, &admin, call).await;
    trail.has_all_of("networks");
}

#[tokio::test(flavor = "multi_thread")]
async fn clusters() {
    let world = World::start().await;
    let mut trail = Trail::of(&world.app);
    let admin = &world.admin;
    let clusters = admin.clusters();
    let kubeconfig = world.site.kubeconfig();
    let body = register("again", world.app.test, &kubeconfig);
    let tried = check(world.app.test, &kubeconfig);
    trail.leaves(OperationId::CheckCluster, admin, clusters.check_cluster(&tried)).await;
    let made = trail.leaves(OperationId::RegisterCluster, admin, clusters.register_cluster(&body)).await;
    let body = UpdateCluster { accepts_vms: Some(false), ..Default::default() };
    let call = clusters.update_cluster(made.id, made.version, &body);
    trail.leaves(OperationId::UpdateCluster, admin, call).await;
    let body = RotateCluster { kubeconfig: Some(Secret::from(kubeconfig)), ..Default::default() };
    let call = clusters.rotate_cluster(made.id, &body);
    trail.leaves(OperationId::RotateCluster, admin, call).await;
    trail.leaves(OperationId::ProbeCluster, admin, admin.capability().probe_cluster(made.id)).await;
    trail.leaves(OperationId::RemoveCluster, admin, clusters.remove_cluster(made.id)).await;
    trail.has_all_of("clusters");
    trail.has_all_of("capability");
}

#[tokio::test(flavor = "multi_thread")]
async fn requests() {
    let world = World::start().await;
    let mut trail = Trail::of(&world.app);
    let (engineer, approver) = (&world.engineer, &world.approver);
    let (mine, theirs) = (engineer.requests(), approver.requests());

    let wish = world.wish();
    let first = trail.leaves(OperationId::RequestVm, engineer, mine.request_vm(&key(), &wish)).await;
    let body = CancelRequest { reason: None };
    trail.leaves(OperationId::CancelRequest, engineer, mine.cancel_request(first.id, &key(), &body)).await;
    let second = world.ask().await;
    let body = Reject { spec_hash: second.spec_hash.clone(), reason: "too large".into() };
    trail.leaves(OperationId::RejectRequest, approver, theirs.reject_request(second.id, &key(), &body)).await;
    let third = world.ask().await;
    let body = Approve {
        spec_hash: third.spec_hash.clone(),
        comment: None,
        cluster_id: None,
        confirm_name: None,
        overrides: None,
        set_aside: None,
    };
    trail
        .leaves(OperationId::ApproveRequest, approver, theirs.approve_request(third.id, &key(), &body))
        .await;

    let done = world.reaches(third.id, RequestState::Succeeded).await;
    let vm = world.does(done.vm.unwrap().id, PowerState::Running).await;
    let body = OpenConsole { kind: ConsoleKind::Serial, reason: None, fields: None };
    let access = engineer.vms().open_console(vm.id, &body).await.unwrap();
    let call = mine.create_console_ticket(access.request.id);
    trail.leaves(OperationId::CreateConsoleTicket, engineer, call).await;
    trail.has_all_of("requests");
}

#[tokio::test(flavor = "multi_thread")]
async fn edits() {
    let world = World::start().await;
    let mut trail = Trail::of(&world.app);
    let (engineer, approver) = (&world.engineer, &world.approver);
    let asked = world.ask().await;
    let body = RequestChanges { spec_hash: asked.spec_hash.clone(), comment: "smaller".into() };
    let (edits, call) = (approver.edits(), key());
    let call = edits.request_changes(asked.id, &call, &body);
    let back = trail.leaves(OperationId::RequestChanges, approver, call).await;
    let body = EditRequest::VmCreate(EditCreate { body: world.wish() });
    let edits = engineer.edits();
    let call = edits.edit_request(asked.id, back.version, &body);
    trail.leaves(OperationId::EditRequest, engineer, call).await;
    trail.has_all_of("edits");
}

#[tokio::test(flavor = "multi_thread")]
async fn drafts_and_comments() {
    let world = World::start().await;
    let mut trail = Trail::of(&world.app);
    let engineer = &world.engineer;
    let (drafts, wish, call) = (engineer.drafts(), world.wish(), key());
    let body = DraftVm {
        service_id: wish.service_id,
        namespace_id: Some(wish.namespace_id),
        template_version_id: Some(wish.template_version_id),
        size_version_id: Some(wish.size_version_id),
        disk_bytes: None,
        variables: None,
        secret_ids: None,
        network_ids: None,
        ssh_key_ids: None,
        place: None,
        reason: None,
        another: None,
        fields: None,
    };
    let draft = trail.leaves(OperationId::CreateDraft, engineer, drafts.create_draft(&call, &body)).await;
    let update = drafts.update_draft(draft.id, draft.version, &body);
    trail.leaves(OperationId::UpdateDraft, engineer, update).await;
    let call = key();
    let asked = trail.leaves(OperationId::SubmitDraft, engineer, drafts.submit_draft(draft.id, &call)).await;
    let call = key();
    let again = drafts.draft_from_request(asked.id, &call);
    let draft = trail.leaves(OperationId::DraftFromRequest, engineer, again).await;
    trail.leaves(OperationId::DiscardDraft, engineer, drafts.discard_draft(draft.id)).await;
    trail.has_all_of("drafts");
    let (comments, call, body) = (engineer.comments(), key(), AddComment { text: "please".into() });
    let said = comments.add_comment(asked.id, &call, &body);
    trail.leaves(OperationId::AddComment, engineer, said).await;
    trail.has_all_of("comments");
}

#[tokio::test]
async fn fields() {
    let app = TestApp::start().await;
    let mut trail = Trail::of(&app);
    let admin = app.admin().await;
    let (fields, call) = (admin.fields(), key());
    let body = CreateRequestField {
        name: "urgent".into(),
        kind: FieldKind::Boolean,
        labels: [("en".to_owned(), "Urgent".to_owned())].into(),
        help: None,
        required: false,
        pattern: None,
        choices: None,
        environment_ids: None,
        operations: vec![RequestOperation::VmCreate],
        position: None,
    };
    let made = fields.create_request_field(&call, &body);
    let made = trail.leaves(OperationId::CreateRequestField, &admin, made).await;
    let call = key();
    let retired = fields.retire_request_field(made.id, &call);
    trail.leaves(OperationId::RetireRequestField, &admin, retired).await;
    trail.has_all_of("fields");
}

#[tokio::test(flavor = "multi_thread")]
async fn vms() {
    let world = World::start().await;
    let mut trail = Trail::of(&world.app);
    let engineer = &world.engineer;
    let vm = world.running_vm().await;
    let vms = engineer.vms();
    let body = UpdateVm { delete_protected: Some(false), description: None };
    trail.leaves(OperationId::UpdateVm, engineer, vms.update_vm(vm.id, vm.version, &body)).await;
    let body = OpenConsole { kind: ConsoleKind::Serial, reason: None, fields: None };
    trail.leaves(OperationId::OpenConsole, engineer, vms.open_console(vm.id, &body)).await;
    let body = StopVm { reason: None, force: None, grace_seconds: None, fields: None };
    let stop = trail.leaves(OperationId::StopVm, engineer, vms.stop_vm(vm.id, &key(), &body)).await;
    world.reaches(stop.id, RequestState::Succeeded).await;
    let body = PowerVm { reason: None, fields: None };
    let start = trail.leaves(OperationId::StartVm, engineer, vms.start_vm(vm.id, &key(), &body)).await;
    world.reaches(start.id, RequestState::Succeeded).await;
    world.does(vm.id, PowerState::Running).await;
    let restart = trail.leaves(OperationId::RestartVm, engineer, vms.restart_vm(vm.id, &key(), &body)).await;
    world.reaches(restart.id, RequestState::Succeeded).await;
    let body = DeleteVm { reason: None, confirm_name: vm.name.clone(), fields: None };
    trail.leaves(OperationId::DeleteVm, engineer, vms.delete_vm(vm.id, &key(), &body)).await;
    trail.has_all_of("vms");
}

#[tokio::test]
async fn audit() {
    let app = TestApp::start().await;
    let mut trail = Trail::of(&app);
    let auditor = app.auditor().await;
    let ask = ListAuditQuery::default();
    let page = trail.leaves(OperationId::ListAudit, &auditor, auditor.audit().list_audit(&ask)).await;
    let first = page.items.first().expect("the auditor's own sign-in is there").id;
    trail.leaves(OperationId::GetAuditEvent, &auditor, auditor.audit().get_audit_event(first)).await;
    seal_all(&app).await;
    trail.leaves(OperationId::SealAudit, &auditor, auditor.audit().seal_audit()).await;
    let ask = ExportAuditQuery::default();
    trail.leaves(OperationId::ExportAudit, &auditor, auditor.audit().export_audit(&ask)).await;
    trail.has_all_of("audit");
}
