//! Whether a field can be asked for as it is defined.

use regex::{Regex, RegexBuilder};

use super::{Field, FieldKind};

/// How long a pattern may be, in bytes.
const MAX_PATTERN: usize = 200;
/// What a compiled pattern may take, in bytes.
const PATTERN_MEMORY: usize = 256 * 1024;

/// Why a field cannot be defined like this, each at the place of its definition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DefinitionError {
    /// Only a text has one.
    #[error("only a text can have a pattern")]
    PatternOfNoText,
    /// It cannot be compiled, or is too large.
    #[error("this is not a regular expression, or too large a one")]
    Pattern,
    /// A choice of nothing, or a list on something that is no choice.
    #[error("a choice needs a list to choose from, and nothing else has one")]
    Choices,
    /// Two equal ones, or one that is blank.
    #[error("every entry of the list must be different, and none blank")]
    ChoiceTwice,
}

impl DefinitionError {
    /// The place and the code of the fault.
    pub const fn place(self) -> (&'static str, &'static str) {
        match self {
            Self::PatternOfNoText => ("/pattern", "PATTERN_OF_NO_TEXT"),
            Self::Pattern => ("/pattern", "PATTERN_INVALID"),
            Self::Choices => ("/choices", "CHOICES_INVALID"),
            Self::ChoiceTwice => ("/choices", "DUPLICATE"),
        }
    }
}

/// Whether a field can be asked for.
///
/// # Errors
/// The first [`DefinitionError`].
pub fn check_definition(field: &Field) -> Result<(), DefinitionError> {
    match &field.pattern {
        Some(_) if field.kind != FieldKind::Text => return Err(DefinitionError::PatternOfNoText),
        Some(pattern) if compile(pattern).is_none() => return Err(DefinitionError::Pattern),
        _ => {}
    }
    if (field.kind == FieldKind::Choice) == field.choices.is_empty() {
        return Err(DefinitionError::Choices);
    }
    let mut seen = std::collections::BTreeSet::new();
    match field.choices.iter().all(|choice| !choice.trim().is_empty() && seen.insert(choice)) {
        true => Ok(()),
        false => Err(DefinitionError::ChoiceTwice),
    }
}

/// A pattern that must match the whole value.
pub(super) fn compile(pattern: &str) -> Option<Regex> {
    if pattern.len() > MAX_PATTERN {
        return None;
    }
    // Compiled alone first: `a)|(b` would otherwise close the group that anchors it.
    let build = |text: &str| RegexBuilder::new(text).size_limit(PATTERN_MEMORY).build();
    build(pattern).and_then(|_| build(&format!(r"\A(?:{pattern})\z"))).ok()
}
