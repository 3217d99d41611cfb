//! The images guests start from: a directory a person fills, read by the launcher.
//!
//! An image is a directory with an `image.json` ([`Image`]) and the files it names. It stands for what a container
//! registry is to KubeVirt: a VM names its image as `repository/name:tag` and the engine never downloads anything.
//!
//! Invariants:
//! * An image does not change once it is there: disks of VMs are layers over it. A new content needs a new tag.
//! * `image.json` is written last; a directory without it is not an image.
//! * An image refers to no file outside its own directory (`add` refuses backing files and external data files).
//!
//! Not here: layers over images (`crate::launcher::qemu`), which VM uses what.

mod add;
mod cli;
pub(crate) mod qemu_img;
mod verify;

use std::path::{Path, PathBuf};

pub use cli::ImageCommand;
use serde::{Deserialize, Serialize};

/// Name of the descriptor in an image's directory.
const DESCRIPTOR: &str = "image.json";

/// One image, as its descriptor says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Image {
    /// What VMs call it, always with a tag: `shepherd/demo:1`.
    pub name: String,
    /// Guest memory below which it does not boot, in bytes; 0 when not known.
    #[serde(default)]
    pub min_memory: u64,
    /// What it consists of.
    #[serde(flatten)]
    pub content: Content,
    /// Where its files are; set when it is read.
    #[serde(skip)]
    pub dir: PathBuf,
}

/// What an image consists of. File names are relative to the image's directory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Content {
    /// Booted directly; the root is the initramfs.
    Kernel {
        /// The kernel.
        kernel: String,
        /// SHA-256 of the kernel, hexadecimal.
        kernel_sha256: String,
        /// The initramfs.
        initrd: String,
        /// SHA-256 of the initramfs, hexadecimal.
        initrd_sha256: String,
        /// Kernel command line.
        command_line: String,
    },
    /// A disk with its own boot loader.
    Disk {
        /// The qcow2 file.
        file: String,
        /// Size the guest sees, in bytes.
        virtual_size: u64,
        /// SHA-256 of the file that was added, hexadecimal, to compare with its publisher's.
        source_sha256: String,
    },
}

/// Why an image could not be found, read or added. The text is for the person who added it or asked for it.
#[derive(Debug, thiserror::Error)]
pub enum ImageError {
    /// No such image.
    #[error("there is no image {name} in {}", dir.display())]
    Missing {
        /// The full name.
        name: String,
        /// Where it was looked for.
        dir: PathBuf,
    },
    /// The name is not one an image can have.
    #[error(
        "{0:?} is not an image name; write repository/name:tag in lower case letters, digits and . _ - /"
    )]
    Name(String),
    /// An image of this name is there and images do not change.
    #[error("image {0} exists already, and disks may be layers over it; add the file under another tag")]
    Exists(String),
    /// The file cannot be an image.
    #[error("{}: {why}", file.display())]
    Refused {
        /// The file.
        file: PathBuf,
        /// What is wrong with it and what to do.
        why: String,
    },
    /// The image on disk is damaged.
    #[error("image {name} is damaged: {why}; remove {} and add it again", dir.display())]
    Damaged {
        /// The image.
        name: String,
        /// What is wrong.
        why: String,
        /// Its directory.
        dir: PathBuf,
    },
    /// A tool is not installed.
    #[error("{tool} is not installed; on Debian: apt-get install {package}")]
    Tool {
        /// The program.
        tool: &'static str,
        /// The package it comes in.
        package: &'static str,
    },
    /// The file system refused.
    #[error("{context}: {source}")]
    Io {
        /// What was being done.
        context: String,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
}

/// Shorthand for the `Io` variant.
pub(crate) fn io(context: impl Into<String>) -> impl FnOnce(std::io::Error) -> ImageError {
    let context = context.into();
    move |source| ImageError::Io { context, source }
}

/// The image directories. `add` writes to the first; all are read.
#[derive(Debug, Clone)]
pub struct ImageStore {
    dir: PathBuf,
    more: Vec<PathBuf>,
}

impl ImageStore {
    /// A store whose own directory is `dir` (made when first needed). `more` are read only; each is an image
    /// directory itself or holds some, such as the output of `scripts/guest-image.sh`.
    pub fn new(dir: impl Into<PathBuf>, more: Vec<PathBuf>) -> Self {
        Self { dir: dir.into(), more }
    }

    /// The directory `add` writes to.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// All images, by name. A damaged one is left out and logged.
    pub fn list(&self) -> Result<Vec<Image>, ImageError> {
        let (images, damaged) = self.scan()?;
        for error in damaged {
            tracing::warn!(%error, "image left out");
        }
        Ok(images)
    }

    /// The image a VM means by `name`; a name without a tag means `:latest`. Its files are there and, for a kernel
    /// image, are what the descriptor says.
    pub fn resolve(&self, name: &str) -> Result<Image, ImageError> {
        let name = full_name(name)?;
        let (images, damaged) = self.scan()?;
        let Some(image) = images.into_iter().find(|image| image.name == name) else {
            let missing = ImageError::Missing { name, dir: self.dir.clone() };
            return Err(damaged.into_iter().next().unwrap_or(missing));
        };
        verify::image(&image)?;
        Ok(image)
    }

    fn scan(&self) -> Result<(Vec<Image>, Vec<ImageError>), ImageError> {
        let mut images: Vec<Image> = Vec::new();
        let mut damaged = Vec::new();
        for root in std::iter::once(&self.dir).chain(&self.more) {
            for dir in std::iter::once(root.clone()).chain(subdirectories(root)?) {
                match read(&dir) {
                    Ok(Some(image)) if !images.iter().any(|known| known.name == image.name) => {
                        images.push(image)
                    }
                    Ok(_) => {}
                    Err(error) => damaged.push(error),
                }
            }
        }
        images.sort_by(|a, b| a.name.cmp(&b.name));
        Ok((images, damaged))
    }
}

impl Image {
    /// The files it consists of, relative to its directory.
    pub(crate) fn files(&self) -> Vec<&str> {
        match &self.content {
            Content::Kernel { kernel, initrd, .. } => vec![kernel, initrd],
            Content::Disk { file, .. } => vec![file],
        }
    }
}

fn subdirectories(root: &Path) -> Result<Vec<PathBuf>, ImageError> {
    let context = || format!("reading images in {}", root.display());
    let entries = match std::fs::read_dir(root) {
        Ok(entries) => entries,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(io(context())(e)),
    };
    let mut dirs = Vec::new();
    for entry in entries {
        let path = entry.map_err(io(context()))?.path();
        // Names that start with a dot are images being added.
        if path.is_dir() && !path.file_name().is_some_and(|n| n.as_encoded_bytes().starts_with(b".")) {
            dirs.push(path);
        }
    }
    Ok(dirs)
}

/// The image in `dir`, `None` if there is none.
fn read(dir: &Path) -> Result<Option<Image>, ImageError> {
    let text = match std::fs::read(dir.join(DESCRIPTOR)) {
        Ok(text) => text,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(io(format!("reading {}", dir.display()))(e)),
    };
    let damaged =
        |why: String| ImageError::Damaged { name: dir.display().to_string(), why, dir: dir.to_owned() };
    let mut image: Image = serde_json::from_slice(&text).map_err(|e| damaged(e.to_string()))?;
    if image.files().iter().any(|file| file.contains('/') || file.starts_with('.')) {
        return Err(damaged("it names a file outside its directory".to_owned()));
    }
    image.name = full_name(&image.name)?;
    // Whole, because layers and processes refer to it from elsewhere.
    image.dir = dir.canonicalize().map_err(io(format!("reading {}", dir.display())))?;
    Ok(Some(image))
}

/// Checks a name and adds `:latest` where the tag is missing, as container tools do.
fn full_name(name: &str) -> Result<String, ImageError> {
    let (repository, tag) = match name.rsplit_once(':') {
        // A colon before the last slash belongs to a port: `registry:5000/name`.
        Some((repository, tag)) if !tag.contains('/') => (repository, tag),
        _ => (name, "latest"),
    };
    let part = |text: &str, also: &str| {
        !text.is_empty()
            && text
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || also.as_bytes().contains(&b))
    };
    let tag_ok = !tag.is_empty() && tag.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b));
    let repository_ok = repository.split('/').all(|p| part(p, "._-:"));
    if name.len() <= 255 && repository_ok && tag_ok {
        Ok(format!("{repository}:{tag}"))
    } else {
        Err(ImageError::Name(name.chars().take(100).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_get_a_tag_and_bad_ones_are_refused() {
        assert_eq!(full_name("debian").unwrap(), "debian:latest");
        assert_eq!(full_name("registry:5000/os/debian").unwrap(), "registry:5000/os/debian:latest");
        assert_eq!(full_name("shepherd/demo:1").unwrap(), "shepherd/demo:1");
        for bad in ["", ":", "a b", "../x//y", "a:", "Upper", "a:b/c:", "x:\u{e9}"] {
            assert!(full_name(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_descriptor_cannot_point_outside_its_directory() {
        let dir = tempfile::tempdir().unwrap();
        let image = dir.path().join("x");
        std::fs::create_dir(&image).unwrap();
        let text = r#"{"name":"x:1","kind":"disk","file":"../secret","virtualSize":1,"sourceSha256":""}"#;
        std::fs::write(image.join(DESCRIPTOR), text).unwrap();
        let store = ImageStore::new(dir.path(), vec![]);
        assert!(matches!(store.resolve("x:1"), Err(ImageError::Damaged { .. })));
    }
}
