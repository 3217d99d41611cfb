//! Sizes as people write and read them.

/// Reads `512MiB`, `10G`, `1073741824`. Without a unit it is bytes; `G` and `GiB` are both 1024-based, as in KubeVirt's
/// and most people's use for disks and memory.
pub fn parse_bytes(text: &str) -> Result<i64, String> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let shift = match unit.trim().to_ascii_lowercase().trim_end_matches("ib").trim_end_matches('b') {
        "" => 0,
        "k" => 10,
        "m" => 20,
        "g" => 30,
        "t" => 40,
        _ => return Err(format!("{unit} is no unit; use KiB, MiB, GiB or TiB")),
    };
    let number: i64 = number.parse().map_err(|_| "a size begins with a whole number".to_owned())?;
    number.checked_mul(1 << shift).ok_or_else(|| "the size is too large".to_owned())
}

/// `1.5 GiB`, `512 MiB`.
pub fn bytes(value: i64) -> String {
    let units = [(1_i64 << 40, "TiB"), (1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
    let Some((size, unit)) = units.into_iter().find(|(size, _)| value >= *size) else {
        return format!("{value} B");
    };
    let tenths = (i128::from(value) * 10 + i128::from(size) / 2) / i128::from(size);
    match tenths % 10 {
        0 => format!("{} {unit}", tenths / 10),
        tenth => format!("{}.{tenth} {unit}", tenths / 10),
    }
}

/// Virtual CPUs: `2`, `0.5`.
pub fn vcpu(milli: i64) -> String {
    let text = format!("{}.{:03}", milli / 1000, milli % 1000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_as_people_write_them() {
        assert_eq!(parse_bytes("1024"), Ok(1024));
        assert_eq!(parse_bytes("10GiB"), Ok(10 << 30));
        assert_eq!(parse_bytes("512m"), Ok(512 << 20));
        for wrong in ["", "GiB", "-1G", "1.5G", "10 parsecs", "99999999T"] {
            assert!(parse_bytes(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn sizes_are_shown_short() {
        assert_eq!([bytes(0), bytes(512 << 20), bytes(3 << 29)], ["0 B", "512 MiB", "1.5 GiB"]);
        assert_eq!([vcpu(500), vcpu(2000), vcpu(1250)], ["0.5", "2", "1.25"]);
    }
}
