//! A kubeconfig that somebody uploads.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| shepherd_kubevirt::fuzzing::kubeconfig(bytes));
