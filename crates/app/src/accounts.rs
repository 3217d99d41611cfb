//! Service accounts: principals with tokens and no password, each with a person who answers for it.
//!
//! Its owner's word and its own count as one person's (separation of duties), it never decides on requests
//! ([`shepherd_domain::authz::Permission::people_only`]), and while its owner is disabled, so is it. Tokens are made by
//! the owner alone: who could make one could act as the account. Another owner ends them all.

use secrecy::ExposeSecret;
use shepherd_auth::token::{self, TokenKind};
use shepherd_contract::runtime::Secret;
use shepherd_contract::types::{
    CreateServiceAccount, CreateToken, NewToken, PersonRef, ServiceAccount, ServiceAccountList,
    ServiceAccountPage, TokenList, UpdateServiceAccount,
};
use shepherd_domain::authz::{self, Permission, Platform};
use shepherd_domain::ids::{PrincipalId, TokenId};
use shepherd_store::accounts::{self as store, AccountPatch, AccountRow};
use shepherd_store::events::Event;
use shepherd_store::{Tx, sessions};

use crate::change::{Audit, Begun};
use crate::groups::ListNames;
use crate::me::{MOST_TOKENS, SHOWN, token as shown, with_password};
use crate::page::Ask;
use crate::{App, Cx, Error, Result};

impl App {
    /// Service accounts, by name.
    pub async fn list_service_accounts(&self, cx: &Cx, ask: ListNames<'_>) -> Result<ServiceAccountPage> {
        let auth = self.authorize::<authz::ReadUsers, _>(cx, Platform).await?;
        let page: Ask<String> = Ask::new("accounts", ask.cursor, ask.limit)?;
        let mut conn = self.db.acquire().await?;
        let rows = store::list(&mut conn, &auth, ask.search, page.after.as_deref(), page.fetch()).await?;
        let (rows, next_cursor) = page.cut("accounts", rows, |row| row.name.clone())?;
        Ok(ServiceAccountPage { items: rows.into_iter().map(account).collect(), next_cursor })
    }

    /// Those the caller answers for.
    pub async fn list_my_service_accounts(&self, cx: &Cx) -> Result<ServiceAccountList> {
        let rows = store::owned(&mut *self.db.acquire().await?, cx.actor.id).await?;
        Ok(ServiceAccountList { items: rows.into_iter().map(account).collect() })
    }

    /// One, for its owner and for who may read people.
    pub async fn get_service_account(&self, cx: &Cx, id: PrincipalId) -> Result<ServiceAccount> {
        let row = store::one(&mut *self.db.acquire().await?, id).await?;
        theirs_or(cx, &row, Permission::UserRead)?;
        Ok(account(row))
    }

    /// Makes one. It holds nothing and has no token.
    pub async fn create_service_account(
        &self,
        cx: &Cx,
        body: CreateServiceAccount,
    ) -> Result<ServiceAccount> {
        let auth = self.authorize::<authz::ManageUsers, _>(cx, Platform).await?;
        let mut change = match self.change(cx).await? {
            Begun::Fresh(change) => change,
            Begun::Replay(answer) => return Ok(answer),
        };
        active_owner(change.tx(), body.owner_id).await?;
        let made = store::create(change.tx(), &auth, &body.name, &body.display_name, body.owner_id).await;
        let id = made.map_err(|error| {
            let text =
                format!("There is an account named {} already; names are never used twice.", body.name);
            Error::from(error).taken("principal_name_key", || Error::field("/name", "NAME_TAKEN", text))
        })?;
        let made = account(store::one(change.tx(), id).await?);
        change.event(Event::new("person", id, made.version));
        change.commit(Audit::of("service_account", id, &made.name).after(&made), made).await
    }

    /// Renames, disables, enables, or names another owner.
    pub async fn update_service_account(
        &self,
        cx: &Cx,
        id: PrincipalId,
        version: i64,
        body: UpdateServiceAccount,
    ) -> Result<ServiceAccount> {
        let auth = self.authorize::<authz::ManageUsers, _>(cx, Platform).await?;
        let Begun::Fresh(mut change) = self.change::<()>(cx).await? else { return Err(Error::Stale) };
        if let Some(owner) = body.owner_id {
            active_owner(change.tx(), owner).await?;
        }
        let before = account(store::one(change.tx(), id).await?);
        let patch = AccountPatch {
            display_name: body.display_name.as_deref(),
            disabled: body.disabled,
            owner: body.owner_id,
        };
        store::update(change.tx(), &auth, id, version, patch).await?.ok_or(Error::Stale)?;
        let after = account(store::one(change.tx(), id).await?);
        change.event(Event::new("person", id, after.version).principal(id));
        let entry = Audit::of("service_account", id, &after.name).before(&before).after(&after);
        change.commit(entry, after).await
    }

    /// Its live tokens, without their secrets.
    pub async fn list_service_account_tokens(&self, cx: &Cx, id: PrincipalId) -> Result<TokenList> {
        let mut conn = self.db.acquire().await?;
        theirs_or(cx, &store::one(&mut conn, id).await?, Permission::UserRead)?;
        let rows = sessions::tokens(&mut conn, id).await?;
        Ok(TokenList { items: rows.into_iter().map(shown).collect() })
    }

    /// Makes a token for the owner. Its secret is in this answer and nowhere else.
    pub async fn create_service_account_token(
        &self,
        cx: &Cx,
        id: PrincipalId,
        body: CreateToken,
    ) -> Result<NewToken> {
        with_password(cx)?;
        let made = token::generate(TokenKind::Personal).map_err(|error| Error::Internal(Box::new(error)))?;
        let secret = made.value.expose_secret();
        let prefix: String = secret.chars().take(SHOWN).collect();
        let Begun::Fresh(mut change) = self.change::<()>(cx).await? else { return Err(Error::Stale) };
        let of = store::one(change.tx(), id).await?;
        theirs_or(cx, &of, Permission::UserRead)?;
        if of.owner_id != cx.actor.id {
            let text =
                format!("Only {} makes tokens of this account, because they answer for it.", of.owner_name);
            return Err(Error::forbidden("NOT_THE_OWNER", text));
        }
        if sessions::tokens(change.tx(), id).await?.len() >= MOST_TOKENS {
            let text = format!("It has {MOST_TOKENS} tokens; revoke those that are not used.");
            return Err(Error::conflict("TOO_MANY_TOKENS", text));
        }
        let hash = made.hash.as_bytes();
        let row = shown(sessions::create_token(change.tx(), id, &body.name, &prefix, hash, body.days).await?);
        let entry = Audit::of("token", row.id, format!("{} of {}", row.name, of.name)).after(&row);
        change.commit(entry, ()).await?;
        Ok(NewToken { token: row, secret: Secret::from(secret) })
    }

    /// Ends a token, for the owner and for who manages people.
    pub async fn revoke_service_account_token(&self, cx: &Cx, id: PrincipalId, which: TokenId) -> Result<()> {
        let Begun::Fresh(mut change) = self.change::<()>(cx).await? else { return Ok(()) };
        let of = store::one(change.tx(), id).await?;
        theirs_or(cx, &of, Permission::UserManage)?;
        let name = sessions::revoke_token(change.tx(), id, which).await?.ok_or(Error::NotFound)?;
        change.event(Event::new("session", which.0, 2).principal(id));
        change.commit(Audit::of("token", which, format!("{name} of {}", of.name)), ()).await
    }
}

/// Whoever neither answers for it nor may see all of them is not told that it exists.
fn theirs_or(cx: &Cx, row: &AccountRow, or: Permission) -> Result<()> {
    match row.owner_id == cx.actor.id || cx.grants.check(or, &Platform).is_ok() {
        true => Ok(()),
        false => Err(Error::NotFound),
    }
}

async fn active_owner(tx: &mut Tx, id: PrincipalId) -> Result<()> {
    match store::is_active_person(tx, id).await? {
        true => Ok(()),
        false => {
            let text = "The owner must be an active person, who answers for the account.";
            Err(Error::field("/owner_id", "OWNER_NOT_ACTIVE", text))
        }
    }
}

fn account(row: AccountRow) -> ServiceAccount {
    ServiceAccount {
        id: row.id,
        name: row.name,
        display_name: row.display_name,
        owner: PersonRef { id: row.owner_id, name: row.owner_name, display_name: row.owner_display },
        owner_disabled: row.owner_disabled,
        disabled: row.disabled,
        created_at: row.created_at,
        version: row.version,
    }
}
