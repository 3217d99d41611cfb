//! A person's own account: name, password, tokens, SSH keys, sessions.
//!
//! No permission is asked: what is here belongs to the caller, and every query is bound to their id.

use secrecy::{ExposeSecret, SecretString};
use shepherd_auth::password::{self, PasswordError};
use shepherd_auth::ssh_key;
use shepherd_auth::token::{self, TokenKind};
use shepherd_contract::runtime::Secret;
use shepherd_contract::types::{
    AddSshKey, ChangePassword, CreateToken, Locale, Me, NewToken, SessionInfo, SessionList, SshKey,
    SshKeyList, Token, TokenList, UpdateMe,
};
use shepherd_domain::ids::{SessionId, SshKeyId, TokenId};
use shepherd_store::events::Event;
use shepherd_store::people;
use shepherd_store::people::AccountRow;
use shepherd_store::sessions::{self as store, TokenRow};
use shepherd_store::ssh_keys::{self, SshKeyRow};

use crate::change::{Audit, Begun};
use crate::{App, Cx, Error, Result};

/// More would be a sign that something makes them and forgets them.
pub(crate) const MOST_TOKENS: usize = 50;
const MOST_KEYS: usize = 50;

/// The characters of a token that are kept to tell tokens apart: the prefix and 48 of its 256 random bits.
pub(crate) const SHOWN: usize = token::PERSONAL_PREFIX.len() + 8;

impl App {
    /// The caller's account.
    pub async fn get_me(&self, cx: &Cx) -> Result<Me> {
        Ok(me(people::account(&mut *self.db.acquire().await?, cx.actor.id).await?))
    }

    /// Changes name or language.
    pub async fn update_me(&self, cx: &Cx, body: UpdateMe) -> Result<Me> {
        let before = self.get_me(cx).await?;
        let Begun::Fresh(mut change) = self.change::<()>(cx).await? else { return Ok(before) };
        let locale = body.locale.map(Locale::as_str);
        let row =
            people::update_account(change.tx(), cx.actor.id, body.display_name.as_deref(), locale).await?;
        let after = me(row);
        change.event(Event::new("person", after.id, after.version).principal(after.id));
        change.commit(Audit::of("person", after.id, &after.name).before(&before).after(&after), after).await
    }

    /// Changes the password, which ends every other session.
    pub async fn change_password(&self, cx: &Cx, body: ChangePassword) -> Result<()> {
        let account = self.get_me(cx).await?;
        // Guessing here is as good as guessing at the door, so it counts as that.
        let attempt = self.attempt(&account.name, cx.source).await?;
        let stored = store::password_hash(&mut *self.db.acquire().await?, account.id).await?;
        let current = SecretString::from(body.current.expose());
        if !self.hasher.verify(current, stored.as_deref()).await? {
            return Err(Error::field("/current", "PASSWORD_WRONG", "This is not your present password."));
        }
        let new = SecretString::from(body.new.expose());
        check_new(&new, &body.current, &account)?;
        let hash = self.hasher.hash(new).await?;
        let Begun::Fresh(mut change) = self.change::<()>(cx).await? else { return Ok(()) };
        attempt.succeeded(change.tx()).await?;
        store::set_password(change.tx(), account.id, &hash, false).await?;
        store::revoke_others(change.tx(), account.id, cx.session.as_ref().map(|s| s.id)).await?;
        change.event(Event::new("session", account.id, account.version).principal(account.id));
        change.commit(Audit::of("person", account.id, &account.name), ()).await
    }

    /// The caller's personal tokens.
    pub async fn list_tokens(&self, cx: &Cx) -> Result<TokenList> {
        let rows = store::tokens(&mut *self.db.acquire().await?, cx.actor.id).await?;
        Ok(TokenList { items: rows.into_iter().map(token).collect() })
    }

    /// Makes a personal token. Its secret is in this answer and nowhere else.
    pub async fn create_token(&self, cx: &Cx, body: CreateToken) -> Result<NewToken> {
        with_password(cx)?;
        let made = token::generate(TokenKind::Personal).map_err(|error| Error::Internal(Box::new(error)))?;
        let secret = made.value.expose_secret();
        let prefix: String = secret.chars().take(SHOWN).collect();
        let Begun::Fresh(mut change) = self.change::<()>(cx).await? else { return Err(Error::Stale) };
        if store::tokens(change.tx(), cx.actor.id).await?.len() >= MOST_TOKENS {
            let text = format!("You have {MOST_TOKENS} tokens; revoke those you do not use.");
            return Err(Error::conflict("TOO_MANY_TOKENS", text));
        }
        let hash = made.hash.as_bytes();
        let row = store::create_token(change.tx(), cx.actor.id, &body.name, &prefix, hash, body.days).await?;
        let row = token(row);
        let entry = Audit::of("token", row.id, &row.name).after(&row);
        change.commit(entry, ()).await?;
        Ok(NewToken { token: row, secret: Secret::from(secret) })
    }

    /// Ends a token.
    pub async fn revoke_token(&self, cx: &Cx, id: TokenId) -> Result<()> {
        let Begun::Fresh(mut change) = self.change::<()>(cx).await? else { return Ok(()) };
        let name = store::revoke_token(change.tx(), cx.actor.id, id).await?.ok_or(Error::NotFound)?;
        change.commit(Audit::of("token", id, name), ()).await
    }

    /// The caller's SSH public keys.
    pub async fn list_ssh_keys(&self, cx: &Cx) -> Result<SshKeyList> {
        let rows = ssh_keys::list(&mut *self.db.acquire().await?, cx.actor.id).await?;
        Ok(SshKeyList { items: rows.into_iter().map(key).collect() })
    }

    /// Adds an SSH public key.
    pub async fn add_ssh_key(&self, cx: &Cx, body: AddSshKey) -> Result<SshKey> {
        let parsed = ssh_key::parse(&body.public_key)
            .map_err(|error| Error::field("/public_key", error.code(), sentence(&error)))?;
        let mut change = match self.change(cx).await? {
            Begun::Fresh(change) => change,
            Begun::Replay(answer) => return Ok(answer),
        };
        if ssh_keys::list(change.tx(), cx.actor.id).await?.len() >= MOST_KEYS {
            let text = format!("You have {MOST_KEYS} SSH keys; remove those you do not use.");
            return Err(Error::conflict("TOO_MANY_SSH_KEYS", text));
        }
        let row =
            ssh_keys::add(change.tx(), cx.actor.id, &body.name, &parsed.line, &parsed.fingerprint).await;
        let row = row.map_err(|error| {
            Error::from(error).taken("ssh_key_once", || {
                Error::field("/public_key", "SSH_KEY_PRESENT", "You have added this key already.")
            })
        })?;
        let made = key(row);
        change.commit(Audit::of("ssh_key", made.id, &made.name).after(&made), made).await
    }

    /// Removes an SSH public key from the profile. VMs that have it keep it.
    pub async fn remove_ssh_key(&self, cx: &Cx, id: SshKeyId) -> Result<()> {
        let Begun::Fresh(mut change) = self.change::<()>(cx).await? else { return Ok(()) };
        let row = ssh_keys::remove(change.tx(), cx.actor.id, id).await?.ok_or(Error::NotFound)?;
        change.commit(Audit::of("ssh_key", id, &row.name).before(key(row)), ()).await
    }

    /// Where the caller is signed in.
    pub async fn list_sessions(&self, cx: &Cx) -> Result<SessionList> {
        let rows = store::list(&mut *self.db.acquire().await?, cx.actor.id).await?;
        let items = rows.into_iter().map(|row| SessionInfo {
            id: row.id,
            current: cx.session.as_ref().is_some_and(|session| session.id == row.id),
            created_at: row.created_at,
            last_seen_at: row.last_seen_at,
            expires_at: row.expires_at,
            address: row.address,
            user_agent: row.user_agent,
        });
        Ok(SessionList { items: items.collect() })
    }

    /// Signs out somewhere else.
    pub async fn revoke_session(&self, cx: &Cx, id: SessionId) -> Result<()> {
        let Begun::Fresh(mut change) = self.change::<()>(cx).await? else { return Ok(()) };
        if !store::revoke(change.tx(), cx.actor.id, id).await? {
            return Err(Error::NotFound);
        }
        change.event(Event::new("session", id, 2).principal(cx.actor.id));
        change.commit(Audit::of("session", id, &cx.actor.name), ()).await
    }
}

/// A token makes no tokens: one that leaked must not outlive its own end.
pub(crate) fn with_password(cx: &Cx) -> Result<()> {
    match cx.session.is_some() {
        true => Ok(()),
        false => {
            let text = "A token cannot make tokens; sign in with your password to make one.";
            Err(Error::forbidden("SESSION_REQUIRED", text))
        }
    }
}

fn check_new(new: &SecretString, current: &Secret, account: &Me) -> Result<()> {
    if *current == Secret::from(new.expose_secret()) {
        return Err(Error::field("/new", "PASSWORD_SAME", "Take another password than the present one."));
    }
    let about = [account.name.as_str(), &account.display_name, account.email.as_deref().unwrap_or_default()];
    password::check_strength(new, &about)
        .map_err(|error| Error::field("/new", error.code(), sentence(&error)))
}

/// An error of `auth` as people read it.
fn sentence(error: &impl std::error::Error) -> String {
    let text = error.to_string();
    let mut letters = text.chars();
    letters.next().map(|first| format!("{}{}.", first.to_uppercase(), letters.as_str())).unwrap_or_default()
}

impl From<PasswordError> for Error {
    /// What is wrong with a person's choice is said where it is judged; here it is a fault of ours.
    fn from(error: PasswordError) -> Self {
        match error {
            PasswordError::TooLong => Self::field("/new", error.code(), sentence(&error)),
            other => Self::Internal(Box::new(other)),
        }
    }
}

/// Stored languages pass a CHECK; anything newer reads as English.
pub(crate) fn me(row: AccountRow) -> Me {
    Me {
        id: row.id,
        name: row.name,
        display_name: row.display_name,
        email: row.email,
        locale: row.locale.parse().unwrap_or(Locale::En),
        sample: row.sample,
        version: row.version,
    }
}

pub(crate) fn token(row: TokenRow) -> Token {
    Token {
        id: row.id,
        name: row.name,
        prefix: row.prefix,
        created_at: row.created_at,
        expires_at: row.expires_at,
        last_used_at: row.last_used_at,
    }
}

fn key(row: SshKeyRow) -> SshKey {
    SshKey {
        id: row.id,
        name: row.name,
        public_key: row.public_key,
        fingerprint: row.fingerprint,
        created_at: row.created_at,
    }
}
