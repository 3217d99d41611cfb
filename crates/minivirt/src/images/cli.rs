//! The commands `minivirt image add` and `minivirt image list`.

use std::io::Write;
use std::path::PathBuf;

use clap::Subcommand;

use super::{Content, Image, ImageError, ImageStore, io};

/// Manage the images guests start from.
#[derive(Debug, Clone, Subcommand)]
pub enum ImageCommand {
    /// Add a cloud image: a qcow2 or raw disk with its own boot loader and cloud-init.
    Add {
        /// What VMs will call it, for example `debian/12:1`.
        name: String,
        /// The image file; it is copied.
        file: PathBuf,
    },
    /// List the images.
    List,
}

impl ImageCommand {
    /// Does what was asked and says so on `out`.
    pub async fn run(&self, store: &ImageStore, out: &mut impl Write) -> Result<(), ImageError> {
        let images = match self {
            Self::Add { name, file } => vec![store.add(name, file).await?],
            Self::List => store.list()?,
        };
        print(&images, out).map_err(io("writing to the terminal"))
    }
}

fn print(images: &[Image], out: &mut impl Write) -> std::io::Result<()> {
    writeln!(out, "{:<40} {:<8} {:>12}  SHA-256", "NAME", "KIND", "SIZE")?;
    for image in images {
        match &image.content {
            Content::Kernel { initrd_sha256, .. } => {
                writeln!(out, "{:<40} {:<8} {:>12}  {initrd_sha256}", image.name, "kernel", "-")?;
            }
            Content::Disk { virtual_size, source_sha256, .. } => {
                let size = format!("{:.1} GiB", *virtual_size as f64 / f64::from(1 << 30));
                writeln!(out, "{:<40} {:<8} {size:>12}  {source_sha256}", image.name, "disk")?;
            }
        }
    }
    Ok(())
}
