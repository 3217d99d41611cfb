//! How far a version of KubeVirt is supported.

text_enum! {
    /// What is promised of a version.
    strict Support {
        /// Tested with each change of ours.
        Supported = "supported",
        /// Known to differ in small things; nothing is promised.
        BestEffort = "best_effort",
        /// Too old for what we ask of it.
        Unsupported = "unsupported",
        /// Not known, or newer than what was tested.
        Unknown = "unknown",
    }
}

/// Of a version such as `v1.9.0`.
pub fn kubevirt(version: &str) -> Support {
    let mut parts = version.trim_start_matches('v').split(['.', '-', '+']);
    let mut number = || parts.next()?.parse::<u32>().ok();
    match (number(), number()) {
        (Some(1), Some(6..=10)) => Support::Supported,
        (Some(1), Some(3..=5)) => Support::BestEffort,
        (Some(0), Some(_)) | (Some(1), Some(0..=2)) => Support::Unsupported,
        _ => Support::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_told_apart_by_their_minor_number() {
        for (version, expected) in [
            ("v1.6.0", Support::Supported),
            ("v1.10.0-rc.1", Support::Supported),
            ("1.5.2", Support::BestEffort),
            ("v1.3.0", Support::BestEffort),
            ("v1.2.9", Support::Unsupported),
            ("v0.59.0", Support::Unsupported),
            ("v1.11.0", Support::Unknown),
            ("v2.0.0", Support::Unknown),
            ("main", Support::Unknown),
        ] {
            assert_eq!(kubevirt(version), expected, "{version}");
        }
    }
}
