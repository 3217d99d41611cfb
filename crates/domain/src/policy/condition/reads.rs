//! What a policy reads of a request, for people to see.

use std::collections::BTreeSet;

use cel::IdedExpr;
use cel::common::ast::{EntryExpr, Expr};
use serde_json::Value;

use super::program::Program;
use super::scope::names;
use crate::policy::{Input, PolicyVersion};

/// The inputs a policy looks at, by the names conditions use, with their values.
pub fn read_by(policy: &PolicyVersion, input: &Input) -> Vec<(String, Value)> {
    let mut paths = BTreeSet::from(["request.operation".to_owned()]);
    if policy.condition.protected().is_some() {
        paths.insert("environment.protected".to_owned());
    }
    if let Some(Ok(program)) = policy.condition.expression().map(Program::read) {
        collect(&program.expr, &mut paths);
    }
    let names = names(input);
    let now = Value::from(input.now.to_rfc3339());
    let value = |path: &str| match path {
        "now" => Some(now.clone()),
        _ => path.split('.').try_fold(&names, |at, name| at.get(name)).cloned(),
    };
    // What is not there (a custom field) reads as nothing; a macro's variable is no input.
    let known =
        |path: &String| path == "now" || names.get(path.split('.').next().unwrap_or_default()).is_some();
    paths.into_iter().filter(known).map(|path| (path.clone(), value(&path).unwrap_or(Value::Null))).collect()
}

/// Depth was bounded when the program was read.
fn collect(node: &IdedExpr, paths: &mut BTreeSet<String>) {
    if let Some(path) = super::limits::path(&node.expr) {
        paths.insert(path.join("."));
        return;
    }
    match &node.expr {
        Expr::Select(select) => collect(&select.operand, paths),
        Expr::Call(call) => {
            call.target.as_deref().into_iter().chain(&call.args).for_each(|part| collect(part, paths))
        }
        Expr::List(list) => list.elements.iter().for_each(|part| collect(part, paths)),
        Expr::Map(map) => {
            for entry in &map.entries {
                if let EntryExpr::MapEntry(entry) = &entry.expr {
                    collect(&entry.key, paths);
                    collect(&entry.value, paths);
                }
            }
        }
        Expr::Comprehension(each) => {
            for part in [&each.iter_range, &each.accu_init, &each.loop_cond, &each.loop_step, &each.result] {
                collect(part, paths);
            }
        }
        Expr::Literal(_) | Expr::Ident(_) | Expr::Struct(_) | Expr::Unspecified => {}
    }
}
