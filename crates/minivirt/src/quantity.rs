//! Resource quantities: `64M`, `1Gi`, `500m`, `1.5`, `2e3`.

use serde_json::Value;

/// A quantity in thousandths of its unit; enough for milli-CPUs, and whole bytes up to exabytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Quantity(i128);

const SUFFIXES: [(&str, i128); 14] = [
    ("Ki", 1 << 10),
    ("Mi", 1 << 20),
    ("Gi", 1 << 30),
    ("Ti", 1 << 40),
    ("Pi", 1 << 50),
    ("Ei", 1 << 60),
    ("k", 1_000),
    ("M", 1_000_000),
    ("G", 1_000_000_000),
    ("T", 1_000_000_000_000),
    ("P", 1_000_000_000_000_000),
    ("E", 1_000_000_000_000_000_000),
    ("m", -1),
    ("", 1),
];

impl Quantity {
    /// Reads text.
    pub fn parse(text: &str) -> Option<Self> {
        let (number, scale) =
            SUFFIXES.iter().find_map(|(s, scale)| text.strip_suffix(s).map(|n| (n, *scale)))?;
        // Exponents are decimal: 2e3. A trailing E was an exa suffix, taken above.
        let (number, exponent) = match number.split_once(['e', 'E']) {
            Some((n, e)) => (n, e.parse::<u32>().ok().filter(|e| *e <= 18)?),
            None => (number, 0),
        };
        let milli = decimal_milli(number)?.checked_mul(10_i128.pow(exponent))?;
        let value = if scale < 0 { milli / 1000 } else { milli.checked_mul(scale)? };
        Some(Self(value))
    }

    /// Reads a JSON number or text.
    pub fn of(value: &Value) -> Option<Self> {
        match value {
            Value::String(text) => Self::parse(text),
            Value::Number(number) => Self::parse(&number.to_string()),
            _ => None,
        }
    }

    /// A whole number of units.
    pub fn units(value: i64) -> Self {
        Self(i128::from(value) * 1000)
    }

    /// Rounded up to whole units (bytes, CPUs); negative is 0.
    pub fn ceil(self) -> u64 {
        u64::try_from((self.0 + 999).div_euclid(1000).max(0)).unwrap_or(u64::MAX)
    }
}

/// A decimal number in thousandths.
fn decimal_milli(text: &str) -> Option<i128> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all_digits = |t: &str| t.bytes().all(|b| b.is_ascii_digit());
    if (whole.is_empty() && fraction.is_empty())
        || !all_digits(whole)
        || !all_digits(fraction)
        || whole.len() > 20
    {
        return None;
    }
    let whole: i128 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let padded = format!("{fraction:0<3}");
    let milli = whole * 1000 + padded.get(..3)?.parse::<i128>().ok()?;
    Some(if negative { -milli } else { milli })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_kubernetes_reads() {
        for (text, bytes) in
            [("64M", 64_000_000), ("1Gi", 1 << 30), ("1.5Gi", 3 << 29), ("2e3", 2000), ("0", 0), ("500m", 1)]
        {
            assert_eq!(Quantity::parse(text).unwrap().ceil(), bytes, "{text}");
        }
        for bad in ["", "M", "1X", "1..2", "abc", "1e99"] {
            assert!(Quantity::parse(bad).is_none(), "{bad}");
        }
        assert!(Quantity::parse("-1").unwrap() < Quantity::units(0));
        assert!(Quantity::parse("64M").unwrap() > Quantity::parse("32Mi").unwrap());
    }
}
