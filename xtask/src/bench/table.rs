//! The table that the benchmark prints.

use std::fmt;

/// One figure beside what it is measured against.
pub struct Line {
    pub what: String,
    pub measured: String,
    /// What the same machine did in the same run without Shepherd, or the limit where nothing compares.
    pub floor: String,
    pub ratio: f64,
    pub reach: &'static str,
    pub met: bool,
    /// Smallest / middle / largest of the repeats.
    pub noise: String,
}

/// All figures of a run.
#[derive(Default)]
pub struct Table(pub Vec<Line>);

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let head = ["What", "Measured", "Floor", "Ratio", "Reach", "Reached", "Min / median / max"];
        let mut rows = vec![head.map(str::to_owned)];
        rows.extend(self.0.iter().map(|line| {
            [
                line.what.clone(),
                line.measured.clone(),
                line.floor.clone(),
                format!("{:.2}", line.ratio),
                line.reach.to_owned(),
                if line.met { "yes" } else { "no" }.to_owned(),
                line.noise.clone(),
            ]
        }));
        let widths: Vec<usize> = (0..head.len())
            .map(|column| {
                rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max()
            })
            .map(Option::unwrap_or_default)
            .collect();
        for (number, row) in rows.iter().enumerate() {
            let cells: Vec<_> =
                row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}")).collect();
            writeln!(f, "| {} |", cells.join(" | "))?;
            if number == 0 {
                let rule: Vec<_> = widths.iter().map(|width| "-".repeat(*width)).collect();
                writeln!(f, "|-{}-|", rule.join("-|-"))?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_a_markdown_table() {
        let line = Line {
            what: "reads".into(),
            measured: "8 /s".into(),
            floor: "10 /s".into(),
            ratio: 0.8,
            reach: "≥ 0.8",
            met: true,
            noise: "0.7 / 0.8 / 0.9".into(),
        };
        let text = Table(vec![line]).to_string();
        let rows: Vec<_> = text.lines().collect();
        assert_eq!(rows.len(), 3);
        assert!(rows[2].starts_with("| reads | 8 /s     | 10 /s | 0.80"), "{text}");
        assert!(rows.iter().all(|row| row.chars().count() == rows[0].chars().count()), "{text}");
    }
}
