//! The fault file: what goes wrong, where and when. The reference is docs/simulator.md.
//!
//! TOML, because its errors say the line and a table is easily copied. What is not known is an error, and so is a setting
//! that its kind of fault does not have: a rehearsal that quietly leaves something out proves nothing.

use std::path::Path;
use std::time::Duration;

use serde::{Deserialize, Deserializer};
use shepherd_minivirt::faults::{Deaths, Effects, Refusal, scatter};
use toml::Spanned;

use super::world::World;
use crate::failure::Failure;

/// One fault, as it will be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// For people.
    pub says: String,
    /// Indices of the clusters, in order.
    pub clusters: Vec<usize>,
    pub from: Duration,
    pub lasts: Duration,
    pub effects: Effects,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    fault: Vec<Spanned<Raw>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    kind: Kind,
    clusters: Option<Vec<String>>,
    pick: Option<usize>,
    #[serde(default, deserialize_with = "time")]
    from: Option<Duration>,
    #[serde(rename = "for", deserialize_with = "time")]
    lasts: Option<Duration>,
    status: Option<u16>,
    percent: Option<u8>,
    #[serde(default, deserialize_with = "time")]
    retry_after: Option<Duration>,
    #[serde(default, deserialize_with = "time")]
    delay: Option<Duration>,
    #[serde(default, deserialize_with = "time")]
    after: Option<Duration>,
    #[serde(default, deserialize_with = "time")]
    every: Option<Duration>,
    #[serde(default, deserialize_with = "time")]
    ahead: Option<Duration>,
    #[serde(default, deserialize_with = "time")]
    behind: Option<Duration>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    Unreachable,
    Hang,
    Refuse,
    Slow,
    DropWatches,
    Expire,
    Skew,
    Stale,
    MembersDie,
}

impl Kind {
    /// Its name in the file, and the settings that it has beside those of all.
    fn shape(self) -> (&'static str, &'static [&'static str]) {
        match self {
            Self::Unreachable => ("unreachable", &[]),
            Self::Hang => ("hang", &[]),
            Self::Refuse => ("refuse", &["status", "percent", "retry_after"]),
            Self::Slow => ("slow", &["delay"]),
            Self::DropWatches => ("drop-watches", &["after"]),
            Self::Expire => ("expire", &["every"]),
            Self::Skew => ("skew", &["ahead", "behind"]),
            Self::Stale => ("stale", &[]),
            Self::MembersDie => ("members-die", &["every"]),
        }
    }
}

/// `500ms`, `30s`, `2m`, `1h`.
fn time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, unit) = text.split_at(digits);
    let unit = match unit {
        "ms" => 1,
        "s" => 1000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => 0,
    };
    let millis = number.parse::<u64>().ok().filter(|_| unit > 0).and_then(|number| number.checked_mul(unit));
    // A year: longer than any rehearsal, and short enough to reckon with.
    let millis = millis.filter(|millis| *millis <= 366 * 86_400_000);
    let wrong = || serde::de::Error::custom(format!("\"{text}\" is no time; write 500ms, 30s, 2m or 1h"));
    millis.map(|millis| Some(Duration::from_millis(millis))).ok_or_else(wrong)
}

/// Reads a file for a world.
pub fn read(path: &Path, world: &World) -> Result<Vec<Fault>, Failure> {
    let text = std::fs::read_to_string(path).map_err(|error| Failure::io(path.display(), error))?;
    let invalid = |text| Failure::new("SIM_FAULTS_INVALID", format!("{}: {text}", path.display()));
    parse(&text, world).map_err(invalid)
}

/// The faults of a text, or what is wrong with it and where.
fn parse(text: &str, world: &World) -> Result<Vec<Fault>, String> {
    let line = |at: usize| text.get(..at).unwrap_or(text).lines().count().max(1);
    let file: File = toml::from_str(text).map_err(|error| {
        let at =
            error.span().map_or(1, |span| text.get(..=span.start).unwrap_or(text).lines().count().max(1));
        format!("line {at}: {}", error.message())
    })?;
    let mut faults = Vec::new();
    for (number, raw) in file.fault.into_iter().enumerate() {
        let at = line(raw.span().start + 1);
        let fault = raw.into_inner().fault(number as u64, world);
        faults.push(fault.map_err(|wrong| format!("line {at}: {wrong}"))?);
    }
    Ok(faults)
}

impl Raw {
    fn fault(self, number: u64, world: &World) -> Result<Fault, String> {
        let (name, has) = self.kind.shape();
        if let Some(stray) = self.given().into_iter().find(|given| !has.contains(given)) {
            return Err(format!("{name} has no setting {stray}"));
        }
        let clusters = self.clusters(scatter(world.seed ^ scatter(number)), world)?;
        let from = self.from.unwrap_or_default();
        let lasts = self.lasts.filter(|lasts| !lasts.is_zero()).ok_or("`for` must be longer than nothing")?;
        let (effects, more) = self.effects(scatter(world.seed).wrapping_add(number))?;
        Ok(Fault { says: format!("{name}{more}"), clusters, from, lasts, effects })
    }

    fn given(&self) -> Vec<&'static str> {
        let given = [
            ("status", self.status.is_some()),
            ("percent", self.percent.is_some()),
            ("retry_after", self.retry_after.is_some()),
            ("delay", self.delay.is_some()),
            ("after", self.after.is_some()),
            ("every", self.every.is_some()),
            ("ahead", self.ahead.is_some()),
            ("behind", self.behind.is_some()),
        ];
        given.into_iter().filter(|(_, there)| *there).map(|(name, _)| name).collect()
    }

    fn clusters(&self, seed: u64, world: &World) -> Result<Vec<usize>, String> {
        let names = world.names();
        let mut chosen: Vec<usize> = match &self.clusters {
            None => (0..names.len()).collect(),
            Some(wanted) => {
                if let Some(unknown) = wanted.iter().find(|name| !names.contains(name)) {
                    let last = names.last().map_or("", String::as_str);
                    return Err(format!("there is no cluster {unknown}; they are {} to {last}", names[0]));
                }
                names
                    .iter()
                    .enumerate()
                    .filter(|(_, name)| wanted.contains(name))
                    .map(|(index, _)| index)
                    .collect()
            }
        };
        if let Some(pick) = self.pick {
            if pick == 0 || pick > chosen.len() {
                return Err(format!("`pick` must be 1 to {}", chosen.len()));
            }
            chosen.sort_by_key(|index| scatter(seed.wrapping_add(*index as u64)));
            chosen.truncate(pick);
            chosen.sort_unstable();
        }
        match chosen.is_empty() {
            true => Err("`clusters` names none; leave it out for all".to_owned()),
            false => Ok(chosen),
        }
    }

    fn effects(&self, seed: u64) -> Result<(Effects, String), String> {
        let none = Effects::default();
        let wants = |what: &str, time: Option<Duration>| {
            time.filter(|time| !time.is_zero())
                .ok_or_else(|| format!("`{what}` is needed, longer than nothing"))
        };
        let plain = |effects| Ok((effects, String::new()));
        match self.kind {
            Kind::Unreachable => plain(Effects { unreachable: true, ..none }),
            Kind::Hang => plain(Effects { hang: true, ..none }),
            Kind::Stale => plain(Effects { stale: true, ..none }),
            Kind::Refuse => {
                let status = self.status.filter(|status| *status == 429 || (500..600).contains(status));
                let status = status.ok_or("`status` is needed: 429, or 500 to 599")?;
                let percent = Some(self.percent.unwrap_or(100)).filter(|percent| (1..=100).contains(percent));
                let percent = percent.ok_or("`percent` must be 1 to 100")?;
                let retry_after = self.retry_after.unwrap_or(Duration::from_secs(1));
                let refuse = Some(Refusal { status, percent, retry_after });
                Ok((Effects { refuse, ..none }, format!(", {percent} % with {status}")))
            }
            Kind::Slow => {
                let slow = wants("delay", self.delay)?;
                Ok((Effects { slow: Some(slow), ..none }, format!(" by {slow:?}")))
            }
            Kind::DropWatches => {
                let after = self.after.unwrap_or(Duration::from_secs(1));
                Ok((Effects { drop_watches: Some(after), ..none }, format!(" after {after:?}")))
            }
            Kind::Expire => {
                let every = wants("every", self.every)?;
                Ok((Effects { expire: Some(every), ..none }, format!(" every {every:?}")))
            }
            Kind::Skew => {
                let seconds = |time: Duration| i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
                let skew = match (self.ahead, self.behind) {
                    (Some(ahead), None) => seconds(ahead),
                    (None, Some(behind)) => -seconds(behind),
                    _ => return Err("one of `ahead` and `behind` is needed".to_owned()),
                };
                Ok((Effects { skew, ..none }, format!(" by {skew} s")))
            }
            Kind::MembersDie => {
                let every = wants("every", self.every)?;
                Ok((
                    Effects { deaths: Some(Deaths { every, seed }), ..none },
                    format!(", one every {every:?}"),
                ))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORLD: World = World { seed: 7, clusters: 20, vms: 100 };

    fn one(settings: &str) -> Result<Fault, String> {
        parse(&format!("[[fault]]\nfor = \"1m\"\n{settings}"), &WORLD).map(|mut faults| faults.remove(0))
    }

    #[test]
    fn the_example_of_the_documentation_is_one() {
        let text = include_str!("../../../../docs/examples/faults.toml");
        let faults = parse(text, &WORLD).unwrap();
        let kinds: std::collections::BTreeSet<&str> =
            faults.iter().map(|fault| fault.says.split([' ', ',']).next().unwrap()).collect();
        assert_eq!(kinds.len(), 9, "it shows every kind: {kinds:?}");
        assert_eq!(faults, parse(text, &WORLD).unwrap(), "the same seed, the same faults");
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        let wrong = [
            ("[[fault]]\nkind = \"hang\"\nfro = \"1s\"\nfor = \"1s\"", "line 3: unknown field `fro`"),
            ("\n[[fault]]\nkind = \"burn\"\nfor = \"1s\"", "line 3: unknown variant `burn`"),
            ("[[fault]]\nkind = \"hang\"\nfor = \"1 s\"", "line 3: \"1 s\" is no time"),
            (
                "# first\n[[fault]]\nkind = \"hang\"\nfor = \"1s\"\ndelay = \"1s\"",
                "line 2: hang has no setting delay",
            ),
            ("[[fault]]\nkind = \"hang\"\n", "line 1: missing field `for`"),
            ("fault = 3", "line 1: "),
            ("[[fault]\n", "line 1: "),
        ];
        for (text, said) in wrong {
            let error = parse(text, &WORLD).unwrap_err();
            assert!(error.starts_with(said), "{text:?}: {error}");
        }
    }

    #[test]
    fn settings_are_bounded() {
        for (settings, said) in [
            ("kind = \"refuse\"\nstatus = 404", "429, or 500 to 599"),
            ("kind = \"refuse\"\nstatus = 500\npercent = 0", "1 to 100"),
            ("kind = \"slow\"", "`delay` is needed"),
            ("kind = \"skew\"\nahead = \"1h\"\nbehind = \"1h\"", "one of"),
            (
                "kind = \"hang\"\nclusters = [\"sim-21\"]",
                "there is no cluster sim-21; they are sim-01 to sim-20",
            ),
            ("kind = \"hang\"\nclusters = []", "names none"),
            ("kind = \"hang\"\npick = 21", "1 to 20"),
            ("kind = \"slow\"\ndelay = \"99999999999999999999h\"", "is no time"),
        ] {
            let error = one(settings).unwrap_err();
            assert!(error.contains(said), "{settings}: {error}");
        }
    }

    #[test]
    fn the_seed_picks() {
        let fault = one("kind = \"hang\"\npick = 3").unwrap();
        assert_eq!(fault.clusters.len(), 3);
        let other = |seed| {
            let world = World { seed, ..WORLD };
            parse("[[fault]]\nkind = \"hang\"\nfor = \"1s\"\npick = 3", &world).unwrap().remove(0).clusters
        };
        assert!((0..20).any(|seed| other(seed) != fault.clusters));
        assert_eq!(one("kind = \"hang\"\nclusters = [\"sim-20\", \"sim-02\"]").unwrap().clusters, [1, 19]);
    }
}
