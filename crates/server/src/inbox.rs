//! One's inbox over HTTP.

use shepherd_app::Cx;
use shepherd_app::inbox::ListInbox;
use shepherd_contract::server::inbox::InboxApi;
use shepherd_contract::types::{InboxCount, InboxPage, ListInboxQuery, MarkInbox};

use crate::Server;
use crate::problems::Fault;

impl InboxApi for Server {
    async fn list_inbox(&self, cx: Cx, query: ListInboxQuery) -> Result<InboxPage, Fault> {
        let ask = ListInbox {
            unread: query.unread.unwrap_or(false),
            about: query.about,
            kind: query.kind,
            cursor: query.cursor.as_deref(),
            limit: query.limit,
        };
        Ok(self.app.list_inbox(&cx, ask).await?)
    }

    async fn count_inbox(&self, cx: Cx) -> Result<InboxCount, Fault> {
        Ok(self.app.count_inbox(&cx).await?)
    }

    async fn mark_inbox(&self, cx: Cx, body: MarkInbox) -> Result<InboxCount, Fault> {
        Ok(self.app.mark_inbox(&cx, body).await?)
    }
}
