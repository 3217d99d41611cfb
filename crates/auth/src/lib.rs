//! Who someone is: passwords, opaque tokens, cookies, and where a request came from.
//!
//! Pure rules and cryptography: what is kept (sessions, tokens, failed attempts) is kept by `store`, and what someone may
//! do is decided by `domain` and `app`. Nothing here reads a clock; moments are arguments.
//!
//! Values that open doors are random, compared in constant time, stored only as hashes, and never printed.

pub mod address;
pub mod cookie;
pub mod origin;
pub mod password;
pub mod session;
pub mod ssh_key;
pub mod throttle;
pub mod token;
