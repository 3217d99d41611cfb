//! Guests as QEMU processes.
