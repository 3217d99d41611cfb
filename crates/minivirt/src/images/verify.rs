//! Checks that an image's files are there and, where that is cheap, that they are what was added.
//!
//! Kernel images are hashed once per change of their files; a disk of gigabytes was hashed when it was added and is
//! only looked for here.

use std::collections::HashSet;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::SystemTime;

use sha2::{Digest, Sha256};

use super::{Content, Image, ImageError, io};

/// A file as it was when it was hashed, and the hash.
type Seen = (PathBuf, u64, Option<SystemTime>, String);

static VERIFIED: LazyLock<Mutex<HashSet<Seen>>> = LazyLock::new(Mutex::default);

/// Fails when a file of the image is missing or, for a kernel image, not the one described.
pub(super) fn image(image: &Image) -> Result<(), ImageError> {
    let damaged = |why: String| ImageError::Damaged { name: image.name.clone(), why, dir: image.dir.clone() };
    for file in image.files() {
        if !image.dir.join(file).is_file() {
            return Err(damaged(format!("{file} is missing")));
        }
    }
    let Content::Kernel { kernel, kernel_sha256, initrd, initrd_sha256, .. } = &image.content else {
        return Ok(());
    };
    for (file, expected) in [(kernel, kernel_sha256), (initrd, initrd_sha256)] {
        if !matches(&image.dir.join(file), expected)? {
            return Err(damaged(format!("{file} is not the file the image was made with")));
        }
    }
    Ok(())
}

fn matches(path: &Path, expected: &str) -> Result<bool, ImageError> {
    let context = || format!("reading {}", path.display());
    let facts = std::fs::metadata(path).map_err(io(context()))?;
    let seen = (path.to_owned(), facts.len(), facts.modified().ok(), expected.to_owned());
    if VERIFIED.lock().unwrap_or_else(PoisonError::into_inner).contains(&seen) {
        return Ok(true);
    }
    let good = sha256(path).map_err(io(context()))? == expected;
    if good {
        VERIFIED.lock().unwrap_or_else(PoisonError::into_inner).insert(seen);
    }
    Ok(good)
}

/// SHA-256 of a file, hexadecimal.
pub(super) fn sha256(path: &Path) -> std::io::Result<String> {
    let mut file = std::fs::File::open(path)?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hex::encode(hash.finalize())),
            read => hash.update(&buffer[..read]),
        }
    }
}
