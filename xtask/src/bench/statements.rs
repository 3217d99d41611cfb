//! What a lifecycle asks of the database, statement by statement: where to look when its rate is too low.
//!
//! Printed only when asked for, since it is a list and not a figure.

use std::collections::HashMap;

use anyhow::Result;

use super::queries::{self, Statement};
use super::{World, lifecycle};

/// Lifecycles that are looked at, one after the other.
const LIFECYCLES: u32 = 20;

pub async fn print(world: &mut World) -> Result<()> {
    // The first ones look up types and make the namespace.
    lifecycle::some(world, 2).await?;
    queries::begin(world).await?;
    lifecycle::some(world, 2).await?;
    let from = queries::mark(world)?;
    lifecycle::some(world, LIFECYCLES).await?;
    let heard = queries::since(world, from)?;
    queries::end(world).await?;
    let mut counts: HashMap<&str, u32> = HashMap::new();
    for Statement { sql, .. } in &heard {
        *counts.entry(sql).or_default() += 1;
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|(sql, count)| (std::cmp::Reverse(*count), *sql));
    let each = |count: u32| f64::from(count) / f64::from(LIFECYCLES);
    for (sql, count) in &counts {
        let line: String = sql.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(150).collect();
        println!("{:6.1}  {line}", each(*count));
    }
    println!("{:6.1}  statements for each lifecycle, of all kinds", each(u32::try_from(heard.len())?));
    Ok(())
}
