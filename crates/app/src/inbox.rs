//! A person's inbox: reading it and marking it.
//!
//! No permission is asked: a row is its person's alone, and every query shows only what that person may see now. Rows are
//! written where things happen, by [`crate::change::Change`].

use serde_json::json;
use shepherd_contract::types::{
    InboxCount, InboxItem, InboxKind, InboxPage, InboxRequest, InboxSubject, MarkInbox, PersonRef,
    RequestState, SystemRef, VmRef,
};
use shepherd_domain::authz::{Permission, Visible};
use shepherd_domain::ids::PrincipalId;
use shepherd_domain::inbox::{self, Notice, Told};
use shepherd_store::events::Event;
use shepherd_store::inbox::{self as store, InboxFilter, InboxRow, Reader};

use crate::change::{Audit, Begun};
use crate::page::Ask;
use crate::requests::{environment_ref, may_know, operation, shown_reason};
use crate::{App, Cx, Error, Result};

/// Which rows.
#[derive(Default)]
pub struct ListInbox<'a> {
    pub unread: bool,
    pub about: Option<InboxSubject>,
    pub kind: Option<InboxKind>,
    pub cursor: Option<&'a str>,
    pub limit: Option<i32>,
}

/// What a caller may see, kept while a [`Reader`] borrows it.
struct Eyes {
    requests: Visible,
    vms: Visible,
    words: Vec<String>,
}

impl Eyes {
    fn of(cx: &Cx) -> Self {
        Self {
            requests: cx.grants.visible(Permission::RequestRead),
            vms: cx.grants.visible(Permission::VmRead),
            words: cx.grants.words(),
        }
    }

    fn reader(&self, me: PrincipalId) -> Reader<'_> {
        Reader { me, requests: &self.requests, vms: &self.vms, words: &self.words }
    }
}

impl App {
    /// The caller's rows, newest first.
    pub async fn list_inbox(&self, cx: &Cx, ask: ListInbox<'_>) -> Result<InboxPage> {
        let page: Ask<i64> = Ask::new("inbox", ask.cursor, ask.limit)?;
        let eyes = Eyes::of(cx);
        let filter = InboxFilter {
            unread: ask.unread,
            about: ask.about.map(InboxSubject::as_str),
            kind: ask.kind.map(InboxKind::as_str),
            before: page.after,
            limit: page.fetch(),
        };
        let rows = store::list(&mut *self.db.acquire().await?, &eyes.reader(cx.actor.id), &filter).await?;
        let (rows, next_cursor) = page.cut("inbox", rows, |row| row.number)?;
        Ok(InboxPage {
            items: rows.into_iter().map(|row| item(cx, row)).collect::<Result<_>>()?,
            next_cursor,
        })
    }

    /// How much of it is unread.
    pub async fn count_inbox(&self, cx: &Cx) -> Result<InboxCount> {
        let eyes = Eyes::of(cx);
        let unread = store::unread(&mut *self.db.acquire().await?, &eyes.reader(cx.actor.id)).await?;
        Ok(InboxCount { unread })
    }

    /// Marks rows as read or unread.
    pub async fn mark_inbox(&self, cx: &Cx, body: MarkInbox) -> Result<InboxCount> {
        checked(&body)?;
        let eyes = Eyes::of(cx);
        let reader = eyes.reader(cx.actor.id);
        let mut change = match self.change(cx).await? {
            Begun::Fresh(change) => change,
            Begun::Replay(answer) => return Ok(answer),
        };
        if let Some(numbers) = &body.numbers {
            let known = store::seen(change.tx(), &reader, numbers).await?;
            if usize::try_from(known).ok() != Some(numbers.len()) {
                let text = "One of these rows is not in your inbox, or is named twice; read the list again.";
                return Err(Error::field("/numbers", "INBOX_ROW_UNKNOWN", text));
            }
        }
        let marked =
            store::mark(change.tx(), &reader, body.read, body.numbers.as_deref(), body.up_to).await?;
        let unread = store::unread(change.tx(), &reader).await?;
        let me = cx.actor.id;
        change.event(Event::new("inbox", me, 0).principal(me));
        let entry = Audit::of("inbox", me, &cx.actor.name).after(
            json!({ "read": body.read, "numbers": body.numbers, "up_to": body.up_to, "marked": marked }),
        );
        change.commit(entry, InboxCount { unread }).await
    }
}

fn checked(body: &MarkInbox) -> Result<()> {
    if body.numbers.is_some() && body.up_to.is_some() {
        return Err(Error::field("/up_to", "ONE_OF", "Name rows or say up to which one, not both."));
    }
    if !body.read && body.numbers.is_none() {
        let text = "Name the rows that are to be unread again.";
        return Err(Error::field("/numbers", "INBOX_ROWS_NEEDED", text));
    }
    Ok(())
}

fn item(cx: &Cx, row: InboxRow) -> Result<InboxItem> {
    let told = Told {
        request: row.request_number,
        operation: row.operation.as_deref(),
        target: row.vm_name.as_deref().or(row.service_name.as_deref()).or(row.joins.as_deref()),
        requester: row.requester_display.as_deref(),
        actor: row.actor_display.as_deref(),
        role: row.role.as_deref(),
        system: row.system_name.as_deref(),
        environments: &row.environments,
    };
    let what = shown_reason(inbox::line(Notice::from(row.kind.as_str()), &told));
    let person = |id, name, display_name| PersonRef { id, name, display_name };
    let requester = row.requester_id.zip(row.requester_name).zip(row.requester_display);
    let requester = requester.map(|((id, name), display)| person(id, name, display));
    let request = match (row.request_id, row.request_number, row.operation, row.request_state, requester) {
        (Some(id), Some(number), Some(asked), Some(state), Some(requester)) => Some(InboxRequest {
            id,
            number,
            operation: operation(&asked)?,
            state: state.parse().unwrap_or(RequestState::Unknown),
            requester,
        }),
        _ => None,
    };
    let actor = row.actor_id.zip(row.actor_name).zip(row.actor_display);
    let place = row.environment_id.zip(row.environment_name).zip(row.environment_title);
    Ok(InboxItem {
        number: row.number,
        kind: row.kind.parse().unwrap_or(InboxKind::Unknown),
        at: row.at,
        read: row.read,
        over: row.over,
        what,
        actor: actor.map(|((id, name), display)| person(id, name, display)),
        request,
        vm: row.vm_id.zip(row.vm_name).map(|(id, name)| VmRef { id, name }),
        // Whoever asks to belong to one does not learn by it that there is one.
        system: row
            .system_id
            .filter(|id| row.joins.is_none() || may_know(cx, *id))
            .zip(row.system_name)
            .map(|(id, name)| SystemRef { id, name }),
        environment: place.map(|((id, name), title)| {
            let colour = row.colour.unwrap_or_default();
            environment_ref(id, &name, &title, row.protected.unwrap_or_default(), &colour)
        }),
    })
}
