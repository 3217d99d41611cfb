//! What people say about a request: whoever asked for it, those whose word it needs and those who work in its System,
//! whatever state it is in; not those who only read. A comment decides
//! nothing and changes no version, so it makes nobody's edit stale.

use shepherd_contract::types::{AddComment, Comment, CommentPage, PersonRef};
use shepherd_domain::authz::Permission;
use shepherd_domain::ids::{CommentId, RequestId};
use shepherd_domain::policy::Who;
use shepherd_store::comments::{self as store, CommentRow};
use shepherd_store::events::Event;
use shepherd_store::inbox_fan;
use shepherd_store::requests;

use crate::change::{Audit, Begun};
use crate::page::Ask;
use crate::requests::view::Whole;
use crate::{App, Cx, Result};

impl App {
    /// The thread of a request, oldest first.
    pub async fn list_comments(
        &self,
        cx: &Cx,
        id: RequestId,
        cursor: Option<&str>,
        limit: Option<i32>,
    ) -> Result<CommentPage> {
        let page: Ask<i64> = Ask::new("comments", cursor, limit)?;
        self.readable(cx, id).await?;
        let rows = store::list(&mut *self.db.acquire().await?, id, page.after, page.fetch()).await?;
        let (rows, next_cursor) = page.cut("comments", rows, |row| row.number)?;
        Ok(CommentPage { items: rows.into_iter().map(comment).collect(), next_cursor })
    }

    /// Adds to the thread.
    pub async fn add_comment(&self, cx: &Cx, id: RequestId, body: AddComment) -> Result<Comment> {
        let whole = self.readable(cx, id).await?;
        may_comment(cx, &whole)?;
        let mut change = match self.change(cx).await? {
            Begun::Fresh(change) => change,
            Begun::Replay(answer) => return Ok(answer),
        };
        let (comment_id, text) = (CommentId::new(), body.text.trim().to_owned());
        let at = store::add(change.tx(), comment_id, id, cx.actor.id, &text).await?;
        inbox_fan::commented(change.tx(), id, cx.actor.id).await?;
        let row = &whole.row;
        // Without a version: the request itself is what it was.
        let event = Event::new("request", id, 0).system(row.system_id).service(row.service_id);
        change.event(event.environment(row.environment_id));
        let entry = Audit::of("request", id, format!("R-{}", row.number))
            .system(row.system_id)
            .environment(row.environment_id)
            .vm(row.vm_id)
            .request(id)
            .after(serde_json::json!({ "comment": text }));
        let person = PersonRef {
            id: cx.actor.id,
            name: cx.actor.name.clone(),
            display_name: cx.actor.display_name.clone(),
        };
        change.commit(entry, Comment { id: comment_id, person, text, at }).await
    }
}

/// Whether the caller may say something about it.
pub(crate) fn may_comment(cx: &Cx, whole: &Whole) -> Result<()> {
    let row = &whole.row;
    let mut asked = whole.stages.iter().flat_map(|stage| &stage.requirements);
    let speaks = |who: &Who| cx.grants.speaks_for(who, row.system_id, row.environment_id);
    let role = |name: &String| speaks(&Who::Role { name: name.clone() });
    if row.requester_id == cx.actor.id
        || asked.any(|one| speaks(&one.who) || one.set_aside_by.iter().any(role))
    {
        return Ok(());
    }
    Ok(cx.grants.check(Permission::RequestComment, &requests::place(row))?)
}

fn comment(row: CommentRow) -> Comment {
    Comment {
        id: row.id,
        person: PersonRef { id: row.person_id, name: row.person_name, display_name: row.person_display },
        text: row.text,
        at: row.at,
    }
}
