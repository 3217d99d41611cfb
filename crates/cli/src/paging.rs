//! Reading a list to its end, page by page.

use shepherd_contract::client::ClientError;

use crate::Failure;

/// The largest page the contract allows.
const PAGE: usize = 200;

/// How many rows a list command shows.
#[derive(Debug, Clone, Copy, clap::Args)]
pub struct Limit {
    /// At most so many rows
    #[arg(long, default_value_t = 100)]
    pub limit: usize,
}

/// Reads pages until there are `limit` rows or no more. `page` gets the cursor and how many rows to ask for.
pub async fn collect<T, F, Fut>(limit: usize, mut page: F) -> Result<Vec<T>, Failure>
where
    F: FnMut(Option<String>, i32) -> Fut,
    Fut: Future<Output = Result<(Vec<T>, Option<String>), ClientError>>,
{
    let mut rows = Vec::new();
    let mut cursor = None;
    while rows.len() < limit {
        let want = (limit - rows.len()).min(PAGE);
        let (items, next) = page(cursor, i32::try_from(want).unwrap_or(1)).await?;
        rows.extend(items);
        match next {
            Some(next) => cursor = Some(next),
            None => break,
        }
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn pages_are_read_until_the_limit_or_the_end() {
        let numbers = |limit| {
            collect(limit, |cursor, want| async move {
                let from: i32 = cursor.map_or(0, |c: String| c.parse().unwrap());
                let to = (from + want).min(450);
                Ok(((from..to).collect(), (to < 450).then(|| to.to_string())))
            })
        };
        assert_eq!(numbers(10).await.unwrap().len(), 10);
        assert_eq!(numbers(usize::MAX).await.unwrap(), (0..450).collect::<Vec<_>>());
    }
}
