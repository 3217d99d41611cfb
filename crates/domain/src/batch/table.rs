//! A table of VMs: CSV (RFC 4180) with a header row. Read whole; every fault is told with its row and column.

use std::collections::{BTreeMap, BTreeSet};

use super::{MOST, Row, RowFault, bad_name};

/// Faults after which it is clear what is wrong.
const MOST_FAULTS: usize = 100;
const VARIABLE: &str = "var.";
const FIELD: &str = "field.";

/// What a column holds.
enum Column {
    Name,
    Size,
    Template,
    Namespace,
    Disk,
    Variable(String),
    Field(String),
}

/// The rows of a table. Columns: `name`, which must be there, and `size`, `template`, `namespace`, `disk` (bytes, or with
/// `KiB` to `TiB`), `var.NAME` and `field.NAME`. An empty cell says nothing: there it is as in the rest of the batch.
///
/// # Errors
/// Every fault that was found, at most a hundred.
pub fn read_table(text: &str) -> Result<Vec<Row>, Vec<RowFault>> {
    // Spreadsheets write a byte order mark before UTF-8.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader =
        csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(text.as_bytes());
    let header = match reader.headers() {
        Ok(header) => header.clone(),
        Err(error) => return Err(vec![unreadable(0, &error)]),
    };
    let columns = columns(&header)?;
    let (mut rows, mut faults) = (Vec::new(), Vec::new());
    let mut names: BTreeMap<String, u32> = BTreeMap::new();
    for (record, number) in reader.records().zip(1..) {
        if faults.len() >= MOST_FAULTS {
            break;
        }
        if rows.len() == MOST {
            faults.push(too_many());
            break;
        }
        match record {
            Ok(record) if record.len() != columns.len() => {
                let text = format!("This row has {} cells and the header {}.", record.len(), columns.len());
                faults.push(RowFault::new(number, "", "ROW_LENGTH", text));
                rows.push(Row { number, ..Row::default() });
            }
            Ok(record) => {
                let row = row(number, &columns, &record, &mut faults);
                if let Some(first) = names.get(&row.name) {
                    let text = format!("Row {first} has this name already; names tell rows apart.");
                    faults.push(RowFault::new(number, "name", "ROW_NAME_TWICE", text));
                } else {
                    names.insert(row.name.clone(), number);
                }
                rows.push(row);
            }
            Err(error) => {
                faults.push(unreadable(number, &error));
                break;
            }
        }
    }
    if rows.is_empty() && faults.is_empty() {
        faults.push(RowFault::new(0, "", "BATCH_SIZE", "The table has a header and no rows."));
    }
    faults.truncate(MOST_FAULTS);
    if faults.is_empty() { Ok(rows) } else { Err(faults) }
}

fn too_many() -> RowFault {
    let text = format!("A batch has at most {MOST} rows; divide the table.");
    RowFault::new(0, "", "BATCH_SIZE", text)
}

fn unreadable(row: u32, error: &csv::Error) -> RowFault {
    let text = match error.kind() {
        csv::ErrorKind::Utf8 { .. } => "This row is not UTF-8.",
        _ => "This cannot be read as CSV: look for a quotation mark that is not closed.",
    };
    RowFault::new(row, "", "TABLE_UNREADABLE", text)
}

fn columns(header: &csv::StringRecord) -> Result<Vec<Column>, Vec<RowFault>> {
    let (mut columns, mut faults, mut seen) = (Vec::new(), Vec::new(), BTreeSet::new());
    for title in header {
        if !seen.insert(title) {
            faults.push(RowFault::new(0, title, "COLUMN_TWICE", "Two columns have this title."));
        }
        let named = |prefix| title.strip_prefix(prefix).filter(|name| !name.is_empty()).map(str::to_owned);
        let column = match title {
            "name" => Some(Column::Name),
            "size" => Some(Column::Size),
            "template" => Some(Column::Template),
            "namespace" => Some(Column::Namespace),
            "disk" => Some(Column::Disk),
            _ => named(VARIABLE).map(Column::Variable).or_else(|| named(FIELD).map(Column::Field)),
        };
        match column {
            Some(column) => columns.push(column),
            None => {
                let shown: String = title.chars().filter(|c| !c.is_control()).take(40).collect();
                let text = "No such column; there are name, size, template, namespace, disk, var.NAME and field.NAME.";
                faults.push(RowFault::new(0, &shown, "COLUMN_UNKNOWN", text));
            }
        }
    }
    if !seen.contains("name") {
        faults.push(RowFault::new(0, "name", "COLUMN_MISSING", "The first line needs a column called name."));
    }
    faults.truncate(MOST_FAULTS);
    if faults.is_empty() { Ok(columns) } else { Err(faults) }
}

fn row(number: u32, columns: &[Column], record: &csv::StringRecord, faults: &mut Vec<RowFault>) -> Row {
    let mut row = Row { number, ..Row::default() };
    for (column, cell) in columns.iter().zip(record) {
        let said = (!cell.is_empty()).then(|| cell.to_owned());
        match column {
            Column::Name => row.name = cell.to_owned(),
            Column::Size => row.size = said,
            Column::Template => row.template = said,
            Column::Namespace => row.namespace = said,
            Column::Disk => match said.as_deref().map(bytes) {
                Some(None) => {
                    let text =
                        "A disk is a whole number of bytes, or of KiB, MiB, GiB or TiB, such as 20GiB.";
                    faults.push(RowFault::new(number, "disk", "DISK_UNREADABLE", text));
                }
                Some(amount) => row.disk_bytes = amount,
                None => {}
            },
            Column::Variable(name) => row.variables.extend(said.map(|value| (name.clone(), value))),
            Column::Field(name) => row.fields.extend(said.map(|value| (name.clone(), value))),
        }
    }
    if let Some((code, text)) = bad_name(&row.name) {
        faults.push(RowFault::new(number, "name", code, text));
    }
    row
}

/// `20GiB`, `20Gi` or `21474836480`.
fn bytes(text: &str) -> Option<i64> {
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let unit = text[digits.len()..].trim();
    let shift = match unit.strip_suffix('B').unwrap_or(unit) {
        "" => 0,
        "Ki" => 10,
        "Mi" => 20,
        "Gi" => 30,
        "Ti" => 40,
        _ => return None,
    };
    let amount: i64 = digits.parse().ok()?;
    amount.checked_mul(1 << shift).filter(|bytes| (0..1 << 46).contains(bytes))
}
