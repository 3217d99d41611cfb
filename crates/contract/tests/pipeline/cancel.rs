//! A client that goes away does not stop what it began.

use std::sync::atomic::Ordering;

use axum::body::Body;
use http::Request;
use tower::ServiceExt;

use crate::harbour::{BOAT, Fixture};

#[tokio::test]
async fn dropping_the_handler_does_not_drop_the_call() {
    let fixture = Fixture::new();
    let request =
        Request::delete(format!("/boats/{BOAT}")).header("x-sailor", "i").body(Body::empty()).unwrap();
    let mut answer = Box::pin(fixture.router.clone().oneshot(request));
    tokio::select! {
        _ = &mut answer => panic!("the operation waits at its gate"),
        () = fixture.api.begun.notified() => {}
    }
    // This is what the server does when the connection is gone.
    drop(answer);
    fixture.api.gate.notify_one();
    let ended = tokio::time::timeout(std::time::Duration::from_secs(30), fixture.api.sunk.notified()).await;
    assert!(ended.is_ok(), "the operation was dropped half-way");
    assert_eq!(fixture.api.calls.load(Ordering::SeqCst), 1);
}
