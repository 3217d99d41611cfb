//! Just enough of Rust's lexical grammar to tell string literals from code and comments.
//!
//! Rules about SQL look at literals, so that prose about `now()` in a comment is not an offence.

use super::Finding;
use super::source::Tree;

/// A string literal, as written between its quotes.
#[derive(Debug, PartialEq, Eq)]
pub struct Literal {
    pub line: usize,
    pub text: String,
}

/// The string literals of a file, in order.
pub fn literals(text: &str) -> Vec<Literal> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let rest = &text[at..];
        let step = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            block_comment(rest)
        } else if let Some((start, length, end)) = string(rest, at.checked_sub(1).map(|before| bytes[before]))
        {
            let line = text[..at].matches('\n').count() + 1;
            found.push(Literal { line, text: rest[start..start + length].to_owned() });
            end
        } else {
            character(rest)
        };
        at += step;
    }
    found
}

/// The length of a (nested) block comment.
fn block_comment(rest: &str) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < rest.len() {
        match rest.get(at..at + 2) {
            Some("/*") => (depth, at) = (depth + 1, at + 2),
            Some("*/") => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    at
}

/// Start and length of a string's text, and its end with quotes, if one begins here.
fn string(rest: &str, before: Option<u8>) -> Option<(usize, usize, usize)> {
    // The `r` of `for"` is not a prefix, but no identifier touches a quote in formatted code.
    let in_word = before.is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let prefix = rest.bytes().take(2).take_while(|byte| matches!(byte, b'r' | b'b' | b'c')).count();
    if in_word && prefix > 0 {
        return None;
    }
    let hashes = rest[prefix..].bytes().take_while(|byte| *byte == b'#').count();
    let raw = rest[..prefix].contains('r');
    if (hashes > 0 && !raw) || rest.as_bytes().get(prefix + hashes) != Some(&b'"') {
        return None;
    }
    let start = prefix + hashes + 1;
    let close = format!("\"{}", "#".repeat(hashes));
    let length = if raw { rest[start..].find(&close)? } else { plain_length(&rest[start..])? };
    Some((start, length, start + length + close.len()))
}

fn plain_length(rest: &str) -> Option<usize> {
    let mut escaped = false;
    rest.bytes().position(|byte| {
        let end = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        end
    })
}

/// The length of one character of code, or of a character literal that could look like a quote.
fn character(rest: &str) -> usize {
    for literal in ["'\"'", "'\\\"'", "'\\''", "'\\\\'"] {
        if rest.starts_with(literal) {
            return literal.len();
        }
    }
    rest.chars().next().map_or(1, char::len_utf8)
}

/// Each file says at its top what it is for. Unit tests moved to a file of their own belong to their module.
pub fn module_docs(tree: &Tree) -> Vec<Finding> {
    let own = |path: &str| !path.ends_with("/tests.rs") && !path.ends_with("_tests.rs");
    tree.rust()
        .filter(|source| own(&source.path) && !source.text.starts_with("//! "))
        .map(|source| {
            Finding::new(
                &source.path,
                1,
                "begin with `//!`: what it is for, its invariants, what is not here",
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_told_from_comments_and_characters() {
        let text = r####"
// "comment" don't
/* "block /* nested */" */
let a = "one \" two"; let c = '"'; let life: &'static str = r#"raw "quoted""#;
let b = b"bytes"; let e = '\''; let f = "last
line";
"####;
        let found: Vec<_> = literals(text).into_iter().map(|l| (l.line, l.text)).collect();
        let expected = [(4, r#"one \" two"#), (4, r#"raw "quoted""#), (5, "bytes"), (5, "last\nline")];
        assert_eq!(found, expected.map(|(line, text)| (line, text.to_owned())));
    }

    #[test]
    fn a_file_without_documentation_is_found() {
        let tree = Tree::of(&[
            ("a.rs", "//! What it is for.\n"),
            ("b.rs", "use x;\n"),
            ("c.rs", "// do not edit\n"),
        ]);
        assert_eq!(module_docs(&tree).iter().map(|f| f.path.as_str()).collect::<Vec<_>>(), ["b.rs"]);
    }
}
