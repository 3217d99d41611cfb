//! What bounds a condition: its size, its depth, its cost, and the words it may use. One walk over the parsed
//! expression checks all of it, before anything is evaluated.
//!
//! The range of every macro is wrapped in a call that refuses anything but a list of at most [`MAX_ITEMS`] items, so
//! that lists built inside an expression cannot make a later macro long. Maps are no ranges, because their order is
//! not defined and a judgement must be repeatable.

use cel::IdedExpr;
use cel::common::ast::{CallExpr, EntryExpr, Expr, operators};
use serde_json::Value;

use super::error::ConditionError;

/// Longest text.
pub const MAX_BYTES: usize = 2000;
/// Nodes of the parsed expression, what macros stand for included.
pub const MAX_NODES: usize = 500;
/// Macros inside macros.
pub const MAX_MACROS: usize = 2;
/// Nodes inside nodes; what evaluating needs of the stack grows with it.
pub const MAX_DEPTH: usize = 32;
/// Items of a macro's range.
pub const MAX_ITEMS: usize = 100;
/// How often nodes are evaluated at worst: each counts a hundredfold inside a macro, and again inside the second.
const MAX_COST: usize = 400_000;

/// The function that guards a macro's range. No text can name it: `@` begins no identifier.
pub(super) const GUARD: &str = "@range";

const FUNCTIONS: [&str; 8] = ["size", "int", "uint", "double", "string", "bool", "timestamp", "duration"];
const MEMBERS: [&str; 14] = [
    "size",
    "contains",
    "startsWith",
    "endsWith",
    "getFullYear",
    "getMonth",
    "getDate",
    "getDayOfMonth",
    "getDayOfWeek",
    "getDayOfYear",
    "getHours",
    "getMinutes",
    "getSeconds",
    "getMilliseconds",
];
const OPERATORS: [&str; 19] = [
    operators::CONDITIONAL,
    operators::LOGICAL_AND,
    operators::LOGICAL_OR,
    operators::LOGICAL_NOT,
    operators::SUBSTRACT,
    operators::ADD,
    operators::MULTIPLY,
    operators::DIVIDE,
    operators::MODULO,
    operators::EQUALS,
    operators::NOT_EQUALS,
    operators::GREATER_EQUALS,
    operators::LESS_EQUALS,
    operators::GREATER,
    operators::LESS,
    operators::NEGATE,
    operators::INDEX,
    operators::IN,
    operators::NOT_STRICTLY_FALSE,
];

/// Checks a parsed expression against what a condition can see, and guards its macros.
pub(super) fn admit(expr: &mut IdedExpr, seen: &Value) -> Result<(), ConditionError> {
    Walk { seen, bound: Vec::new(), nodes: 0, cost: 0 }.visit(expr, 0, 0)
}

struct Walk<'a> {
    /// An input in which every field is filled; its shape is what names are checked against.
    seen: &'a Value,
    /// Variables of the macros around.
    bound: Vec<String>,
    nodes: usize,
    cost: usize,
}

impl Walk<'_> {
    fn visit(&mut self, node: &mut IdedExpr, depth: usize, macros: usize) -> Result<(), ConditionError> {
        self.nodes += 1;
        self.cost += MAX_ITEMS.pow(u32::try_from(macros).unwrap_or(u32::MAX).min(3));
        if self.nodes > MAX_NODES {
            return Err(ConditionError::TooLarge);
        }
        if depth > MAX_DEPTH || macros > MAX_MACROS || self.cost > MAX_COST {
            return Err(ConditionError::TooNested);
        }
        let path = path(&node.expr).map(|path| path.into_iter().map(str::to_owned).collect::<Vec<_>>());
        if let Some(path) = path {
            self.nodes += path.len().saturating_sub(1);
            return self.name(&path);
        }
        let deeper = depth + 1;
        match &mut node.expr {
            Expr::Literal(_) => Ok(()),
            Expr::Select(select) => self.visit(&mut select.operand, deeper, macros),
            Expr::Call(call) => {
                known(call)?;
                for part in call.target.as_deref_mut().into_iter().chain(&mut call.args) {
                    self.visit(part, deeper, macros)?;
                }
                Ok(())
            }
            Expr::List(list) if list.optional_indices.is_empty() => {
                list.elements.iter_mut().try_for_each(|part| self.visit(part, deeper, macros))
            }
            Expr::Map(map) => map.entries.iter_mut().try_for_each(|entry| match &mut entry.expr {
                EntryExpr::MapEntry(entry) if !entry.optional => {
                    self.visit(&mut entry.key, deeper, macros)?;
                    self.visit(&mut entry.value, deeper, macros)
                }
                _ => Err(unsupported("an optional entry")),
            }),
            Expr::Comprehension(each) => {
                self.visit(&mut each.iter_range, deeper, macros)?;
                let range = std::mem::take(&mut each.iter_range);
                let guard = CallExpr { func_name: GUARD.to_owned(), target: None, args: vec![range] };
                each.iter_range = IdedExpr { id: node.id, expr: Expr::Call(guard) };
                self.visit(&mut each.accu_init, deeper, macros)?;
                let before = self.bound.len();
                self.bound.extend([each.iter_var.clone(), each.accu_var.clone()]);
                self.bound.extend(each.iter_var2.clone());
                for part in [&mut each.loop_cond, &mut each.loop_step] {
                    self.visit(part, deeper, macros + 1)?;
                }
                self.visit(&mut each.result, deeper, macros)?;
                self.bound.truncate(before);
                Ok(())
            }
            Expr::List(_) => Err(unsupported("an optional element")),
            Expr::Struct(_) => Err(unsupported("a message")),
            Expr::Ident(_) | Expr::Unspecified => Err(unsupported("an empty expression")),
        }
    }

    /// A name with its fields must be in the inputs. What hangs on a macro's variable is not checked: what it stands
    /// for is not known before it runs.
    fn name(&self, path: &[String]) -> Result<(), ConditionError> {
        let Some((root, fields)) = path.split_first() else { return Ok(()) };
        if self.bound.iter().any(|name| name == root) {
            return Ok(());
        }
        let unknown = || Err(ConditionError::UnknownName { name: path.join(".") });
        let Some(mut at) = self.seen.get(root) else { return unknown() };
        // Custom fields have the names an administrator gives them.
        let open = root == "request" && fields.len() > 1 && fields[0] == "fields";
        for field in fields.iter().take(if open { 1 } else { usize::MAX }) {
            match at.get(field) {
                Some(next) => at = next,
                None => return unknown(),
            }
        }
        Ok(())
    }
}

/// The dotted name an expression spells, presence tests included.
pub(super) fn path(expr: &Expr) -> Option<Vec<&str>> {
    let (mut segments, mut at) = (Vec::new(), expr);
    loop {
        match at {
            Expr::Ident(name) => {
                segments.push(name.as_str());
                segments.reverse();
                return Some(segments);
            }
            Expr::Select(select) => {
                segments.push(select.field.as_str());
                at = &select.operand.expr;
            }
            _ => return None,
        }
    }
}

fn known(call: &CallExpr) -> Result<(), ConditionError> {
    let name = call.func_name.as_str();
    let known = match call.target {
        Some(_) => MEMBERS.contains(&name),
        None => FUNCTIONS.contains(&name) || OPERATORS.contains(&name),
    };
    if known { Ok(()) } else { Err(unsupported(&format!("the function {name}"))) }
}

fn unsupported(what: &str) -> ConditionError {
    ConditionError::Unsupported { what: what.chars().take(80).collect() }
}
