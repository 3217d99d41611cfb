//! What `login` keeps between commands: the server's address and a personal token, readable by their owner only.

use std::fs;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use shepherd_contract::runtime::Secret;
use shepherd_domain::ids::TokenId;
use url::Url;

use crate::{Failure, Globals};

/// The kept sign-in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// Where it is good.
    #[serde(with = "text")]
    pub server: Url,
    /// Name of the account.
    pub name: String,
    /// The token; its id is there to revoke it.
    pub token: Secret,
    /// Absent where the person brought a token of their own.
    pub token_id: Option<TokenId>,
}

/// The file the sign-in is kept in.
#[derive(Debug, Clone)]
pub struct Store(PathBuf);

impl Store {
    /// The place the settings name.
    pub fn of(globals: &Globals) -> Result<Self, Failure> {
        let dir = match &globals.config_dir {
            Some(dir) => dir.clone(),
            None => std::env::home_dir().map(|home| home.join(".config/shepherd")).ok_or_else(|| {
                Failure::Usage("there is no home directory; name one with --config-dir".into())
            })?,
        };
        Ok(Self(dir.join("login.json")))
    }

    /// The file's path, for messages.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// What is kept, if anything.
    pub fn read(&self) -> Result<Option<Kept>, Failure> {
        let text = match fs::read(&self.0) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Failure::local(self.0.display(), error)),
        };
        // The parser's error may quote the token.
        let kept = serde_json::from_slice(&text);
        kept.map(Some).map_err(|_| Failure::Local(format!("{} is damaged; sign in again", self.0.display())))
    }

    /// Keeps a sign-in instead of the one before. Nobody else can read the file, at no moment.
    pub fn write(&self, kept: &Kept) -> Result<(), Failure> {
        let failed = |error: std::io::Error| Failure::local(self.0.display(), error);
        if let Some(dir) = self.0.parent() {
            fs::DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(failed)?;
        }
        let draft = self.0.with_extension("new");
        let _ = fs::remove_file(&draft);
        let mut file =
            fs::OpenOptions::new().create_new(true).write(true).mode(0o600).open(&draft).map_err(failed)?;
        let text = serde_json::to_vec_pretty(kept).map_err(|error| failed(error.into()))?;
        file.write_all(&text).and_then(|()| file.sync_all()).map_err(failed)?;
        fs::rename(&draft, &self.0).map_err(failed)
    }

    /// Forgets it. Nothing kept is fine.
    pub fn remove(&self) -> Result<(), Failure> {
        match fs::remove_file(&self.0) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(Failure::local(self.0.display(), error)),
            _ => Ok(()),
        }
    }
}

/// Addresses as text.
mod text {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};
    use url::Url;

    pub(super) fn serialize<S: Serializer>(url: &Url, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(url.as_str())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Url, D::Error> {
        Url::parse(&String::deserialize(from)?).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_sign_in_is_kept_for_its_owner_only_and_forgotten() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store(dir.path().join("a/login.json"));
        assert_eq!(store.read().unwrap(), None);
        let kept = Kept {
            server: "https://shepherd.example/".parse().unwrap(),
            name: "ada".into(),
            token: "shp_secret".into(),
            token_id: Some(TokenId::new()),
        };
        for _ in 0..2 {
            store.write(&kept).unwrap();
        }
        assert_eq!(fs::metadata(store.path()).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(store.read().unwrap(), Some(kept));
        store.remove().unwrap();
        store.remove().unwrap();
        assert_eq!(store.read().unwrap(), None);
    }

    #[test]
    fn a_damaged_file_is_said_without_its_content() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store(dir.path().join("login.json"));
        fs::write(store.path(), "{\"token\": \"shp_secret\"").unwrap();
        let failure = store.read().unwrap_err().to_string();
        assert!(failure.contains("damaged") && !failure.contains("shp_secret"), "{failure}");
    }
}
