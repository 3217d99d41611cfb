//! The engine from outside: over its API, on simulated and on real guests. One program, so that it is linked once.

#![allow(clippy::unwrap_used, reason = "a test may fail anywhere")]

mod access;
mod admission;
mod apply;
mod changing;
mod faults;
mod guests;
mod kill;
mod lifecycle;
mod objects;
mod qemu;
mod real;
mod scale;
mod streams;
mod support;
mod watch;
