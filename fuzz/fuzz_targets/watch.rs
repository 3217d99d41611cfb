//! The bytes of a watch, cut anywhere, and pages of lists.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| shepherd_kubevirt::fuzzing::watch(bytes));
