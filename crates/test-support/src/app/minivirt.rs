//! A cluster with simulated guests that a story can take away and bring back: same files, same address.

use std::ops::Deref;

use shepherd_minivirt::{Config, Handle};
use tempfile::TempDir;
use tokio::task::JoinHandle;

/// Dereferences to the engine's handle, which stays as it is while the engine is away.
pub struct Minivirt {
    handle: Handle,
    task: Option<JoinHandle<()>>,
    config: Config,
    _files: TempDir,
}

impl Minivirt {
    /// With guests that act at once.
    pub async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    /// As a story wants it.
    pub async fn start_with(change: impl FnOnce(&mut Config)) -> Self {
        let files = tempfile::tempdir().expect("there is room for a cluster's files");
        let mut config = Config::simulated(files.path());
        change(&mut config);
        let (handle, task) = shepherd_minivirt::start(config.clone()).await.expect("minivirt starts");
        config.listen = handle.address;
        Self { handle, task: Some(task), config, _files: files }
    }

    /// From now on nobody answers at its address.
    pub async fn go_down(&mut self) {
        self.handle.stop();
        if let Some(task) = self.task.take() {
            task.await.expect("minivirt ends in order");
        }
    }

    /// It answers again, with everything it had.
    pub async fn come_back(&mut self) {
        self.open(self.config.clone()).await;
    }

    /// It lives again, but only the story knows where.
    pub async fn come_back_elsewhere(&mut self) {
        let mut config = self.config.clone();
        config.listen.set_port(0);
        self.open(config).await;
    }

    async fn open(&mut self, config: Config) {
        assert!(self.task.is_none(), "it never went down");
        let (handle, task) = shepherd_minivirt::start(config).await.expect("minivirt starts again");
        (self.handle, self.task) = (handle, Some(task));
    }
}

impl Deref for Minivirt {
    type Target = Handle;
    fn deref(&self) -> &Handle {
        &self.handle
    }
}

impl Drop for Minivirt {
    fn drop(&mut self) {
        self.handle.stop();
    }
}
