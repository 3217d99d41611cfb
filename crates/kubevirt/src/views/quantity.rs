//! Kubernetes quantities (`512Mi`, `1.5`, `100m`, `2e3`), read exactly and rounded up to whole units.
//!
//! Source: the grammar in apimachinery's `resource.Quantity`. Negative values have no meaning here.

/// Bytes, rounded up. `None` when malformed, negative or beyond 64 bits.
pub fn bytes(text: &str) -> Option<u64> {
    scaled(text, 1)
}

/// Thousandths, rounded up: `1.5` CPU is 1500.
pub fn millis(text: &str) -> Option<u64> {
    scaled(text, 1000)
}

fn scaled(text: &str, unit: u128) -> Option<u64> {
    let text = text.trim();
    let end = text.bytes().position(|byte| !byte.is_ascii_digit() && byte != b'.').unwrap_or(text.len());
    let (number, suffix) = text.split_at(end);
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if (whole.is_empty() && fraction.is_empty()) || fraction.contains('.') || number.len() > 30 {
        return None;
    }
    let (factor, divisor) = factor(suffix)?;
    let digits: u128 = format!("0{whole}{fraction}").parse().ok()?;
    let divisor = divisor.checked_mul(10u128.checked_pow(u32::try_from(fraction.len()).ok()?)?)?;
    let value = digits.checked_mul(factor)?.checked_mul(unit)?;
    u64::try_from(value.div_ceil(divisor)).ok()
}

/// Multiplier and divisor of a suffix.
fn factor(suffix: &str) -> Option<(u128, u128)> {
    Some(match suffix {
        "" => (1, 1),
        "n" => (1, 1_000_000_000),
        "u" => (1, 1_000_000),
        "m" => (1, 1000),
        "k" => (1000, 1),
        "M" => (1_000_000, 1),
        "G" => (1_000_000_000, 1),
        "T" => (1_000_000_000_000, 1),
        "P" => (1_000_000_000_000_000, 1),
        "E" => (1_000_000_000_000_000_000, 1),
        "Ki" => (1 << 10, 1),
        "Mi" => (1 << 20, 1),
        "Gi" => (1 << 30, 1),
        "Ti" => (1 << 40, 1),
        "Pi" => (1 << 50, 1),
        "Ei" => (1 << 60, 1),
        _ => {
            let power: i32 = suffix.strip_prefix(['e', 'E'])?.parse().ok()?;
            let size = 10u128.checked_pow(power.unsigned_abs())?;
            if power < 0 { (1, size) } else { (size, 1) }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_quantities() {
        for (text, value) in [
            ("512Mi", 536_870_912),
            ("1.5Gi", 1_610_612_736),
            ("4G", 4_000_000_000),
            ("1e3", 1000),
            ("0.5", 1),
        ] {
            assert_eq!(bytes(text), Some(value), "{text}");
        }
        for (text, value) in [("2", 2000), ("100m", 100), ("1.5", 1500), (".25", 250), ("1u", 1)] {
            assert_eq!(millis(text), Some(value), "{text}");
        }
    }

    #[test]
    fn malformed_quantities_are_none() {
        for bad in ["", "-1", "Mi", "1.2.3", "1Zi", "99999999999999999999", "1e40", "1 Gi", "."] {
            assert_eq!(bytes(bad), None, "{bad}");
        }
    }
}
