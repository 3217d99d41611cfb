//! The files of the repository, as the rules see them: what git tracks or would track.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

/// A text file.
pub struct Source {
    /// Relative to the root, with `/`.
    pub path: String,
    pub text: String,
}

/// All text files, and the names of the others.
#[derive(Default)]
pub struct Tree {
    pub sources: Vec<Source>,
    pub paths: BTreeSet<String>,
}

impl Tree {
    pub fn read(root: &Path) -> Result<Self> {
        let output = Command::new("git")
            .current_dir(root)
            // A clone may belong to somebody else, as in CI; listing its files runs nothing of theirs.
            .args(["-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"])
            .output()
            .context("git")?;
        ensure!(output.status.success(), "git ls-files: {}", String::from_utf8_lossy(&output.stderr));
        let mut tree = Self::default();
        for path in String::from_utf8(output.stdout)?.split('\0').filter(|path| !path.is_empty()) {
            let full = root.join(path);
            // Deleted but still in the index, or a link.
            if !full.is_file() || full.is_symlink() {
                continue;
            }
            tree.paths.insert(path.to_owned());
            if let Ok(text) = fs::read_to_string(full) {
                tree.sources.push(Source { path: path.to_owned(), text });
            }
        }
        tree.sources.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(tree)
    }

    pub fn get(&self, path: &str) -> Option<&Source> {
        self.sources.iter().find(|source| source.path == path)
    }

    pub fn rust(&self) -> impl Iterator<Item = &Source> {
        self.sources.iter().filter(|source| source.path.ends_with(".rs") && !source.generated())
    }

    #[cfg(test)]
    pub fn of(files: &[(&str, &str)]) -> Self {
        let sources: Vec<_> =
            files.iter().map(|(path, text)| Source { path: (*path).into(), text: (*text).into() }).collect();
        Self { paths: sources.iter().map(|source| source.path.clone()).collect(), sources }
    }
}

impl Source {
    /// Written by a program: it says so at its top, or is a lock file or recorded output.
    pub fn generated(&self) -> bool {
        let head: String = self.text.lines().take(4).collect::<Vec<_>>().join("\n").to_lowercase();
        let says_so =
            head.contains("do not edit") || head.contains("@generated") || head.contains("auto-generated");
        let recorded = [".lock", "-lock.json", ".snap", ".svg"].iter().any(|end| self.path.ends_with(end))
            || self.path.starts_with(".sqlx/");
        says_so || recorded
    }
}
