//! A queue on a database of its own, and workers that tell what they were given.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use futures::future::BoxFuture;
use secrecy::SecretString;
use shepherd_jobs::{Config, Handlers, Job, Outcome, Wake, Worker};
use shepherd_store::{Db, DbConfig};
use shepherd_test_support::TestDb;
use sqlx::Executor;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Longer than anything here takes; only a failing test waits so long.
pub const WAIT: Duration = Duration::from_secs(60);

pub struct TestQueue {
    /// As the application role.
    pub db: Db,
    test: TestDb,
}

impl TestQueue {
    pub async fn new() -> Self {
        let test = TestDb::new().await;
        Self { db: connect(&test).await, test }
    }

    /// A database in which River's tables are missing.
    pub async fn without_tables() -> Self {
        let queue = Self::new().await;
        queue.test.owner().await.execute("drop schema river cascade").await.unwrap();
        queue
    }

    pub fn owner_url(&self) -> SecretString {
        SecretString::from(self.test.owner_url.clone())
    }

    /// Another process's pool.
    pub async fn connect(&self) -> Db {
        connect(&self.test).await
    }

    /// The states of all jobs, sorted.
    pub async fn states(&self) -> Vec<String> {
        sqlx::query_scalar("select state::text from river.river_job order by state::text")
            .fetch_all(self.db.pool())
            .await
            .unwrap()
    }
}

async fn connect(test: &TestDb) -> Db {
    Db::connect(&DbConfig::new(test.app_url.clone())).await.unwrap()
}

/// The usual limits, with the maintenance that production does every few seconds done all the time.
pub fn quick() -> Config {
    Config {
        maintenance_interval: Duration::from_millis(100),
        poll_interval: Duration::from_millis(50),
        ..Config::default()
    }
}

/// Enqueues in a transaction of its own.
pub async fn enqueued(db: &Db, job: Job) {
    let mut tx = db.begin().await.unwrap();
    shepherd_jobs::enqueue(&mut tx, job).await.unwrap();
    tx.commit().await.unwrap();
}

type Script = Box<dyn FnMut(Wake) -> BoxFuture<'static, Outcome> + Send>;

struct Scripted {
    told: mpsc::UnboundedSender<Wake>,
    script: Mutex<Script>,
}

#[async_trait]
impl Worker for Scripted {
    async fn work(&self, wake: Wake) -> Outcome {
        self.told.send(wake.clone()).unwrap();
        let work = (self.script.lock().unwrap())(wake);
        work.await
    }
}

/// A process that works the queue.
pub struct Running {
    pub shutdown: CancellationToken,
    told: mpsc::UnboundedReceiver<Wake>,
    task: JoinHandle<Result<(), shepherd_jobs::JobError>>,
}

impl Running {
    pub fn start(db: &Db, config: Config, mut script: impl FnMut(Wake) -> Outcome + Send + 'static) -> Self {
        Self::start_async(db, config, move |wake| std::future::ready(script(wake)))
    }

    pub fn start_async<F>(db: &Db, config: Config, mut script: impl FnMut(Wake) -> F + Send + 'static) -> Self
    where
        F: Future<Output = Outcome> + Send + 'static,
    {
        let (told, wakes) = mpsc::unbounded_channel();
        let script: Script = Box::new(move |wake| Box::pin(script(wake)));
        let worker: Arc<dyn Worker> = Arc::new(Scripted { told, script: Mutex::new(script) });
        let handlers = Handlers { operation: worker.clone(), dispatch: worker.clone(), reconcile: worker };
        let (db, shutdown) = (db.clone(), CancellationToken::new());
        let stop = shutdown.clone();
        let task = tokio::spawn(async move { shepherd_jobs::run(&db, handlers, config, stop).await });
        Self { shutdown, told: wakes, task }
    }

    /// The next job that begins to be worked.
    pub async fn next(&mut self) -> Wake {
        tokio::time::timeout(WAIT, self.told.recv()).await.expect("a job is worked in time").unwrap()
    }

    /// Stops, and checks that nothing was worked that the test did not ask about.
    pub async fn stop(mut self) {
        self.shutdown.cancel();
        tokio::time::timeout(WAIT, self.task).await.expect("it stops in time").unwrap().unwrap();
        assert!(self.told.recv().await.is_none_or(|wake| panic!("worked once too often: {wake:?}")));
    }
}
