//! Objects and refusals as a cluster answers them.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| shepherd_kubevirt::fuzzing::views(bytes));
