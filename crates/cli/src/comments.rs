//! `request comment` and `request comments`.

use shepherd_contract::client::Client;
use shepherd_contract::types::{AddComment, Comment, ListCommentsQuery};

use crate::output::{Column, time};
use crate::paging::{Limit, collect};
use crate::{Failure, Output, connect, resolve};

const COLUMNS: [Column<Comment>; 3] =
    [("AT", |c| time(&c.at)), ("BY", |c| c.person.name.clone()), ("TEXT", |c| c.text.clone())];

/// The thread of a request, oldest first.
pub(crate) async fn list(request: &str, limit: Limit, client: &Client, out: &Output) -> Result<(), Failure> {
    let id = resolve::request(client, request).await?;
    let rows = collect(limit.limit, |cursor, limit| async move {
        let query = ListCommentsQuery { cursor, limit: Some(limit) };
        client.comments().list_comments(id, &query).await.map(|page| (page.items, page.next_cursor))
    });
    out.list(&rows.await?, &COLUMNS)
}

/// Adds to it.
pub(crate) async fn add(request: &str, text: String, client: &Client, out: &Output) -> Result<(), Failure> {
    let id = resolve::request(client, request).await?;
    let made = client.comments().add_comment(id, &connect::key(), &AddComment { text }).await?;
    out.list(&[made], &COLUMNS)
}
