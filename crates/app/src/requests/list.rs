//! Reading requests.

use shepherd_contract::types;
use shepherd_contract::types::{
    PersonRef, RequestOperation, RequestPage, RequestState, RequestSummary, VmRef,
};
use shepherd_domain::authz::{self, Permission, RequestScope};
use shepherd_domain::ids::{EnvironmentId, PrincipalId, RequestId, ServiceId, SystemId, VmId};
use shepherd_domain::policy::Who;
use shepherd_domain::target::Target;
use shepherd_store::request_lists::{self, RequestFilter, RequestListRow};
use shepherd_store::requests as store;

use super::approvers::line;
use super::membership::joins;
use super::view::{Names, Whole, operation, reason, size_summary, target};
use crate::page::Ask;
use crate::{App, Cx, Error, Result};

/// Which requests.
#[derive(Default)]
pub struct ListRequests<'a> {
    pub search: Option<&'a str>,
    pub mine: bool,
    pub requester: Option<PrincipalId>,
    pub waiting_for_me: bool,
    pub open: Option<bool>,
    pub state: Option<RequestState>,
    pub operation: Option<RequestOperation>,
    pub system: Option<SystemId>,
    pub service: Option<ServiceId>,
    pub vm: Option<VmId>,
    pub environment: Option<EnvironmentId>,
    pub batches: bool,
    pub cursor: Option<&'a str>,
    pub limit: Option<i32>,
}

impl App {
    /// The requests the caller may see, newest first.
    pub async fn list_requests(&self, cx: &Cx, ask: ListRequests<'_>) -> Result<RequestPage> {
        let page: Ask<i64> = Ask::new("requests", ask.cursor, ask.limit)?;
        let visible = cx.grants.visible(Permission::RequestRead);
        let filter = RequestFilter {
            visible: &visible,
            ids: None,
            me: cx.actor.id,
            mine: ask.mine,
            requester: ask.requester,
            waiting_for_me: ask.waiting_for_me,
            words: &cx.grants.words(),
            open: ask.open,
            state: ask.state.map(RequestState::as_str),
            operation: ask.operation.map(RequestOperation::as_str),
            system: ask.system,
            service: ask.service,
            vm: ask.vm,
            environment: ask.environment,
            search: ask.search,
            batches: ask.batches,
            before: page.after,
            limit: page.fetch(),
        };
        let rows = request_lists::list(&mut *self.db.acquire().await?, &filter).await?;
        let (rows, next_cursor) = page.cut("requests", rows, |row| row.number)?;
        Ok(RequestPage {
            items: rows.into_iter().map(|row| summary(cx, row)).collect::<Result<_>>()?,
            next_cursor,
        })
    }

    /// One request.
    pub async fn get_request(&self, cx: &Cx, id: RequestId) -> Result<types::Request> {
        let whole = self.readable(cx, id).await?;
        self.show_request(cx, &mut *self.db.acquire().await?, whole).await
    }

    /// Loads a request the caller may see: by membership, by a reading permission, or because they asked for it.
    pub(crate) async fn readable(&self, cx: &Cx, id: RequestId) -> Result<Whole> {
        let (scope, requester) = store::scope(&mut *self.db.acquire().await?, id).await?;
        if requester != cx.actor.id {
            let (system, environment) = (scope.target.system(), scope.target.environment());
            let approver = environment.is_some_and(|environment| {
                cx.grants.check(Permission::RequestApprove, &authz::InEnvironment(environment)).is_ok()
            });
            // Whoever decides must see what it is.
            if !approver && !self.sees(cx, &scope) {
                let whole = Whole::load(&mut *self.db.acquire().await?, id).await?;
                let mut asked = whole.stages.iter().flat_map(|stage| &stage.requirements);
                let speaks = |who: &Who| cx.grants.speaks_for(who, system, environment);
                let role = |name: &String| speaks(&Who::Role { name: name.clone() });
                if asked.any(|one| speaks(&one.who) || one.set_aside_by.iter().any(role)) {
                    return Ok(whole);
                }
                if scope.target == Target::System(None) {
                    return Err(Error::NotFound);
                }
                self.authorize::<authz::ReadRequest, _>(cx, scope).await?;
            }
        }
        Whole::load(&mut *self.db.acquire().await?, id).await
    }

    /// The rule of lists for one request: what lies in no System either, only they see who see everything.
    fn sees(&self, cx: &Cx, scope: &RequestScope) -> bool {
        match scope.target {
            Target::System(None) => cx.grants.visible(Permission::RequestRead).everything,
            _ => cx.grants.check(Permission::RequestRead, scope).is_ok(),
        }
    }
}

pub(crate) fn summary(cx: &Cx, row: RequestListRow) -> Result<RequestSummary> {
    let names = Names {
        system: row.system_name.as_deref(),
        service: row.service_name.as_deref(),
        environment: row.environment_name.as_deref(),
        title: row.environment_title.as_deref(),
        protected: row.protected,
        colour: row.colour.as_deref(),
        namespace: row.namespace_name.as_deref(),
        joins: joins(&row.operation, &row.spec_json),
    };
    let target = target(cx, row.target(), names);
    let waiting = row
        .waiting_requirements
        .map(|requirements| line(&requirements.0).with("given", row.waiting_given.unwrap_or_default()));
    Ok(RequestSummary {
        id: row.id,
        number: row.number,
        operation: operation(&row.operation)?,
        state: row.state.parse().unwrap_or(RequestState::Unknown),
        requester: PersonRef {
            id: row.requester_id,
            name: row.requester_name,
            display_name: row.requester_display,
        },
        target,
        vm: row.vm_id.zip(row.vm_name).map(|(id, name)| VmRef { id, name }),
        summary: reason(size_summary(&row.operation, &row.spec_json)),
        submitted_at: row.submitted_at,
        expires_at: row.expires_at,
        closed_at: row.closed_at,
        waiting_for: waiting.map(reason),
        batch_size: row.batch_size,
        sample: row.sample,
        version: row.version,
    })
}
