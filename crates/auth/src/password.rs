//! Passwords of local accounts: argon2id with m = 19 MiB, t = 2, p = 1 (OWASP's first recommendation).
//!
//! Each hash costs 19 MiB and a core for some 30 ms, so only as many run at once as there are cores: a flood of
//! sign-ins waits here instead of eating the memory. An unknown name costs the same as a wrong password. Strength is
//! judged by estimated guesses (zxcvbn), not by character classes.

use std::sync::Arc;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Semaphore;
use zxcvbn::feedback::Feedback;
use zxcvbn::{Score, zxcvbn};

/// In KiB.
const MEMORY: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// In characters.
const SHORTEST: usize = 10;
/// In bytes: hashing is bounded work.
const LONGEST: usize = 256;

/// Why a password was not taken or could not be checked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// Could be guessed too soon. The texts are zxcvbn's, in English; clients may show their own by the code.
    #[error("the password is too easy to guess; {hint}")]
    TooWeak { hint: String },
    #[error("the password is longer than {LONGEST} bytes")]
    TooLong,
    #[error("the stored password hash cannot be read")]
    BadHash,
    #[error("the password could not be hashed")]
    Failed,
}

impl PasswordError {
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooWeak { .. } => "PASSWORD_TOO_WEAK",
            Self::TooLong => "PASSWORD_TOO_LONG",
            Self::BadHash | Self::Failed => "INTERNAL",
        }
    }
}

/// Judges a new password. `about` is what an attacker would try first: the person's name, user name, mail address.
pub fn check_strength(password: &SecretString, about: &[&str]) -> Result<(), PasswordError> {
    let password = password.expose_secret();
    if password.len() > LONGEST {
        return Err(PasswordError::TooLong);
    }
    if password.chars().count() < SHORTEST {
        return Err(PasswordError::TooWeak { hint: format!("use at least {SHORTEST} characters") });
    }
    let mut known = vec!["shepherd", "kubevirt"];
    known.extend(about.iter().copied().filter(|word| !word.is_empty()));
    let verdict = zxcvbn(password, &known);
    match verdict.score() {
        Score::Three | Score::Four => Ok(()),
        _ => Err(PasswordError::TooWeak { hint: hint(verdict.feedback()) }),
    }
}

fn hint(feedback: Option<&Feedback>) -> String {
    let suggestion = feedback.and_then(|f| f.suggestions().first().map(ToString::to_string));
    suggestion.unwrap_or_else(|| "use a longer phrase of uncommon words".to_owned())
}

/// The letters of an initial password: without l, o, 0 and 1, which are taken for one another on paper.
const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// A password for the first sign-in, to be read out or typed once: 100 random bits in four groups.
pub fn initial() -> Result<SecretString, PasswordError> {
    let mut random = Zeroizing::new([0; 20]);
    aws_lc_rs::rand::fill(random.as_mut_slice()).map_err(|_| PasswordError::Failed)?;
    let letters: Vec<char> = random.iter().map(|byte| char::from(LETTERS[usize::from(byte % 32)])).collect();
    let groups: Vec<String> = letters.chunks(5).map(|group| group.iter().collect()).collect();
    Ok(SecretString::from(groups.join("-")))
}

/// Hashes and verifies off the async threads. Cheap to clone; clones share the limit.
#[derive(Clone, Debug)]
pub struct Hasher {
    cores: Arc<Semaphore>,
    /// The hash of no password, at the present cost.
    dummy: Arc<str>,
}

impl Hasher {
    /// One hash at a time per core.
    pub fn new() -> Result<Self, PasswordError> {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self::with_limit(cores)
    }

    fn with_limit(at_once: usize) -> Result<Self, PasswordError> {
        Ok(Self { cores: Arc::new(Semaphore::new(at_once)), dummy: hash("")?.into() })
    }

    /// The hash to store, as a PHC string with its own salt and cost.
    pub async fn hash(&self, password: SecretString) -> Result<String, PasswordError> {
        if password.expose_secret().len() > LONGEST {
            return Err(PasswordError::TooLong);
        }
        self.on_a_core(move || hash(password.expose_secret())).await
    }

    /// Whether the password is the one that was hashed. Without a stored hash (no such person, or one without a
    /// password) it takes as long and is never true.
    pub async fn verify(&self, password: SecretString, stored: Option<&str>) -> Result<bool, PasswordError> {
        let known = stored.is_some();
        let stored = stored.unwrap_or(&self.dummy).to_owned();
        let fits = password.expose_secret().len() <= LONGEST;
        let right = self.on_a_core(move || verify(password.expose_secret(), &stored)).await?;
        Ok(known && fits && right)
    }

    async fn on_a_core<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, PasswordError> + Send + 'static,
    ) -> Result<T, PasswordError> {
        let permit = self.cores.clone().acquire_owned().await.map_err(|_| PasswordError::Failed)?;
        let done = tokio::task::spawn_blocking(move || {
            // Held until the work ends, even if the caller gives up.
            let _permit = permit;
            work()
        });
        done.await.map_err(|_| PasswordError::Failed)?
    }
}

/// True when a stored hash was made at another cost than today's, so that a right password should be hashed anew.
pub fn is_outdated(stored: &str) -> bool {
    let Ok(parsed) = PasswordHash::new(stored) else { return true };
    let current =
        parsed.algorithm == Algorithm::Argon2id.ident() && parsed.version == Some(Version::V0x13.into());
    let cost = Params::try_from(&parsed);
    !current || !cost.is_ok_and(|p| (p.m_cost(), p.t_cost(), p.p_cost()) == (MEMORY, PASSES, LANES))
}

fn argon2() -> Result<Argon2<'static>, PasswordError> {
    let cost = Params::new(MEMORY, PASSES, LANES, None).map_err(|_| PasswordError::Failed)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, cost))
}

fn hash(password: &str) -> Result<String, PasswordError> {
    let hash = argon2()?.hash_password(password.as_bytes()).map_err(|_| PasswordError::Failed)?;
    Ok(hash.to_string())
}

fn verify(password: &str, stored: &str) -> Result<bool, PasswordError> {
    let stored = PasswordHash::new(stored).map_err(|_| PasswordError::BadHash)?;
    Ok(argon2()?.verify_password(password.as_bytes(), &stored).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> SecretString {
        SecretString::from(text)
    }

    #[tokio::test]
    async fn only_the_right_password_of_a_known_person_verifies() {
        let hasher = Hasher::new().unwrap();
        let stored = hasher.hash(secret("correct horse battery")).await.unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        assert!(hasher.verify(secret("correct horse battery"), Some(&stored)).await.unwrap());
        assert!(!hasher.verify(secret("correct horse batter"), Some(&stored)).await.unwrap());
        assert!(!hasher.verify(secret("correct horse battery"), None).await.unwrap());
        assert!(!hasher.verify(secret(""), None).await.unwrap(), "the stand-in's password opens nothing");
    }

    #[tokio::test]
    async fn equal_passwords_have_different_hashes() {
        let hasher = Hasher::new().unwrap();
        let one = hasher.hash(secret("correct horse battery")).await.unwrap();
        assert_ne!(one, hasher.hash(secret("correct horse battery")).await.unwrap());
    }

    #[tokio::test]
    async fn a_spoilt_hash_is_an_error_and_not_a_wrong_password() {
        let hasher = Hasher::new().unwrap();
        let error = hasher.verify(secret("x"), Some("$argon2id$nonsense")).await.unwrap_err();
        assert_eq!(error, PasswordError::BadHash);
    }

    #[tokio::test]
    async fn endless_passwords_are_refused_before_they_cost_anything() {
        let hasher = Hasher::new().unwrap();
        let endless = secret(&"x".repeat(LONGEST + 1));
        assert_eq!(hasher.hash(endless.clone()).await.unwrap_err().code(), "PASSWORD_TOO_LONG");
        assert_eq!(check_strength(&endless, &[]).unwrap_err().code(), "PASSWORD_TOO_LONG");
    }

    #[tokio::test]
    async fn no_more_hashes_run_at_once_than_there_are_permits() {
        let hasher = Hasher::with_limit(1).unwrap();
        let taken = hasher.cores.clone().acquire_owned().await.unwrap();
        let mut waiting = Box::pin(hasher.verify(secret("x"), None));
        let waited =
            std::future::poll_fn(|cx| std::task::Poll::Ready(waiting.as_mut().poll(cx).is_pending())).await;
        assert!(waited);
        drop(taken);
        assert!(!waiting.await.unwrap());
    }

    #[test]
    fn guessable_passwords_are_refused_with_a_hint() {
        for weak in ["short", "password123", "qwertyuiop", "aaaaaaaaaaaaaaa", "shepherd2026", "ada.lovelace"]
        {
            let verdict = check_strength(&secret(weak), &["ada.lovelace", "Ada Lovelace"]);
            let Err(error) = verdict else { panic!("{weak} was taken") };
            assert_eq!(error.code(), "PASSWORD_TOO_WEAK", "{weak}");
            assert!(!error.to_string().contains(weak), "an error must not quote a password");
        }
        for strong in ["correct horse battery staple", "xK9#mPq2vL8w", "四只绵羊在雨中安静地吃草呢"]
        {
            assert_eq!(check_strength(&secret(strong), &["ada"]), Ok(()), "{strong}");
        }
    }

    #[test]
    fn an_initial_password_is_strong_and_new_each_time() {
        let password = initial().unwrap();
        assert_eq!(check_strength(&password, &["ada"]), Ok(()));
        assert_eq!(password.expose_secret().len(), 23, "four groups of five");
        assert_ne!(password.expose_secret(), initial().unwrap().expose_secret());
    }

    #[tokio::test]
    async fn hashes_of_another_cost_are_outdated() {
        let hasher = Hasher::new().unwrap();
        assert!(!is_outdated(&hasher.hash(secret("correct horse battery")).await.unwrap()));
        assert!(is_outdated("$argon2id$v=19$m=4096,t=3,p=1$c2FsdHNhbHQ$dGhpcyBpcyBub3QgYSBoYXNo"));
        assert!(is_outdated("plain"));
    }
}
