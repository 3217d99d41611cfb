//! A condition that was read and admitted, ready to be evaluated.
//!
//! The parser is the crate's hand-written one and not the generated one, which needs megabytes of stack for a few
//! brackets (ADR 0022). Reading and evaluating recurse all the same, so both make sure of room on the stack. What the
//! parser does not bound itself, chains of `?` and very long texts, is refused before it runs.
//! Should the library panic all the same, that is one more condition without an answer.

use std::panic::{AssertUnwindSafe, catch_unwind};

use cel::parser::{ParseErrors, PrattParser};
use cel::{IdedExpr, Value};

use super::error::{ConditionError, RunError};
use super::limits::{MAX_BYTES, MAX_DEPTH, admit};
use super::scope::{Scope, shape};

/// Each opens a level that the parser does not count.
const MAX_QUESTIONS: usize = 30;

/// A condition that can be evaluated.
#[derive(Debug)]
pub struct Program {
    pub(super) expr: IdedExpr,
}

impl Program {
    /// Reads a condition and checks its limits and names.
    ///
    /// # Errors
    /// A [`ConditionError`] that says where and what.
    pub fn read(text: &str) -> Result<Self, ConditionError> {
        if text.len() > MAX_BYTES {
            return Err(ConditionError::TooLarge);
        }
        if text.bytes().filter(|byte| *byte == b'?').count() > MAX_QUESTIONS {
            return Err(ConditionError::TooNested);
        }
        let parser = PrattParser::new()
            .max_recursion_depth(u16::try_from(MAX_DEPTH).unwrap_or(u16::MAX))
            .error_recovery_limit(1)
            .error_reporting_limit(1);
        roomy(|| {
            let parsed = catch_unwind(AssertUnwindSafe(|| parser.parse(text)));
            let broken = |_| syntax(1, 1, "the parser cannot read it");
            let mut expr = parsed.map_err(broken)?.map_err(|errors| first(&errors))?;
            admit(&mut expr, shape())?;
            Ok(Self { expr })
        })
    }

    /// Whether it holds for these inputs.
    ///
    /// # Errors
    /// A [`RunError`] where it gives no answer; never a guess.
    pub fn holds(&self, scope: &Scope) -> Result<bool, RunError> {
        match run(&self.expr, scope)? {
            Value::Bool(holds) => Ok(holds),
            _ => Err(RunError::new("a value that is no bool", false)),
        }
    }
}

/// The value of an expression that was admitted.
pub(super) fn run(expr: &IdedExpr, scope: &Scope) -> Result<Value, RunError> {
    let value = roomy(|| catch_unwind(AssertUnwindSafe(|| Value::resolve(expr, &scope.context))));
    match value {
        Ok(value) => value.map_err(RunError::from),
        Err(_) => Err(RunError::new("the evaluation broke off", false)),
    }
}

/// Runs where the stack has room for the deepest condition, in a debug build too.
pub(in crate::policy) fn roomy<T>(run: impl FnOnce() -> T) -> T {
    stacker::maybe_grow(4 << 20, 16 << 20, run)
}

fn first(errors: &ParseErrors) -> ConditionError {
    // What follows from giving up on the depth is told as well, and is no news.
    if errors.errors.iter().any(|error| error.msg.contains("recursion limit")) {
        return ConditionError::TooNested;
    }
    let Some(error) = errors.errors.iter().find(|error| error.pos.0 > 0).or(errors.errors.first()) else {
        return syntax(1, 1, "it cannot be read");
    };
    let at = |n: isize| u32::try_from(n).unwrap_or(1).max(1);
    syntax(at(error.pos.0), at(error.pos.1), error.msg.trim_start_matches("Syntax error: "))
}

fn syntax(line: u32, column: u32, detail: &str) -> ConditionError {
    ConditionError::Syntax { line, column, detail: detail.chars().take(200).collect() }
}
