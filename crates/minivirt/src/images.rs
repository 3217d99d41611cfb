//! Guest images known to this engine, by container disk name.
