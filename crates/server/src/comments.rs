//! Comments on requests over HTTP.

use shepherd_app::Cx;
use shepherd_contract::server::comments::CommentsApi;
use shepherd_contract::types::{AddComment, Comment, CommentPage, ListCommentsQuery};
use shepherd_domain::ids::RequestId;

use crate::Server;
use crate::problems::Fault;

impl CommentsApi for Server {
    async fn list_comments(
        &self,
        cx: Cx,
        id: RequestId,
        query: ListCommentsQuery,
    ) -> Result<CommentPage, Fault> {
        Ok(self.app.list_comments(&cx, id, query.cursor.as_deref(), query.limit).await?)
    }

    async fn add_comment(&self, cx: Cx, id: RequestId, body: AddComment) -> Result<Comment, Fault> {
        Ok(self.app.add_comment(&cx, id, body).await?)
    }
}
