//! Printing answers: a table for people, JSON and YAML for programs.
//!
//! JSON and YAML show the contract's own types, so that a script sees what the API says. Progress and remarks go to
//! standard error; standard output holds the answer and nothing else.

use std::io::{ErrorKind, Write};

use comfy_table::presets::NOTHING;
use comfy_table::{ContentArrangement, Table};
use serde::Serialize;

use crate::Failure;

/// How answers are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// Columns, for people.
    Table,
    /// One JSON document.
    Json,
    /// One YAML document.
    Yaml,
}

/// A column: its heading and what a row has in it.
pub type Column<T> = (&'static str, fn(&T) -> String);

/// Where answers go.
#[derive(Debug, Clone, Copy)]
pub struct Output {
    format: Format,
}

impl Output {
    /// To standard output.
    pub fn new(format: Format) -> Self {
        Self { format }
    }

    /// Whether a person reads it, and not a program.
    pub fn is_table(&self) -> bool {
        self.format == Format::Table
    }

    /// Prints rows.
    pub fn list<T: Serialize>(&self, rows: &[T], columns: &[Column<T>]) -> Result<(), Failure> {
        print(&match self.format {
            Format::Table => table(rows, columns),
            format => document(format, &rows)?,
        })
    }

    /// Prints one thing, its fields below each other.
    pub fn one<T: Serialize>(&self, row: &T, fields: &[Column<T>]) -> Result<(), Failure> {
        print(&match self.format {
            Format::Table => card(row, fields),
            format => document(format, row)?,
        })
    }

    /// Says something to a person; goes to standard error.
    pub fn remark(&self, text: &str) {
        // Nobody to tell is no reason to fail.
        let _ = writeln!(std::io::stderr(), "{text}");
    }
}

/// Rows below headings; only the headings when there is no row.
pub fn table<T>(rows: &[T], columns: &[Column<T>]) -> String {
    let mut table = Table::new();
    table.load_style(NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(columns.iter().map(|(heading, _)| *heading));
    for row in rows {
        table.add_row(columns.iter().map(|(_, cell)| dash(cell(row))));
    }
    trimmed(&table)
}

/// One field a line.
pub fn card<T>(row: &T, fields: &[Column<T>]) -> String {
    let mut table = Table::new();
    table.load_style(NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    for (heading, cell) in fields {
        table.add_row([format!("{heading}:"), dash(cell(row))]);
    }
    trimmed(&table)
}

/// Lines begin at the margin and end with their text.
fn trimmed(table: &Table) -> String {
    let lines = table.lines().map(|line| line.strip_prefix(' ').unwrap_or(&line).trim_end().to_owned());
    lines.collect::<Vec<_>>().join("\n")
}

fn dash(text: String) -> String {
    if text.is_empty() { "-".to_owned() } else { printable(&text) }
}

/// Text from a server or a cluster must not steer the terminal.
fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' { '\u{fffd}' } else { c }).collect()
}

fn document<T: Serialize>(format: Format, value: &T) -> Result<String, Failure> {
    match format {
        Format::Yaml => {
            let text = serde_saphyr::to_string(value);
            text.map(|text| text.trim_end().to_owned()).map_err(|error| Failure::local("YAML", error))
        }
        _ => serde_json::to_string_pretty(value).map_err(|error| Failure::local("JSON", error)),
    }
}

fn print(text: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    match writeln!(out, "{text}").and_then(|()| out.flush()) {
        // `| head` has seen enough.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        result => result.map_err(|error| Failure::local("standard output", error)),
    }
}

/// A time as people read it, in UTC.
pub fn time(at: &chrono::DateTime<chrono::Utc>) -> String {
    at.format("%Y-%m-%d %H:%M:%SZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize)]
    struct Row {
        name: &'static str,
        note: Option<&'static str>,
    }

    const ROWS: [Row; 2] =
        [Row { name: "prod-shop-web-01", note: None }, Row { name: "网", note: Some("a\x1b[2Jb") }];
    const COLUMNS: [Column<Row>; 2] =
        [("NAME", |row| row.name.to_owned()), ("NOTE", |row| row.note.unwrap_or_default().to_owned())];

    #[test]
    fn tables_line_up_and_cannot_steer_the_terminal() {
        let lines = ["NAME              NOTE", "prod-shop-web-01  -", "网                a\u{fffd}[2Jb"];
        assert_eq!(table(&ROWS, &COLUMNS), lines.join("\n"));
        assert_eq!(table(&[], &COLUMNS), "NAME  NOTE");
        assert_eq!(card(&ROWS[1], &COLUMNS), "NAME:  网\nNOTE:  a\u{fffd}[2Jb");
    }

    #[test]
    fn documents_are_the_contracts_types() {
        let json = "{\n  \"name\": \"prod-shop-web-01\",\n  \"note\": null\n}";
        assert_eq!(document(Format::Json, &ROWS[0]).unwrap(), json);
        assert_eq!(document(Format::Yaml, &&ROWS[..1]).unwrap(), "- name: prod-shop-web-01\n  note: null");
    }
}
