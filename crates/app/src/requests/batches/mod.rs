//! Batches: up to 500 of one operation, asked for in one request and decided on once.
//!
//! A batch is a request whose spec names the hash over all its children; each child is a request too, without stages and
//! decisions of its own, and is carried out like any other. Submitting writes all or nothing: one bad row of 500 and
//! nothing is kept. After the approval children begin in transactions of their own ([`dispatch`]), people taking turns; a
//! child that ends settles its batch ([`settle`]). A batch is of one Service and one environment, because that is where
//! policy judges and approvers are found.

mod again;
mod create;
mod dispatch;
mod list;
mod names;
mod power;
mod preflight;
mod rows;
mod settle;
mod submit;

use shepherd_domain::batch::root;
use shepherd_domain::hash::SpecHash;
use shepherd_domain::ids::RequestId;
use shepherd_domain::reason::Reason;
use shepherd_domain::spec::BatchSpec;
use shepherd_store::{Conn, batches as store};

use super::view::Whole;
use crate::{Error, Result};

pub use list::ListBatches;
pub(crate) use settle::settle;

/// Whether the children are those that the hash people decided on covers.
pub(super) async fn unchanged(conn: &mut Conn, id: RequestId, batch: &BatchSpec) -> Result<()> {
    let children = store::hashes(conn, id).await?;
    let hash = |bytes: &[u8]| SpecHash::try_from(bytes).map_err(|error| Error::Internal(Box::new(error)));
    let children: Vec<(&str, SpecHash)> =
        children.iter().map(|(label, bytes)| Ok((label.as_str(), hash(bytes)?))).collect::<Result<_>>()?;
    if root(children) == batch.children {
        return Ok(());
    }
    Err(Error::Internal(format!("the children of batch {id} are not those that were asked for").into()))
}

/// Neither a batch nor a part of one is changed: it is taken or left as it is.
pub(super) fn refuse_change(whole: &Whole) -> Result<()> {
    let row = &whole.row;
    if row.operation.starts_with("pool.") {
        let text = "A request for a pool is approved or rejected as it is; whoever asked can withdraw it and ask anew.";
        return Err(Error::conflict("POOL_AS_IT_IS", text));
    }
    if row.batch_size.is_none() && row.batch_id.is_none() {
        return Ok(());
    }
    let text = "A batch is approved or rejected as it is; whoever asked can call it off and ask anew.";
    Err(Error::conflict("BATCH_AS_IT_IS", text))
}

/// Neither a batch nor a part of one is withdrawn like a single request.
pub(super) fn refuse_alone(whole: &Whole) -> Result<()> {
    let row = &whole.row;
    let text = "This is a batch, or part of one; call off what of the batch has not begun.";
    match row.batch_id.or(row.batch_size.map(|_| row.id)) {
        Some(batch) => {
            let reason = Reason::new("PART_OF_BATCH", text).with("batch_id", batch.to_string());
            Err(Error::Conflict(reason))
        }
        None => Ok(()),
    }
}
