//! What an organisation asks for beside what is built: defined by the administrator, answered, agreed to, kept.

use serde_json::{Map, Value, json};
use shepherd_contract::client::ClientError;
use shepherd_contract::types::{
    CreateRequestField, DraftVm, EditCreate, EditRequest, FieldKind, ListRequestFieldsQuery, PowerVm,
    RequestField, RequestOperation, RequestState, RequestVm,
};
use shepherd_test_support::app::{World, key};

use super::{code, says_yes};

fn change_number(world: &World) -> CreateRequestField {
    CreateRequestField {
        name: "change".into(),
        kind: FieldKind::Text,
        labels: [("en", "Change number"), ("zh", "变更单号")].map(|(a, b)| (a.into(), b.into())).into(),
        help: None,
        required: true,
        pattern: Some("CHG[0-9]{4}".into()),
        choices: None,
        environment_ids: Some(vec![world.app.test]),
        operations: vec![RequestOperation::VmCreate, RequestOperation::VmRestart],
        position: None,
    }
}

async fn asked_for(world: &World, body: &CreateRequestField) -> RequestField {
    world.admin.fields().create_request_field(&key(), body).await.expect("it is asked for")
}

fn answers(values: Value) -> Option<Map<String, Value>> {
    values.as_object().cloned()
}

fn faults<T: std::fmt::Debug>(result: Result<T, ClientError>) -> Vec<(String, String)> {
    match result {
        Err(ClientError::Problem(problem)) => {
            problem.errors.iter().map(|e| (e.pointer.to_string(), e.code.to_string())).collect()
        }
        other => panic!("it should have been refused: {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_asked_for_is_answered_agreed_to_and_kept() {
    let world = World::start().await;
    let field = asked_for(&world, &change_number(&world)).await;
    let count = CreateRequestField {
        name: "people".into(),
        kind: FieldKind::Number,
        required: false,
        pattern: None,
        environment_ids: None,
        ..change_number(&world)
    };
    asked_for(&world, &count).await;
    let requests = world.engineer.requests();
    let wish = |values: Value| RequestVm { fields: answers(values), ..world.wish() };

    let preflight = requests.preflight_vm(&world.wish()).await.unwrap();
    assert_eq!(preflight.fields.len(), 2);
    assert!(preflight.problems.iter().any(|problem| problem.code == "FIELDS_INVALID"));
    let bare = requests.request_vm(&key(), &world.wish()).await;
    assert_eq!(faults(bare), [("/fields/change".to_owned(), "REQUIRED".to_owned())]);
    let wrong =
        requests.request_vm(&key(), &wish(json!({ "change": "CHG1", "people": "3", "x/y": 1 }))).await;
    let found: Vec<_> =
        faults(wrong).into_iter().map(|(pointer, code)| format!("{pointer} {code}")).collect();
    assert_eq!(found, ["/fields/x~1y FIELD_UNKNOWN", "/fields/change PATTERN", "/fields/people FIELD_TYPE"]);

    let asked =
        requests.request_vm(&key(), &wish(json!({ "change": "CHG0001", "people": 3 }))).await.unwrap();
    assert_eq!(asked.spec["fields"], json!({ "change": "CHG0001", "people": 3 }));
    assert_eq!(asked.fields[0].labels["zh"], "变更单号");
    let edit = |values: Value| EditRequest::VmCreate(EditCreate { body: wish(values) });
    let edits = world.engineer.edits();
    let bare = edits.edit_request(asked.id, asked.version, &edit(json!({ "people": 4 }))).await;
    assert_eq!(faults(bare), [("/body/fields/change".to_owned(), "REQUIRED".to_owned())]);
    let changed =
        edits.edit_request(asked.id, asked.version, &edit(json!({ "change": "CHG0002" }))).await.unwrap();
    assert_ne!(changed.spec_hash, asked.spec_hash, "an answer is part of what is agreed to");
    assert_eq!(code(says_yes(&world.approver, &asked).await), "SPEC_CHANGED");

    // What is not asked for any more stays in what was asked before, and is refused from now on.
    let fields = world.admin.fields();
    fields.retire_request_field(field.id, &key()).await.unwrap();
    assert_eq!(code(fields.retire_request_field(field.id, &key()).await), "RETIRED");
    says_yes(&world.approver, &changed).await.unwrap();
    let done = world.reaches(asked.id, RequestState::Succeeded).await;
    assert_eq!((done.fields[0].name.as_str(), &done.fields[0].value), ("change", &json!("CHG0002")));
    assert_eq!(done.fields[0].labels["en"], "Change number");
    let late = RequestVm { another: Some(true), ..wish(json!({ "change": "CHG0003" })) };
    let late = requests.request_vm(&key(), &late).await;
    assert_eq!(faults(late), [("/fields/change".to_owned(), "FIELD_UNKNOWN".to_owned())]);

    let again = world.engineer.drafts().draft_from_request(asked.id, &key()).await.unwrap();
    assert_eq!(again.body.fields, answers(json!({ "change": "CHG0002" })));
    let body = DraftVm { fields: None, ..again.body };
    world.engineer.drafts().update_draft(again.id, again.version, &body).await.unwrap();
    world.engineer.drafts().submit_draft(again.id, &key()).await.unwrap();
    world.assert_true().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_field_is_asked_for_where_it_belongs() {
    let world = World::start().await;
    let vm = world.running_vm().await;
    asked_for(&world, &change_number(&world)).await;
    let vms = world.engineer.vms();
    let bare = vms.restart_vm(vm.id, &key(), &PowerVm { reason: None, fields: None }).await;
    assert_eq!(faults(bare), [("/fields/change".to_owned(), "REQUIRED".to_owned())]);
    let body = PowerVm { reason: None, fields: answers(json!({ "change": "CHG0001" })) };
    let done = vms.restart_vm(vm.id, &key(), &body).await.unwrap();
    assert_eq!(done.fields[0].value, "CHG0001");
    world.reaches(done.id, RequestState::Succeeded).await;
    super::stop(&world.engineer, &vm).await.expect("a stop is asked for nothing");

    let everywhere = ListRequestFieldsQuery { environment_id: Some(world.app.prod), ..Default::default() };
    assert!(world.engineer.fields().list_request_fields(&everywhere).await.unwrap().items.is_empty());
    world.assert_true().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_field_nobody_could_answer_is_not_asked_for() {
    let world = World::start().await;
    let fields = world.admin.fields();
    let refused = async |change: &dyn Fn(&mut CreateRequestField)| {
        let mut body = change_number(&world);
        change(&mut body);
        let found = faults(fields.create_request_field(&key(), &body).await);
        found.into_iter().next().map(|(pointer, code)| format!("{pointer} {code}")).unwrap_or_default()
    };
    assert_eq!(refused(&|f| f.pattern = Some("(".into())).await, "/pattern PATTERN_INVALID");
    assert_eq!(refused(&|f| f.kind = FieldKind::Number).await, "/pattern PATTERN_OF_NO_TEXT");
    let choice = |f: &mut CreateRequestField| (f.kind, f.pattern) = (FieldKind::Choice, None);
    assert_eq!(refused(&choice).await, "/choices CHOICES_INVALID");
    assert_eq!(
        refused(&|f| f.labels = [("zh".to_owned(), "单号".to_owned())].into()).await,
        "/labels/en REQUIRED"
    );
    let nowhere = |f: &mut CreateRequestField| {
        f.environment_ids = Some(vec![shepherd_domain::ids::EnvironmentId::new()])
    };
    assert_eq!(refused(&nowhere).await, "/environment_ids UNKNOWN_REFERENCE");
    assert!(refused(&|f| f.name = "Change Number".into()).await.starts_with("/name"));
    assert!(refused(&|f| f.operations = vec![]).await.starts_with("/operations"));
    let engineer = world.engineer.fields().create_request_field(&key(), &change_number(&world)).await;
    assert_eq!(code(engineer), "PERMISSION_MISSING");

    asked_for(&world, &change_number(&world)).await;
    let twice = fields.create_request_field(&key(), &change_number(&world)).await;
    assert_eq!(faults(twice), [("/name".to_owned(), "NAME_TAKEN".to_owned())]);
    assert_eq!(
        world
            .app
            .audited(Some("request_field.create"))
            .await
            .iter()
            .filter(|l| l.outcome == "success")
            .count(),
        1
    );
}
