//! Steps with their times, as they are printed.

use std::cell::{Cell, RefCell};
use std::io::{IsTerminal, Write, stdout};
use std::time::Instant;

use crate::failure::Failure;

pub struct Steps {
    start: Instant,
    number: Cell<u32>,
    /// Within a step, what is to be said below its line.
    waiting: RefCell<Option<Vec<String>>>,
}

impl Steps {
    /// The first is number 1.
    pub fn begin() -> Self {
        println!("Shepherd, the main job from the terminal\n");
        Self { start: Instant::now(), number: Cell::new(0), waiting: RefCell::new(None) }
    }

    /// Does a step and says how long it took, or that it went wrong.
    pub async fn step<T>(
        &self,
        title: &str,
        act: impl AsyncFnOnce() -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let number = self.number.get() + 1;
        self.number.set(number);
        if stdout().is_terminal() {
            // Somebody waits: say what for.
            print!("{number:>3}. {title} ...");
            let _ = stdout().flush();
        }
        self.waiting.replace(Some(Vec::new()));
        let begin = Instant::now();
        let result = act().await;
        let word = if result.is_ok() { "ok" } else { "FAILED" };
        let seconds = begin.elapsed().as_secs_f64();
        let again = if stdout().is_terminal() { "\r" } else { "" };
        println!("{again}{number:>3}. {title:<66} {word} {seconds:>7.2} s");
        for line in self.waiting.take().unwrap_or_default() {
            self.note(&line);
        }
        result
    }

    /// What was seen, below its step.
    pub fn note(&self, text: &str) {
        for line in text.lines() {
            match self.waiting.borrow_mut().as_mut() {
                Some(waiting) => waiting.push(line.to_owned()),
                None => println!("       {line}"),
            }
        }
    }

    /// The end.
    pub fn end(&self) {
        println!("\nEverything is as it should be, after {:.1} s.", self.start.elapsed().as_secs_f64());
    }
}

/// Holds, or is the deviation that ends the story.
pub fn expect(holds: bool, what: impl FnOnce() -> String) -> Result<(), Failure> {
    if holds { Ok(()) } else { Err(Failure::new("NOT_AS_IT_SHOULD_BE", what())) }
}

/// A call that must be refused with this code.
pub fn expect_refusal<T>(
    result: Result<T, shepherd_contract::client::ClientError>,
    code: &str,
) -> Result<String, Failure> {
    match result {
        Ok(_) => Err(Failure::new(
            "NOT_AS_IT_SHOULD_BE",
            format!("it was allowed, and should be refused with {code}"),
        )),
        Err(error) if error.code() == Some(code) => Ok(error.to_string()),
        Err(error) => {
            Err(Failure::new("NOT_AS_IT_SHOULD_BE", format!("refused, but not with {code}: {error}")))
        }
    }
}
