//! How long what events say is kept, by class. Nothing expires unless the operator says so.

use std::str::FromStr;

/// Months that every event is kept whole, whatever is set. The database holds to it too.
pub const LEAST_MONTHS: u32 = 12;

/// What kind of event it is, for how long it is kept. An event is of the first class that fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RetentionClass {
    /// Signing in and out, refused or not: addresses of people above all.
    SignIn,
    /// Other refusals.
    Denied,
    /// Reading the log itself.
    Read,
    /// Everything that changed something, and consoles.
    Change,
}

impl RetentionClass {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::SignIn, Self::Denied, Self::Read, Self::Change];

    /// Its name in settings and events.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SignIn => "sign-in",
            Self::Denied => "denied",
            Self::Read => "read",
            Self::Change => "change",
        }
    }
}

/// For how many months one class is kept: `sign-in=24`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keep {
    pub class: RetentionClass,
    pub months: u32,
}

/// The text is not a class and months, or too few of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "write a class (sign-in, denied, read, change), an equals sign and at least 12 months, such as sign-in=24"
)]
pub struct BadKeep;

impl FromStr for Keep {
    type Err = BadKeep;
    fn from_str(text: &str) -> Result<Self, BadKeep> {
        let (name, months) = text.split_once('=').ok_or(BadKeep)?;
        let class = RetentionClass::ALL.into_iter().find(|class| class.as_str() == name).ok_or(BadKeep)?;
        let months =
            months.parse().ok().filter(|months| (LEAST_MONTHS..=1200).contains(months)).ok_or(BadKeep)?;
        Ok(Self { class, months })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_is_read_or_refused() {
        assert_eq!("sign-in=24".parse(), Ok(Keep { class: RetentionClass::SignIn, months: 24 }));
        for class in RetentionClass::ALL {
            assert_eq!(format!("{}=12", class.as_str()).parse(), Ok(Keep { class, months: 12 }));
        }
        for bad in ["", "change", "change=", "change=11", "change=-1", "all=24", "change=1201", "change=x"] {
            assert_eq!(bad.parse::<Keep>(), Err(BadKeep), "{bad}");
        }
    }
}
