//! SSH public keys that people keep in their profiles: read, judged, and written back in one form.
//!
//! What is stored is made from the parsed key, never the text that was sent: one line, algorithm, key, comment. Options,
//! further lines and control characters, which would mean something in an `authorized_keys` file, do not survive.

use ssh_key::public::KeyData;
use ssh_key::{Algorithm, HashAlg, PublicKey};

/// The shortest RSA modulus that is taken, in bits (NIST SP 800-57: 2048 until 2030; OpenSSH makes 3072).
const SHORTEST_RSA: usize = 2048;

/// Longer comments are cut: they only help people to tell keys apart.
const LONGEST_COMMENT: usize = 100;

/// Why a key was not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SshKeyError {
    #[error(
        "this is not an OpenSSH public key; paste the one line of a file that ends in .pub, \
         which begins with ssh-ed25519, ecdsa-sha2 or ssh-rsa"
    )]
    NotAKey,
    #[error(
        "this is a private key; keep it to yourself, and paste the one line of the file that ends in .pub"
    )]
    Private,
    #[error("keys of the type {0} are not taken; make one with: ssh-keygen -t ed25519")]
    Type(String),
    #[error("the RSA key has {0} bits, {SHORTEST_RSA} are the least; make a key with: ssh-keygen -t ed25519")]
    TooShort(usize),
}

impl SshKeyError {
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotAKey => "SSH_KEY_INVALID",
            Self::Private => "SSH_KEY_PRIVATE",
            Self::Type(_) => "SSH_KEY_TYPE_REFUSED",
            Self::TooShort(_) => "SSH_KEY_TOO_SHORT",
        }
    }
}

/// A key that may be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SshKey {
    /// One line of an `authorized_keys` file.
    pub line: String,
    /// `SHA256:` and base64, as `ssh-keygen -l` shows it.
    pub fingerprint: String,
}

/// Reads and judges what somebody pasted.
pub fn parse(text: &str) -> Result<SshKey, SshKeyError> {
    let text = text.trim();
    if text.contains("PRIVATE KEY") {
        return Err(SshKeyError::Private);
    }
    if text.lines().nth(1).is_some() {
        return Err(SshKeyError::NotAKey);
    }
    let mut key = PublicKey::from_openssh(text).map_err(|_| SshKeyError::NotAKey)?;
    judge(&key)?;
    let comment: String = key.comment().chars().filter(|c| !c.is_control()).take(LONGEST_COMMENT).collect();
    key.set_comment(comment);
    Ok(SshKey {
        line: key.to_openssh().map_err(|_| SshKeyError::NotAKey)?,
        fingerprint: key.fingerprint(HashAlg::Sha256).to_string(),
    })
}

fn judge(key: &PublicKey) -> Result<(), SshKeyError> {
    match (key.algorithm(), key.key_data()) {
        (Algorithm::Ed25519 | Algorithm::SkEd25519, _) => Ok(()),
        (Algorithm::Ecdsa { .. } | Algorithm::SkEcdsaSha2NistP256, _) => Ok(()),
        (Algorithm::Rsa { .. }, KeyData::Rsa(rsa)) => {
            let bits = rsa.n.as_positive_bytes().map_or(0, bits);
            if bits < SHORTEST_RSA { Err(SshKeyError::TooShort(bits)) } else { Ok(()) }
        }
        (other, _) => Err(SshKeyError::Type(other.as_str().chars().take(40).collect())),
    }
}

/// The length of a number in bits.
fn bits(bytes: &[u8]) -> usize {
    let first = bytes.iter().position(|byte| *byte != 0);
    first.map_or(0, |at| (bytes.len() - at) * 8 - bytes[at].leading_zeros() as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ED25519: &str =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJdD7y3aLq454yWBdwLWbieU1ebz9/cu7/QEXn9OIeZJ ada@laptop";

    #[test]
    fn a_key_is_kept_in_one_form() {
        let key = parse(&format!("  {ED25519}\n")).unwrap();
        assert_eq!(key.line, ED25519);
        assert!(key.fingerprint.starts_with("SHA256:"), "{}", key.fingerprint);
        let other_comment = parse(&ED25519.replace("ada@laptop", "someone else")).unwrap();
        assert_eq!(other_comment.fingerprint, key.fingerprint, "the comment is no part of the key");
    }

    #[test]
    fn what_would_mean_more_than_a_key_is_refused() {
        for text in [
            "",
            "hello",
            "ssh-ed25519 AAAA",
            &format!("command=\"rm -rf /\" {ED25519}"),
            &format!("{ED25519}\n{ED25519}"),
        ] {
            assert_eq!(parse(text), Err(SshKeyError::NotAKey), "{text}");
        }
        let private = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAA\n-----END OPENSSH PRIVATE KEY-----";
        assert_eq!(parse(private), Err(SshKeyError::Private));
    }

    #[test]
    fn weak_keys_are_refused() {
        assert_eq!(parse(&rsa(1024)), Err(SshKeyError::TooShort(1024)));
        assert!(parse(&rsa(3072)).is_ok());
        let dsa = wire("ssh-dss", &[&[1; 129], &[1; 21], &[1; 128], &[1; 128]]);
        assert_eq!(parse(&dsa), Err(SshKeyError::Type("ssh-dss".into())));
    }

    /// A public key with a modulus of so many bits (RFC 4253, 6.6). Nobody can sign with it, which does not matter here.
    fn rsa(bits: usize) -> String {
        let mut modulus = vec![0xff; bits / 8];
        modulus.insert(0, 0);
        wire("ssh-rsa", &[&[1, 0, 1], &modulus])
    }

    fn wire(name: &str, numbers: &[&[u8]]) -> String {
        use base64::Engine;
        let mut blob = Vec::new();
        for part in std::iter::once(name.as_bytes()).chain(numbers.iter().copied()) {
            blob.extend_from_slice(&u32::try_from(part.len()).unwrap().to_be_bytes());
            blob.extend_from_slice(part);
        }
        format!("{name} {}", base64::engine::general_purpose::STANDARD.encode(blob))
    }
}
