//! Requests to minivirt, up to where the store begins.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| shepherd_minivirt::fuzzing::requests(bytes));
