//! A minivirt of the test's own, in its process.

use std::ops::Deref;

use serde_json::json;
use shepherd_minivirt::{Config, Handle};
use tempfile::TempDir;
use tokio::task::JoinHandle;
use uuid::Uuid;

/// Dereferences to the engine's handle, which stays as it is while the engine is away.
pub(super) struct Engine {
    pub(super) viewer_token: String,
    handle: Option<Handle>,
    task: Option<JoinHandle<()>>,
    config: Config,
    _files: TempDir,
}

impl Engine {
    pub(super) async fn start_with(change: impl FnOnce(&mut Config)) -> Self {
        let files = tempfile::tempdir().expect("there is room for a cluster's files");
        let mut config = Config::simulated(files.path());
        change(&mut config);
        let viewer_token = Uuid::new_v4().to_string();
        let tokens = json!([{ "token": Uuid::new_v4().to_string(), "user": "admin", "role": "admin" },
            { "token": viewer_token, "user": "looker", "role": "view" }]);
        std::fs::write(config.data_dir.join("tokens.json"), tokens.to_string()).expect("there is room");
        let (handle, task) = shepherd_minivirt::start(config.clone()).await.expect("minivirt starts");
        config.listen = handle.address;
        Self { viewer_token, handle: Some(handle), task: Some(task), config, _files: files }
    }

    pub(super) async fn go_down(&mut self) {
        self.stop();
        if let Some(task) = self.task.take() {
            task.await.expect("minivirt ends in order");
        }
    }

    pub(super) async fn come_back(&mut self) {
        self.open(self.config.clone()).await;
    }

    pub(super) async fn come_back_elsewhere(&mut self) {
        let mut config = self.config.clone();
        config.listen.set_port(0);
        self.open(config).await;
    }

    async fn open(&mut self, config: Config) {
        assert!(self.task.is_none(), "it never went down");
        // It has the files open as long as anybody holds it.
        self.handle = None;
        let (handle, task) = shepherd_minivirt::start(config).await.expect("minivirt starts again");
        (self.handle, self.task) = (Some(handle), Some(task));
    }
}

impl Deref for Engine {
    type Target = Handle;
    fn deref(&self) -> &Handle {
        self.handle.as_ref().expect("it is there but while it starts again")
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        if let Some(handle) = &self.handle {
            handle.stop();
        }
    }
}
