//! From answers of probes to a verdict on a member, with a memory of one row.
//!
//! Failures and passes count in a row. Until a guest has served once since it was started it is not called unhealthy but
//! not yet healthy, so that its grace holds. A probe that could not be asked says nothing: it neither counts nor clears.
//! A hang is a failure like any other; who asks turns it into one.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{Checks, Health};
use crate::reason::Reason;

text_enum! {
    /// What came of asking.
    strict Outcome {
        /// As it should be.
        Passed = "passed",
        /// It answered wrongly, or not at all.
        Failed = "failed",
        /// It could not be asked, which says nothing about it.
        Unasked = "unasked",
    }
}

/// What a probe, a check or all of them came to, and in which words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// In one word.
    pub outcome: Outcome,
    /// In a sentence.
    pub said: Reason,
}

impl Answer {
    /// As it should be.
    pub fn passed(code: &'static str, text: impl Into<String>) -> Self {
        Self { outcome: Outcome::Passed, said: Reason::new(code, text) }
    }

    /// Not as it should be.
    pub const fn failed(said: Reason) -> Self {
        Self { outcome: Outcome::Failed, said }
    }

    /// Not to be found out.
    pub const fn unasked(said: Reason) -> Self {
        Self { outcome: Outcome::Unasked, said }
    }
}

/// What the checks come to: all must pass, and of each any probe. The answer that decided speaks for all.
pub fn judge(answers: Vec<Vec<Answer>>) -> Option<Answer> {
    let of_any = |probes: Vec<Answer>| {
        // One that passed is enough; one that could not be asked might have.
        let weight = |a: &Answer| match a.outcome {
            Outcome::Passed => 0,
            Outcome::Unasked => 1,
            Outcome::Failed => 2,
        };
        probes.into_iter().min_by_key(weight)
    };
    let weight = |a: &Answer| match a.outcome {
        Outcome::Failed => 0,
        Outcome::Unasked => 1,
        Outcome::Passed => 2,
    };
    answers.into_iter().filter_map(of_any).min_by_key(weight)
}

/// What is remembered of a member's checks since its guest was started. The default is a guest nobody has asked yet.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Memory {
    /// What its checks say.
    pub verdict: Health,
    /// Passes in a row.
    pub passed: i64,
    /// Failures in a row.
    pub failed: i64,
    /// Of the first failure it has not recovered from.
    pub failing_since: Option<DateTime<Utc>>,
    /// Since when it serves.
    pub serving_since: Option<DateTime<Utc>>,
}

impl Memory {
    /// After another answer.
    #[must_use]
    pub fn after(self, outcome: Outcome, checks: &Checks, now: DateTime<Utc>) -> Self {
        match outcome {
            Outcome::Unasked => self,
            Outcome::Passed => {
                let passed = self.passed.saturating_add(1);
                let was = self.verdict == Health::Healthy;
                if !was && passed < checks.successes {
                    return Self { passed, failed: 0, ..self };
                }
                Self {
                    verdict: Health::Healthy,
                    passed,
                    failed: 0,
                    failing_since: None,
                    serving_since: if was { self.serving_since } else { Some(now) },
                }
            }
            Outcome::Failed => {
                let failed = self.failed.saturating_add(1);
                let since = Some(self.failing_since.unwrap_or(now));
                if failed < checks.failures {
                    return Self { passed: 0, failed, failing_since: since, ..self };
                }
                let served = matches!(self.verdict, Health::Healthy | Health::Unhealthy);
                Self {
                    verdict: if served { Health::Unhealthy } else { Health::NotYet },
                    passed: 0,
                    failed,
                    failing_since: since,
                    serving_since: None,
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::at;
    use super::*;

    fn after(outcomes: &[Outcome], checks: &Checks) -> Memory {
        let steps = outcomes.iter().zip((0..).step_by(10));
        steps.fold(Memory::default(), |memory, (outcome, second)| memory.after(*outcome, checks, at(second)))
    }

    use Outcome::{Failed as F, Passed as P, Unasked as U};

    #[test]
    fn as_many_in_a_row_as_was_agreed_change_the_verdict() {
        let checks = Checks { failures: 3, successes: 2, ..Checks::default() };
        let verdicts = [
            (vec![], Health::Awaited),
            (vec![P], Health::Awaited),
            (vec![P, P], Health::Healthy),
            (vec![P, F, P], Health::Awaited),
            (vec![P, P, F, F], Health::Healthy),
            (vec![P, P, F, F, F], Health::Unhealthy),
            (vec![P, P, F, F, P, F, F], Health::Healthy),
            (vec![P, P, F, F, F, P], Health::Unhealthy),
            (vec![P, P, F, F, F, P, P], Health::Healthy),
            (vec![F, F, F], Health::NotYet),
            (vec![F, F, F, P, P], Health::Healthy),
            // What could not be asked neither counts nor clears.
            (vec![P, P, F, U, F, U, F], Health::Unhealthy),
            (vec![U, U, U, U], Health::Awaited),
        ];
        for (outcomes, verdict) in verdicts {
            assert_eq!(after(&outcomes, &checks).verdict, verdict, "{outcomes:?}");
        }
    }

    #[test]
    fn a_failure_counts_from_its_first_and_service_from_its_last_beginning() {
        let checks = Checks { failures: 2, ..Checks::default() };
        let failing = after(&[P, F, F, F], &checks);
        assert_eq!((failing.failing_since, failing.serving_since), (Some(at(10)), None));
        let back = after(&[P, F, F, P, P], &checks);
        assert_eq!((back.failing_since, back.serving_since), (None, Some(at(30))));
        let never = after(&[P, F, P, F, P], &checks);
        assert_eq!((never.failing_since, never.serving_since), (None, Some(at(0))));
    }

    #[test]
    fn all_checks_must_pass_and_of_each_one_probe() {
        let answer = |outcome| Answer { outcome, said: Reason::new("CODE", "text") };
        let of = |rows: &[&[Outcome]]| {
            let rows = rows.iter().map(|row| row.iter().copied().map(answer).collect()).collect();
            judge(rows).map(|a| a.outcome)
        };
        assert_eq!(of(&[]), None);
        assert_eq!(of(&[&[P], &[F, P]]), Some(P));
        assert_eq!(of(&[&[P], &[F, F]]), Some(F));
        assert_eq!(of(&[&[U, P], &[P]]), Some(P));
        // What could not be asked might have passed, so it is no failure; beside a failure it does not matter.
        assert_eq!(of(&[&[U, F], &[P]]), Some(U));
        assert_eq!(of(&[&[U], &[F]]), Some(F));
    }
}
