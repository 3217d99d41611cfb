//! The life of VMs on simulated guests, by run strategy.

use crate::support::{Engine, SUB, VMIS, VMS, vm, vm_of};
use serde_json::{Value, json};

#[tokio::test]
async fn a_vm_boots_stops_starts_and_goes() {
    let engine = Engine::start().await;
    let created = engine.create(&vm("one", "RerunOnFailure")).await;
    assert_eq!(created["metadata"]["generation"], 1);
    assert!(created["spec"]["template"]["spec"]["domain"]["firmware"]["uuid"].is_string());

    let running = engine.until_status("one", "Running").await;
    assert_eq!(running["status"]["ready"], true);
    let (_, first) = engine.get(&format!("{VMIS}/one")).await;
    assert_eq!(first["status"]["phase"], "Running");
    let phases: Vec<&str> = first["status"]["phaseTransitionTimestamps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|t| t["phase"].as_str().unwrap())
        .collect();
    assert_eq!(phases, ["Pending", "Scheduling", "Scheduled", "Running"]);

    let (code, body) = engine.put(&format!("{SUB}/virtualmachines/one/start"), &json!({})).await;
    assert_eq!(code, 409);
    assert_eq!(
        body["message"],
        "Operation cannot be fulfilled on virtualmachine.kubevirt.io \"one\": VM is already running"
    );

    let (code, _) = engine.put(&format!("{SUB}/virtualmachines/one/stop"), &json!({})).await;
    assert_eq!(code, 202);
    let stopped = engine.until_status("one", "Stopped").await;
    assert_eq!(stopped["spec"]["runStrategy"], "RerunOnFailure", "stop keeps the strategy");
    engine.until_gone(&format!("{VMIS}/one")).await;

    let (code, _) = engine.put(&format!("{SUB}/virtualmachines/one/start"), &json!({})).await;
    assert_eq!(code, 202);
    engine.until_status("one", "Running").await;
    let (_, second) = engine.get(&format!("{VMIS}/one")).await;
    assert_ne!(first["metadata"]["uid"], second["metadata"]["uid"]);

    let (code, body) = engine.delete(&format!("{VMS}/one")).await;
    assert_eq!(code, 200);
    assert!(body["metadata"]["deletionTimestamp"].is_string());
    engine.until_gone(&format!("{VMS}/one")).await;
    engine.until_gone(&format!("{VMIS}/one")).await;
}

/// Presses a power subresource and expects it to be taken.
async fn press(engine: &Engine, name: &str, verb: &str, options: Value) {
    let (code, body) = engine.put(&format!("{SUB}/virtualmachines/{name}/{verb}"), &options).await;
    assert_eq!(code, 202, "{verb}: {body}");
}

/// What a power subresource answers when it refuses.
async fn refused(engine: &Engine, name: &str, verb: &str, options: Value) -> (u16, String) {
    let (code, body) = engine.put(&format!("{SUB}/virtualmachines/{name}/{verb}"), &options).await;
    let text = body["message"].as_str().unwrap_or_default().to_owned();
    (code, text.rsplit("\": ").next().unwrap_or_default().to_owned())
}

async fn uid(engine: &Engine, name: &str) -> String {
    engine.get(&format!("{VMIS}/{name}")).await.1["metadata"]["uid"].as_str().unwrap_or_default().to_owned()
}

/// Waits for a running instance that is not `before`.
async fn other_instance(engine: &Engine, name: &str, before: &str) {
    let path = format!("{VMIS}/{name}");
    engine
        .until(&path, |_, vmi| vmi["status"]["phase"] == "Running" && vmi["metadata"]["uid"] != before)
        .await;
}

#[tokio::test]
async fn always_comes_back_whatever_happens() {
    let engine = Engine::start().await;
    engine.create(&vm("one", "Always")).await;
    engine.until_status("one", "Running").await;
    let first = uid(&engine, "one").await;
    engine.delete(&format!("{VMIS}/one")).await;
    other_instance(&engine, "one", &first).await;
    let wanted = (409, "Always does not support manual start requests".to_owned());
    engine.until_status("one", "Running").await;
    let said = refused(&engine, "one", "start", json!({})).await;
    assert!(said == wanted || said.1 == "VM is already running", "{said:?}");
    press(&engine, "one", "stop", json!({})).await;
    let stopped = engine.until_status("one", "Stopped").await;
    assert_eq!(stopped["spec"]["runStrategy"], "Halted", "stopping what always runs changes what it is");
    press(&engine, "one", "start", json!({})).await;
    let running = engine.until_status("one", "Running").await;
    assert_eq!(running["spec"]["runStrategy"], "Always");
}

#[tokio::test]
async fn who_takes_nothing_but_json_may_not_press_buttons() {
    // As virt-api has it, which declares no type for an answer without a body.
    let engine = Engine::start().await;
    engine.create(&vm("one", "Halted")).await;
    let start = |accept: &'static str| {
        let path = format!("{SUB}/virtualmachines/one/start");
        engine.request(reqwest::Method::PUT, &path).header("accept", accept).json(&json!({})).send()
    };
    assert_eq!(start("application/json").await.unwrap().status(), 406);
    assert_eq!(start("application/json, */*").await.unwrap().status(), 202);
}

#[tokio::test]
async fn rerun_on_failure_restarts_a_crash_and_leaves_a_shutdown() {
    let engine = Engine::start().await;
    engine.create(&vm_of("off", "RerunOnFailure", "demo-poweroff")).await;
    engine.until(&format!("{VMS}/off"), |_, vm| vm["status"]["printableStatus"] == "Stopped").await;
    engine.until_gone(&format!("{VMIS}/off")).await;

    engine.create(&vm("up", "RerunOnFailure")).await;
    engine.until_status("up", "Running").await;
    let first = uid(&engine, "up").await;
    let said = crate::support::console(&engine, "up", "root\rcrash\r", "crashes").await;
    assert!(said.contains("Simulated guest default/up"), "it says what it is: {said}");
    other_instance(&engine, "up", &first).await;
    // Deleted by hand it stays away, as in KubeVirt since 1.2.
    engine.until_status("up", "Running").await;
    engine.delete(&format!("{VMIS}/up")).await;
    engine.until_status("up", "Stopped").await;
    engine.until_gone(&format!("{VMIS}/up")).await;
    assert_eq!(refused(&engine, "up", "stop", json!({})).await, (409, "VM is not running".to_owned()));
}

#[tokio::test]
async fn manual_keeps_what_ended_until_the_next_start() {
    let engine = Engine::start().await;
    engine.create(&vm("one", "Manual")).await;
    engine.until_status("one", "Stopped").await;
    assert_eq!(engine.get(&format!("{VMIS}/one")).await.0, 404);
    press(&engine, "one", "start", json!({})).await;
    engine.until_status("one", "Running").await;
    let first = uid(&engine, "one").await;
    crate::support::console(&engine, "one", "root\rpoweroff\r", "powers off").await;
    let ended = engine.until(&format!("{VMIS}/one"), |_, vmi| vmi["status"]["phase"] == "Succeeded").await;
    assert_eq!(ended["metadata"]["uid"], first.as_str());
    press(&engine, "one", "start", json!({})).await;
    other_instance(&engine, "one", &first).await;
}

#[tokio::test]
async fn once_runs_once_and_halted_never() {
    let engine = Engine::start().await;
    engine.create(&vm_of("one", "Once", "demo-poweroff")).await;
    engine.until(&format!("{VMIS}/one"), |_, vmi| vmi["status"]["phase"] == "Succeeded").await;
    engine.until_status("one", "Stopped").await;
    let said = refused(&engine, "one", "start", json!({})).await;
    assert_eq!(said, (409, "Once does not support manual start requests".to_owned()));
    let said = refused(&engine, "one", "restart", json!({})).await;
    assert_eq!(said, (409, "RunStategy Once does not support manual restart requests".to_owned()));

    engine.create(&vm("halted", "Halted")).await;
    engine.until_status("halted", "Stopped").await;
    press(&engine, "halted", "start", json!({"paused": true})).await;
    let paused = engine.until_status("halted", "Paused").await;
    assert_eq!(paused["spec"]["runStrategy"], "Always");
}

#[tokio::test]
async fn restart_makes_another_instance() {
    let engine = Engine::start().await;
    for strategy in ["Always", "RerunOnFailure", "Manual"] {
        let name = strategy.to_lowercase();
        engine.create(&vm(&name, strategy)).await;
        if strategy == "Manual" {
            press(&engine, &name, "start", json!({})).await;
        }
        engine.until_status(&name, "Running").await;
        let first = uid(&engine, &name).await;
        press(&engine, &name, "restart", json!({})).await;
        other_instance(&engine, &name, &first).await;
        let vm = engine
            .until(&format!("{VMS}/{name}"), |_, vm| vm["status"]["stateChangeRequests"].is_null())
            .await;
        assert_eq!(vm["spec"]["runStrategy"], strategy);
    }
    let (code, text) = refused(&engine, "always", "restart", json!({"gracePeriodSeconds": 5})).await;
    assert_eq!((code, text.as_str()), (400, "For force restart, only gracePeriod=0 is supported for now"));
}

#[tokio::test]
async fn of_many_starts_at_once_one_is_taken() {
    let engine = Engine::start().await;
    engine.create(&vm("one", "Manual")).await;
    engine.until_status("one", "Stopped").await;
    let path = format!("{SUB}/virtualmachines/one/start");
    let body = json!({});
    let all = (0..8).map(|_| engine.put(&path, &body));
    let codes: Vec<u16> = futures::future::join_all(all).await.into_iter().map(|(code, _)| code).collect();
    assert_eq!(codes.iter().filter(|c| **c == 202).count(), 1, "{codes:?}");
    assert!(codes.iter().all(|c| [202, 409, 500].contains(c)), "{codes:?}");
}

#[tokio::test]
async fn pause_and_unpause() {
    let engine = Engine::start().await;
    engine.create(&vm("one", "Always")).await;
    engine.until_status("one", "Running").await;
    let sub = |verb: &str| format!("{SUB}/virtualmachineinstances/one/{verb}");
    assert_eq!(engine.put(&sub("pause"), &json!({})).await.0, 200);
    engine.until_status("one", "Paused").await;
    let (code, body) = engine.put(&sub("pause"), &json!({})).await;
    assert_eq!(code, 409);
    assert!(body["message"].as_str().unwrap().ends_with("VMI is already paused"), "{body}");
    assert_eq!(engine.put(&sub("unpause"), &json!({})).await.0, 200);
    let vm = engine.until_status("one", "Running").await;
    let kinds: Vec<&str> =
        vm["status"]["conditions"].as_array().unwrap().iter().map(|c| c["type"].as_str().unwrap()).collect();
    assert!(!kinds.contains(&"Paused"), "{kinds:?}");
    engine.put(&sub("pause"), &json!({})).await;
    engine.until_status("one", "Paused").await;
    engine.delete(&format!("{VMS}/one")).await;
    engine.until_gone(&format!("{VMS}/one")).await;
}

#[tokio::test]
async fn a_guest_that_ignores_the_button_is_killed_when_its_time_is_up() {
    let engine = Engine::start().await;
    let mut stubborn = vm_of("one", "RerunOnFailure", "demo-stubborn");
    stubborn["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] = json!(3600);
    engine.create(&stubborn).await;
    engine.until_status("one", "Running").await;
    press(&engine, "one", "stop", json!({})).await;
    engine.until_status("one", "Stopping").await;
    press(&engine, "one", "stop", json!({"gracePeriod": 0})).await;
    engine.until_status("one", "Stopped").await;
}

#[tokio::test]
async fn a_crash_loop_backs_off_and_says_so() {
    let engine = Engine::start().await;
    engine.create(&vm_of("one", "Always", "demo-crash")).await;
    let vm = engine.until_status("one", "CrashLoopBackOff").await;
    let failure = &vm["status"]["startFailure"];
    assert_eq!(failure["consecutiveFailCount"], 1);
    assert!(failure["retryAfterTimestamp"].is_string());
    // Deleting does not wait for the next try.
    engine.delete(&format!("{VMS}/one")).await;
    engine.until_gone(&format!("{VMS}/one")).await;
}

#[tokio::test]
async fn what_keeps_a_guest_from_booting_is_told() {
    let engine = Engine::start().await;
    engine.create(&vm_of("image", "Always", "demo-missing")).await;
    let pulling = |vm: &Value| {
        ["ErrImagePull", "ImagePullBackOff"].iter().any(|s| vm["status"]["printableStatus"] == *s)
    };
    engine.until(&format!("{VMS}/image"), |_, vm| pulling(vm)).await;
    let mut claim = vm("claim", "Always");
    claim["spec"]["template"]["spec"]["volumes"][0] =
        json!({"name": "root", "dataVolume": {"name": "nowhere"}});
    engine.create(&claim).await;
    engine.until_status("claim", "ErrorPvcNotFound").await;
    let mut memory = vm("memory", "Always");
    memory["spec"]["template"]["spec"]["domain"]["memory"] = Value::Null;
    engine.create(&memory).await;
    let vm = engine
        .until(&format!("{VMS}/memory"), |_, vm| {
            let all = vm["status"]["conditions"].as_array();
            all.is_some_and(|all| all.iter().any(|c| c["reason"] == "FailedCreate"))
        })
        .await;
    assert_eq!(vm["status"]["printableStatus"], "Stopped");
    let fix = json!({"spec": {"template": {"spec": {"domain": {"memory": {"guest": "64Mi"}}}}}});
    engine.patch(&format!("{VMS}/memory"), "merge-patch+json", &fix).await;
    engine.until_status("memory", "Running").await;
    for name in ["image", "claim", "memory"] {
        engine.delete(&format!("{VMS}/{name}")).await;
        engine.until_gone(&format!("{VMS}/{name}")).await;
    }
}

#[tokio::test]
async fn a_persistent_disk_lives_as_long_as_its_vm() {
    let engine = Engine::start().await;
    let mut with_disk = vm("one", "Always");
    with_disk["spec"]["dataVolumeTemplates"] = json!([{"metadata": {"name": "one-root"}, "spec": {
        "source": {"registry": {"url": "docker://demo:1"}},
        "storage": {"resources": {"requests": {"storage": "2Gi"}}}}}]);
    with_disk["spec"]["template"]["spec"]["volumes"][0] =
        json!({"name": "root", "dataVolume": {"name": "one-root"}});
    engine.create(&with_disk).await;
    engine.until_status("one", "Running").await;
    let path = "/apis/cdi.kubevirt.io/v1beta1/namespaces/default/datavolumes/one-root";
    let (code, volume) = engine.get(path).await;
    assert_eq!((code, volume["status"]["phase"].as_str()), (200, Some("Succeeded")));
    engine.delete(&format!("{VMS}/one")).await;
    engine.until_gone(&format!("{VMS}/one")).await;
    engine.until_gone(path).await;
}

#[tokio::test]
async fn a_template_changed_under_a_guest_needs_a_restart() {
    let engine = Engine::start().await;
    engine.create(&vm("one", "RerunOnFailure")).await;
    engine.until_status("one", "Running").await;
    let patch = json!({"spec": {"template": {"spec": {"domain": {"memory": {"guest": "128Mi"}}}}}});
    engine.patch(&format!("{VMS}/one"), "merge-patch+json", &patch).await;
    let wants = |vm: &Value| {
        let all = vm["status"]["conditions"].as_array().cloned().unwrap_or_default();
        all.iter().any(|c| c["type"] == "RestartRequired" && c["status"] == "True")
    };
    engine.until(&format!("{VMS}/one"), |_, vm| wants(vm)).await;
    let first = uid(&engine, "one").await;
    press(&engine, "one", "restart", json!({})).await;
    other_instance(&engine, "one", &first).await;
    engine.until(&format!("{VMS}/one"), |_, vm| !wants(vm)).await;
}

#[tokio::test]
async fn a_guest_ends_with_its_instance_even_by_force() {
    let engine = Engine::start().await;
    engine.create(&vm("one", "Manual")).await;
    press(&engine, "one", "start", json!({})).await;
    engine.until_status("one", "Running").await;
    let guest = engine.dir().join("simulated").join(format!("{}.json", uid(&engine, "one").await));
    assert!(guest.exists());
    let path = format!("{VMIS}/one");
    engine.delete(&path).await;
    engine.patch(&path, "merge-patch+json", &json!({"metadata": {"finalizers": null}})).await;
    engine.until_gone(&path).await;
    let ended = async {
        while guest.exists() {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(crate::support::DEADLINE, ended).await.expect("the guest ends");
}
