use http::HeaderMap;

use super::*;

fn refusal(status: u16, words: &str) -> Refusal {
    let message = format!(r#"Operation cannot be fulfilled on virtualmachine.kubevirt.io "x": {words}"#);
    let body = serde_json::json!({ "kind": "Status", "reason": "Conflict", "message": message });
    Refusal::read(StatusCode::from_u16(status).unwrap(), &HeaderMap::new(), body.to_string().as_bytes())
}

#[test]
fn a_repeated_start_is_already_done() {
    assert_eq!(start(&refusal(409, "VM is already running")), Already);
    assert_eq!(start(&refusal(409, "Always does not support manual start requests")), Already);
    assert_eq!(
        start(&refusal(409, "RerunOnFailure does not support starting VM from failed state")),
        Already
    );
}

#[test]
fn a_start_that_cannot_be_is_not_called_done() {
    for words in
        ["Once does not support manual start requests", "VM recovery required: Volume migration failed"]
    {
        assert_eq!(start(&refusal(409, words)), AsItStands, "{words}");
    }
}

#[test]
fn the_loser_of_concurrent_starts_may_try_again() {
    let words = "the server rejected our request due to an error in our request";
    let lost = refusal(500, words);
    assert_eq!(start(&lost), AsItStands);
    assert!(lost.into_error().retryable());
}

#[test]
fn a_repeated_stop_is_already_done() {
    assert_eq!(stop(&refusal(409, "VM is not running")), Already);
    assert_eq!(
        stop(&refusal(409, "Halted only supports manual stop requests with a shorter graceperiod")),
        Already
    );
}

#[test]
fn restart_of_a_stopped_vm_says_so() {
    assert_eq!(restart(&refusal(409, "VM is not running: Halted")), NotRunning);
    assert_eq!(
        restart(&refusal(409, "RunStategy Halted does not support manual restart requests")),
        NotRunning
    );
}

#[test]
fn pausing_twice_is_done_and_pausing_nothing_is_not() {
    assert_eq!(pause(&refusal(409, "VMI is already paused")), Already);
    assert_eq!(unpause(&refusal(409, "VMI is not paused")), Already);
    assert_eq!(pause(&refusal(404, "not found")), NotRunning);
    assert_eq!(unpause(&refusal(409, "VM snapshot is in progress")), AsItStands);
}

#[test]
fn the_words_count_only_with_the_status() {
    assert_eq!(start(&refusal(500, "VM is already running")), AsItStands);
}
