//! The script that the first page needs, compressed: the figure of `web/scripts/size.mjs`.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::table::Line;

const LIMIT_KB: f64 = 300.0;

pub fn measure(root: &Path) -> Result<Line> {
    let node = root.join(".dev/node/bin/node");
    let node = if node.exists() { node } else { "node".into() };
    let output = Command::new(node).arg("scripts/size.mjs").current_dir(root.join("web")).output()?;
    let text = String::from_utf8(output.stdout)?;
    ensure!(text.contains("gzip"), "the web console is not built: scripts/web-build.sh");
    let before = text.split(" kB gzip").next().unwrap_or_default();
    let size: f64 = before.rsplit(' ').next().context("size.mjs prints something else")?.parse()?;
    Ok(Line {
        what: "Script of the first page, compressed".into(),
        measured: format!("{size:.1} kB"),
        floor: format!("{LIMIT_KB:.0} kB (limit)"),
        ratio: size / LIMIT_KB,
        reach: "≤ 300 kB",
        met: size <= LIMIT_KB,
        noise: "exact".into(),
    })
}
