//! `image add`: takes a cloud image (qcow2 or raw, with its own boot loader) into the store.
//!
//! The file is a stranger: it must not name other files (a backing file or external data file would let the image's
//! author read the host), must not be encrypted, and must look like a disk that can boot.

use std::io::{Read, Seek, SeekFrom};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::{Content, DESCRIPTOR, Image, ImageError, ImageStore, full_name, io, qemu_img, verify};

/// The disk in an image's directory.
const DISK: &str = "disk.qcow2";

impl ImageStore {
    /// Takes `file` in as `name`. Nothing is left behind on an error.
    pub async fn add(&self, name: &str, file: &Path) -> Result<Image, ImageError> {
        let name = full_name(name)?;
        if self.list()?.iter().any(|image| image.name == name) {
            return Err(ImageError::Exists(name));
        }
        let format = inspect(file).await?;
        std::fs::create_dir_all(&self.dir).map_err(io(format!("making {}", self.dir.display())))?;
        // A name that starts with a dot is not read as an image.
        let slug = slug(&name);
        let staging = Staging(self.dir.join(format!(".{slug}.{}", std::process::id())));
        std::fs::create_dir(&staging.0).map_err(io(format!("making {}", staging.0.display())))?;
        let mut image = self.fill(&staging.0, name, file, format).await?;
        image.dir = self.dir.join(&slug);
        std::fs::rename(&staging.0, &image.dir).map_err(io(format!("making {}", image.dir.display())))?;
        Ok(image)
    }

    async fn fill(&self, dir: &Path, name: String, file: &Path, format: Format) -> Result<Image, ImageError> {
        let disk = dir.join(DISK);
        let source = file.to_owned();
        let reading = format!("reading {}", file.display());
        let source_sha256 = blocking(move || verify::sha256(&source)).await.map_err(io(reading))?;
        match format {
            Format::Raw => qemu_img::raw_to_qcow2(file, &disk).await?,
            Format::Qcow2 => {
                let (from, to) = (file.to_owned(), disk.clone());
                let copying = format!("copying {} to {}", file.display(), disk.display());
                blocking(move || std::fs::copy(from, to)).await.map_err(io(copying))?;
            }
        }
        // The copy is judged again: the source may have changed meanwhile, and this is what guests will use.
        let virtual_size = accept(&disk, Some("qcow2")).await?.1;
        let content = Content::Disk { file: DISK.to_owned(), virtual_size, source_sha256 };
        let image = Image { name, min_memory: 0, content, dir: dir.to_owned() };
        let writing = || format!("writing {}", dir.display());
        let text = serde_json::to_vec_pretty(&image).map_err(|e| io(writing())(e.into()))?;
        // Readable by the account guests run under, written by nobody.
        let read_only = std::fs::Permissions::from_mode(0o444);
        std::fs::set_permissions(&disk, read_only).map_err(io(writing()))?;
        std::fs::File::open(&disk).and_then(|f| f.sync_all()).map_err(io(writing()))?;
        std::fs::write(dir.join(DESCRIPTOR), text).map_err(io(writing()))?;
        Ok(image)
    }
}

/// The formats we take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Qcow2,
    Raw,
}

async fn inspect(file: &Path) -> Result<Format, ImageError> {
    std::fs::File::open(file).map_err(io(format!("opening {}", file.display())))?;
    let (format, _) = accept(file, None).await?;
    if format == Format::Raw {
        check_boot_sector(file)?;
    }
    Ok(format)
}

/// The format and the virtual size of a file that may become an image.
async fn accept(file: &Path, format: Option<&str>) -> Result<(Format, u64), ImageError> {
    let refuse = |why: &str| Err(ImageError::Refused { file: file.to_owned(), why: why.to_owned() });
    let info = qemu_img::info(file, format).await?;
    let data = info.format_specific.and_then(|specific| specific.data);
    if info.backing_filename.is_some() {
        return refuse("it is a layer over another file; flatten it with `qemu-img convert -O qcow2`");
    }
    if data.is_some_and(|data| data.data_file.is_some()) {
        return refuse("its data is in another file; join them with `qemu-img convert -O qcow2`");
    }
    if info.encrypted {
        return refuse("it is encrypted");
    }
    match info.format.as_str() {
        "qcow2" => Ok((Format::Qcow2, info.virtual_size)),
        "raw" => Ok((Format::Raw, info.virtual_size)),
        other => {
            refuse(&format!("the format {other} is not taken; convert it with `qemu-img convert -O qcow2`"))
        }
    }
}

/// Anything at all passes for a raw disk; a boot sector (also in front of a GPT) ends in 0x55 0xAA.
fn check_boot_sector(file: &Path) -> Result<(), ImageError> {
    let mut signature = [0; 2];
    let read = std::fs::File::open(file).and_then(|mut disk| {
        disk.seek(SeekFrom::Start(510))?;
        disk.read_exact(&mut signature)
    });
    if read.is_ok() && signature == [0x55, 0xaa] {
        return Ok(());
    }
    let why = "it is neither qcow2 nor a raw disk with a boot sector".to_owned();
    Err(ImageError::Refused { file: file.to_owned(), why })
}

/// A directory name for an image; the hash keeps names apart that differ only in what is replaced.
fn slug(name: &str) -> String {
    use sha2::Digest;
    let readable: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).take(80).collect();
    let hash = hex::encode(sha2::Sha256::digest(name.as_bytes()));
    format!("{readable}-{}", &hash[..8])
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> std::io::Result<T> + Send + 'static,
) -> std::io::Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(std::io::Error::other)?
}

/// Removes what was half done.
struct Staging(PathBuf);

impl Drop for Staging {
    fn drop(&mut self) {
        // After the rename there is nothing under this name.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw_disk(dir: &Path) -> PathBuf {
        let path = dir.join("disk.raw");
        let mut bytes = vec![0; 1 << 20];
        bytes[510..512].copy_from_slice(&[0x55, 0xaa]);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    #[tokio::test]
    async fn a_raw_disk_is_added_found_and_not_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let store = ImageStore::new(dir.path().join("images"), vec![]);
        let file = raw_disk(dir.path());
        store.add("os/test", &file).await.unwrap();
        let found = store.resolve("os/test:latest").unwrap();
        assert!(matches!(found.content, Content::Disk { virtual_size: 1_048_576, .. }), "{found:?}");
        assert!(matches!(store.add("os/test", &file).await, Err(ImageError::Exists(_))));
        assert!(matches!(store.resolve("os/other"), Err(ImageError::Missing { .. })));
    }

    #[tokio::test]
    async fn what_is_no_disk_or_reaches_outside_is_refused_and_leaves_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let store = ImageStore::new(dir.path().join("images"), vec![]);
        let text = dir.path().join("notes.txt");
        std::fs::write(&text, "not a disk").unwrap();
        let base = dir.path().join("base.qcow2");
        let layer = dir.path().join("layer.qcow2");
        qemu_img::blank(1 << 20, &base).await.unwrap();
        qemu_img::layer(&base, 1 << 20, &layer).await.unwrap();
        for (file, word) in [(&text, "boot sector"), (&layer, "flatten")] {
            let error = store.add("bad:1", file).await.unwrap_err();
            assert!(error.to_string().contains(word), "{error}");
        }
        assert!(store.add("bad:1", &dir.path().join("absent")).await.is_err());
        let left = std::fs::read_dir(store.dir()).map(Iterator::count).unwrap_or(0);
        assert_eq!(left, 0, "{left} entries left behind");
    }
}
