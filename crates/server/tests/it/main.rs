//! The whole program but its binary, as people use it. One program, so that it is linked once.

mod accounts;
mod audit;
mod audited;
mod audited_batches;
mod audited_lifecycle;
mod audited_pools;
mod audited_rights;
mod capability;
mod catalogue;
mod checking;
mod clusters;
mod cross_site;
mod events;
mod grants;
mod groups;
mod inbox;
mod inbox_live;
mod main_job;
mod me;
mod observing;
mod people;
mod permissions;
mod platform;
mod policies;
mod roles;
mod session;
mod stories;
mod systems;
mod transfers;
mod visibility;

/// The code of a refusal.
fn code<T: std::fmt::Debug>(result: Result<T, shepherd_contract::client::ClientError>) -> String {
    result.expect_err("it should have been refused").code().expect("a problem").to_owned()
}
