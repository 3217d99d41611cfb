//! Reading pools.

use shepherd_contract::types::{Pool, PoolActPage, PoolMembers, PoolPage, PoolPlan};
use shepherd_domain::authz::{self, Permission};
use shepherd_domain::ids::{EnvironmentId, PoolId, ServiceId};
use shepherd_store::Conn;
use shepherd_store::pools::{self, PoolFilter};

use super::observe::Seen;
use super::view;
use crate::page::Ask;
use crate::requests::named;
use crate::{App, Cx, Result};

/// Which pools.
#[derive(Default)]
pub struct ListPools<'a> {
    pub search: Option<&'a str>,
    pub service: Option<ServiceId>,
    pub environment: Option<EnvironmentId>,
    pub attention: bool,
    pub cursor: Option<&'a str>,
    pub limit: Option<i32>,
}

impl App {
    /// The pools the caller may see, by name.
    pub async fn list_pools(&self, cx: &Cx, ask: ListPools<'_>) -> Result<PoolPage> {
        let page: Ask<(String, PoolId)> = Ask::new("pools", ask.cursor, ask.limit)?;
        let filter = PoolFilter {
            visible: &cx.grants.visible(Permission::VmRead),
            id: None,
            service: ask.service,
            environment: ask.environment,
            search: ask.search,
            attention: ask.attention,
            after: page.after.as_ref().map(|(name, id)| (name.as_str(), *id)),
            limit: page.fetch(),
        };
        let rows = pools::list(&mut *self.db.acquire().await?, &filter).await?;
        let (rows, next_cursor) = page.cut("pools", rows, |row| (row.name.clone(), row.id))?;
        Ok(PoolPage { items: rows.iter().map(view::summary).collect::<Result<_>>()?, next_cursor })
    }

    /// One pool, also one that is gone.
    pub async fn get_pool(&self, cx: &Cx, id: PoolId) -> Result<Pool> {
        self.may_read(cx, id).await?;
        self.show_pool(cx, &mut *self.db.acquire().await?, id).await
    }

    /// What it would do now. Planned anew; nothing is done.
    pub async fn plan_pool(&self, cx: &Cx, id: PoolId) -> Result<PoolPlan> {
        self.may_read(cx, id).await?;
        let seen = Seen::read(&mut *self.db.acquire().await?, id).await?;
        Ok(view::plan(seen.plan()))
    }

    /// Its members by their places, each with how it is.
    pub async fn list_pool_members(&self, cx: &Cx, id: PoolId) -> Result<PoolMembers> {
        self.may_read(cx, id).await?;
        let seen = Seen::read(&mut *self.db.acquire().await?, id).await?;
        Ok(PoolMembers { items: view::members(seen) })
    }

    /// What it did, newest first.
    pub async fn list_pool_acts(
        &self,
        cx: &Cx,
        id: PoolId,
        cursor: Option<&str>,
        limit: Option<i32>,
    ) -> Result<PoolActPage> {
        let page: Ask<i64> = Ask::new("pool_acts", cursor, limit)?;
        self.may_read(cx, id).await?;
        let rows = pools::acts(&mut *self.db.acquire().await?, id, page.after, page.fetch()).await?;
        let (rows, next_cursor) = page.cut("pool_acts", rows, |row| row.id)?;
        Ok(PoolActPage { items: rows.into_iter().map(view::act).collect(), next_cursor })
    }

    async fn may_read(&self, cx: &Cx, id: PoolId) -> Result<()> {
        let scope = pools::scope(&mut *self.db.acquire().await?, id).await?;
        self.authorize::<authz::ReadVm, _>(cx, scope).await.map(drop)
    }

    /// The contract's view of a pool, for this caller.
    pub(super) async fn show_pool(&self, cx: &Cx, conn: &mut Conn, id: PoolId) -> Result<Pool> {
        let seen = Seen::read(conn, id).await?;
        let named = named(conn, &seen.spec.member).await?;
        view::pool(cx, seen, named)
    }
}
