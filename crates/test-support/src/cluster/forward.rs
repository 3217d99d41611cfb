//! An address of one's own for a cluster that is others' too: closing it takes the cluster away from one test only.

use std::net::SocketAddr;

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

/// Forwards connections until it is closed or dropped, which also ends those that are open.
pub(super) struct Forward {
    pub(super) address: SocketAddr,
    task: JoinHandle<()>,
}

impl Forward {
    /// Listens at `at` (port 0 picks one) and forwards to `to`.
    pub(super) async fn open(at: SocketAddr, to: SocketAddr) -> Self {
        let listener = TcpListener::bind(at).await.expect("the loopback port is free");
        let address = listener.local_addr().expect("the socket is bound");
        let task = tokio::spawn(async move {
            // The connections end with this task.
            let mut open = JoinSet::new();
            while let Ok((mut near, _)) = listener.accept().await {
                while open.try_join_next().is_some() {}
                open.spawn(async move {
                    if let Ok(mut far) = TcpStream::connect(to).await {
                        // Either side may leave at any time.
                        let _ = copy_bidirectional(&mut near, &mut far).await;
                    }
                });
            }
        });
        Self { address, task }
    }

    pub(super) async fn close(&mut self) {
        self.task.abort();
        // Its end closes the sockets; that it was cancelled is what was wanted.
        let _ = (&mut self.task).await;
    }
}

impl Drop for Forward {
    fn drop(&mut self) {
        self.task.abort();
    }
}
