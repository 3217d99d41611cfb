//! The whole program but its binary, as people use it. One program, so that it is linked once.

mod audit;
mod audited;
mod audited_rights;
mod catalogue;
mod clusters;
mod cross_site;
mod events;
mod groups;
mod main_job;
mod me;
mod people;
mod permissions;
mod platform;
mod policies;
mod session;
mod stories;
mod systems;
