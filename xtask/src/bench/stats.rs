//! Order statistics of what was measured.

use std::time::Duration;

/// Measurements, smallest first. Never empty.
pub struct Samples(Vec<f64>);

impl Samples {
    /// `None` where nothing was measured.
    pub fn new(mut values: Vec<f64>) -> Option<Self> {
        values.sort_by(f64::total_cmp);
        (!values.is_empty()).then_some(Self(values))
    }

    /// In milliseconds.
    pub fn of_times(times: impl IntoIterator<Item = Duration>) -> Option<Self> {
        Self::new(times.into_iter().map(|time| time.as_secs_f64() * 1000.0).collect())
    }

    /// The smallest measured value that `percent` of all do not exceed.
    pub fn percentile(&self, percent: usize) -> f64 {
        let rank = (self.0.len() * percent).div_ceil(100).clamp(1, self.0.len());
        self.0.get(rank - 1).copied().unwrap_or(f64::NAN)
    }

    pub fn median(&self) -> f64 {
        self.percentile(50)
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Smallest, middle and largest: how noisy it was.
    pub fn spread(&self, digits: usize) -> String {
        let (least, most) = (self.percentile(0), self.percentile(100));
        format!("{least:.digits$} / {:.digits$} / {most:.digits$}", self.median())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_measured_values() {
        let samples = Samples::new((1..=100).rev().map(f64::from).collect()).unwrap();
        assert_eq!([0, 50, 95, 99, 100].map(|p| samples.percentile(p)), [1.0, 50.0, 95.0, 99.0, 100.0]);
        assert_eq!(samples.spread(0), "1 / 50 / 100");
        let one = Samples::new(vec![7.0]).unwrap();
        assert_eq!((one.percentile(99), one.median()), (7.0, 7.0));
        assert!(Samples::new(vec![]).is_none());
    }
}
