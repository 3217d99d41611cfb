//! The disks of a guest: layers over images, blank disks, the seed.
//!
//! What dies with the guest is made in its `run` directory; what outlives it is a claim, made once and then only
//! grown. A kernel image has its root in memory, so a persistent root becomes a blank disk that the guest formats
//! and mounts as its data.

use std::path::{Path, PathBuf};

use super::layout::{self, GuestDir};
use super::{QemuConfig, image_error, seed};
use crate::images::{Content, Image, qemu_img};
use crate::launcher::{EmptyDisk, GuestSpec, Root, RuntimeError};

/// Size of a blank disk whose claim names none, in bytes.
const DEFAULT_SIZE: u64 = 1 << 30;

/// A disk as QEMU is told of it, in the guest's order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Disk {
    pub path: PathBuf,
    pub format: Format,
    /// What the guest sees as serial, at most 20 characters.
    pub serial: String,
    /// The guest boots from it.
    pub boot: bool,
}

/// How a disk's file is read. The seed is raw and read-only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Qcow2,
    Seed,
}

/// Makes what is missing and returns all disks.
pub(super) async fn prepare(
    config: &QemuConfig,
    spec: &GuestSpec,
    image: &Image,
    dir: &GuestDir,
) -> Result<Vec<Disk>, RuntimeError> {
    let account = config.guest_account();
    let given = |path: &Path| {
        layout::give(path, account).map_err(|source| RuntimeError::Io {
            context: format!("handing over {}", path.display()),
            source,
        })
    };
    let mut disks = Vec::new();
    disks.extend(root(config, spec, image, dir).await?);
    for (index, disk) in spec.disks.iter().enumerate() {
        disks.push(empty(config, spec, disk, index, dir).await?);
    }
    if let Some(text) = &spec.seed {
        let path = dir.run().join("seed.iso");
        seed::write(text, dir.path(), &path).await?;
        disks.push(Disk { path, format: Format::Seed, serial: "cidata".to_owned(), boot: false });
    }
    disks.iter().try_for_each(|disk| given(&disk.path))?;
    Ok(disks)
}

async fn root(
    config: &QemuConfig,
    spec: &GuestSpec,
    image: &Image,
    dir: &GuestDir,
) -> Result<Option<Disk>, RuntimeError> {
    let (claim, size) = match &spec.root {
        Root::Ephemeral => (None, 0),
        Root::Persistent { claim, size_bytes } => (Some(claim), *size_bytes),
    };
    let path = match claim {
        Some(claim) => claim_path(config, &spec.namespace, claim)?,
        None => dir.run().join("root.qcow2"),
    };
    let disk = |boot| Disk { path: path.clone(), format: Format::Qcow2, serial: "root".to_owned(), boot };
    match &image.content {
        Content::Kernel { .. } if claim.is_none() => Ok(None),
        Content::Kernel { .. } => {
            let size = if size == 0 { DEFAULT_SIZE } else { size };
            make(spec, &path, size, None).await?;
            Ok(Some(disk(false)))
        }
        Content::Disk { file, virtual_size, .. } => {
            make(spec, &path, size.max(*virtual_size), Some(&image.dir.join(file))).await?;
            Ok(Some(disk(true)))
        }
    }
}

async fn empty(
    config: &QemuConfig,
    spec: &GuestSpec,
    disk: &EmptyDisk,
    index: usize,
    dir: &GuestDir,
) -> Result<Disk, RuntimeError> {
    let path = match &disk.claim {
        Some(claim) => claim_path(config, &spec.namespace, claim)?,
        // By number: the volume's name comes from the user.
        None => dir.run().join(format!("disk{index}.qcow2")),
    };
    make(spec, &path, disk.capacity_bytes.max(1 << 20), None).await?;
    let serial = disk.name.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').take(20).collect();
    Ok(Disk { path, format: Format::Qcow2, serial, boot: false })
}

fn claim_path(config: &QemuConfig, namespace: &str, claim: &str) -> Result<PathBuf, RuntimeError> {
    let path = layout::claim(&config.state_dir, namespace, claim)?;
    let dir = path.parent().unwrap_or(&config.state_dir);
    let making = |source| RuntimeError::Io { context: format!("making {}", dir.display()), source };
    std::fs::create_dir_all(dir).map_err(making)?;
    Ok(path)
}

/// Makes a disk that is not there and grows one that is too small. A new one appears whole or not at all.
async fn make(spec: &GuestSpec, path: &Path, size: u64, base: Option<&Path>) -> Result<(), RuntimeError> {
    let failed = |error| image_error(&spec.image, error);
    if path.exists() {
        let info = qemu_img::info(path, Some("qcow2")).await.map_err(failed)?;
        if info.virtual_size < size {
            qemu_img::grow(path, size).await.map_err(failed)?;
        }
        return Ok(());
    }
    let staged = path.with_extension("new");
    let made = match base {
        Some(base) => qemu_img::layer(base, size, &staged).await,
        None => qemu_img::blank(size, &staged).await,
    };
    let made = made.and_then(|()| {
        let context = format!("making {}", path.display());
        std::fs::rename(&staged, path).map_err(crate::images::io(context))
    });
    if made.is_err() {
        let _ = std::fs::remove_file(&staged);
    }
    made.map_err(failed)
}
