//! What rows a body asks for, and faults in them, each at its place: `/csv/17/size` is row 17, column size.

use shepherd_contract::types::RequestVms;
use shepherd_domain::batch::{self, Row, RowFault};
use shepherd_domain::reason::Reason;

use crate::error::FieldFault;
use crate::{Error, Result};

/// What rows of a count are called where nothing else is said.
const PATTERN: &str = "vm-{n}";
/// Faults after which it is clear what is wrong.
const MOST_FAULTS: usize = 100;

/// Why a batch cannot be put together.
pub(super) enum Refused {
    /// Rows that are wrong, with all that is wrong with them.
    Rows(Vec<RowFault>),
    /// Something about the whole.
    Whole(Error),
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        Self::Whole(error)
    }
}

impl From<Refused> for Error {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Rows(faults) => wrong(faults),
            Refused::Whole(error) => error,
        }
    }
}

/// The rows of a count or of a table.
pub(super) fn read(body: &RequestVms) -> std::result::Result<Vec<Row>, Refused> {
    match (body.count, &body.csv) {
        (Some(count), None) => {
            let pattern = body.name_pattern.as_deref().unwrap_or(PATTERN);
            let fault =
                |fault: RowFault| Error::field(format!("/{}", fault.column), fault.code, fault.text).into();
            batch::expand(count.unsigned_abs(), pattern).map_err(fault)
        }
        (None, Some(table)) => batch::read_table(table).map_err(Refused::Rows),
        _ => {
            let text = "Ask either for a count, or for the rows of a table, and not for both.";
            Err(Error::field("/count", "COUNT_OR_TABLE", text).into())
        }
    }
}

/// Rows of a count are all the same: what is wrong with one is said once, and of the whole.
pub(super) fn uncounted(refused: Refused, table: bool) -> Refused {
    let Refused::Rows(faults) = refused else { return refused };
    let Some(fault) = faults.first().filter(|_| !table) else { return Refused::Rows(faults) };
    let pointer = format!("/{}", escaped(&fault.column));
    let field = FieldFault { pointer, code: fault.code, text: fault.text.clone() };
    let fields = if fault.column.is_empty() { vec![] } else { vec![field] };
    Refused::Whole(Error::Invalid { reason: Reason::new(fault.code, fault.text.clone()), fields })
}

/// Those that are told.
pub(super) fn most(mut faults: Vec<RowFault>) -> Vec<RowFault> {
    faults.truncate(MOST_FAULTS);
    faults
}

/// The refusal of a table, with every fault at its place.
pub(super) fn wrong(faults: Vec<RowFault>) -> Error {
    let faults = most(faults);
    let rows: std::collections::BTreeSet<u32> = faults.iter().map(|fault| fault.row).collect();
    let first = faults.first().map(at).unwrap_or_default();
    let text = format!("Nothing was kept: {} of the rows are wrong. The first: {first}", rows.len());
    let reason = Reason::new("BATCH_ROWS_INVALID", text)
        .with("rows", rows.len())
        .with("row", faults.first().map_or(0, |fault| fault.row))
        .with("column", faults.first().map(|fault| fault.column.clone()).unwrap_or_default());
    let fields = faults.iter().map(|fault| FieldFault {
        pointer: pointer(fault.row, &fault.column),
        code: fault.code,
        text: at(fault),
    });
    Error::Invalid { reason, fields: fields.collect() }
}

fn at(fault: &RowFault) -> String {
    let row = if fault.row == 0 { "Header".to_owned() } else { format!("Row {}", fault.row) };
    match fault.column.as_str() {
        "" => format!("{row}: {}", fault.text),
        column => format!("{row}, column {column}: {}", fault.text),
    }
}

fn pointer(row: u32, column: &str) -> String {
    match column {
        "" => format!("/csv/{row}"),
        column => format!("/csv/{row}/{}", escaped(column)),
    }
}

fn escaped(column: &str) -> String {
    column.replace('~', "~0").replace('/', "~1")
}

/// What is wrong with one row where the rest of the program found it: at the columns that the fields of a single wish come
/// from.
pub(super) fn in_row(row: u32, error: Error) -> Result<Vec<RowFault>> {
    let Error::Invalid { reason, fields } = error else { return Err(error) };
    // What a client translates is the code; the table of faults is of static ones.
    let fault = |field: FieldFault| RowFault::new(row, &column(&field.pointer), field.code, field.text);
    match fields.is_empty() {
        false => Ok(fields.into_iter().map(fault).collect()),
        true => Ok(vec![stated(row, "", &reason)]),
    }
}

/// A statement about a row; its code is kept where the program has it as a constant.
pub(super) fn stated(row: u32, column: &str, reason: &Reason) -> RowFault {
    let code = match &reason.code {
        std::borrow::Cow::Borrowed(code) => code,
        std::borrow::Cow::Owned(_) => "ROW_REFUSED",
    };
    RowFault::new(row, column, code, reason.text.clone())
}

fn column(pointer: &str) -> String {
    match pointer.trim_start_matches('/').split_once('/') {
        Some(("variables", name)) => format!("var.{name}"),
        Some(("fields", name)) => format!("field.{name}"),
        Some((other, _)) => other.to_owned(),
        None => match pointer {
            "/template_version_id" => "template".to_owned(),
            "/size_version_id" => "size".to_owned(),
            "/namespace_id" => "namespace".to_owned(),
            "/disk_bytes" => "disk".to_owned(),
            other => other.trim_start_matches('/').to_owned(),
        },
    }
}
