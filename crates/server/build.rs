//! Takes the built web console (`web/dist`) into the program.
//!
//! The files are copied first: the console may be built anew while this crate compiles. Without a built console a page
//! that says how to build it takes its place, so that the workspace compiles from a clean clone.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

const FALLBACK: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Shepherd</title>\
<h1>The web console is not in this build</h1><p>Build it with <code>scripts/web-build.sh</code> and build Shepherd again. \
The API is at <a href=\"/api/reference\">/api/reference</a>.</p></html>\n";

fn main() -> io::Result<()> {
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or(io::ErrorKind::NotFound)?);
    let built = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").ok_or(io::ErrorKind::NotFound)?)
        .join("../../web/dist");
    println!("cargo::rerun-if-changed=build.rs");
    // While it is not there, Cargo looks for it at every build.
    println!("cargo::rerun-if-changed={}", built.display());

    let assets = out.join("dist");
    if assets.exists() {
        fs::remove_dir_all(&assets)?;
    }
    fs::create_dir_all(&assets)?;
    if built.join("index.html").is_file() {
        copy(&built, &assets)?;
    } else {
        fs::write(assets.join("index.html"), FALLBACK)?;
    }
    let label = assets.to_string_lossy();
    let code = memory_serve::assets_to_code(&label, &assets, &out, true, |_| {});
    fs::write(out.join("memory_serve_assets.rs"), format!("&[(\"default\", {code})]"))
}

/// Everything but what starts with a dot: the build's own notes.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (path, name) = (entry.path(), entry.file_name());
        if name.as_encoded_bytes().starts_with(b".") {
            continue;
        }
        if entry.file_type()?.is_dir() {
            fs::create_dir_all(to.join(&name))?;
            copy(&path, &to.join(&name))?;
        } else {
            fs::copy(&path, to.join(&name))?;
        }
    }
    Ok(())
}
