use proptest::prelude::*;

use super::*;

fn places(text: &str) -> Vec<(u32, String, &'static str)> {
    let faults = read_table(text).expect_err("it has faults");
    faults.into_iter().map(|fault| (fault.row, fault.column, fault.code)).collect()
}

#[test]
fn a_table_says_only_what_differs() {
    let rows = read_table(
        "\u{feff}name,size,disk,var.motd,field.change\r\nfront,,20GiB,\"hello, you\",CHG1\nback, large@2 ,,,\n",
    )
    .unwrap();
    assert_eq!(rows.len(), 2);
    let (front, back) = (&rows[0], &rows[1]);
    assert_eq!((front.number, &*front.name, front.disk_bytes), (1, "front", Some(20 << 30)));
    assert_eq!((front.variables["motd"].as_str(), front.fields["change"].as_str()), ("hello, you", "CHG1"));
    assert_eq!((front.size.as_deref(), back.size.as_deref()), (None, Some("large@2")));
    assert!(back.variables.is_empty() && back.fields.is_empty() && back.disk_bytes.is_none());
}

#[test]
fn every_fault_has_its_row_and_column() {
    assert_eq!(
        places("name,disk\na,1.5GiB\na,1\n,2\nb\n\"c\u{7}\",3"),
        [
            (1, "disk".to_owned(), "DISK_UNREADABLE"),
            (2, "name".to_owned(), "ROW_NAME_TWICE"),
            (3, "name".to_owned(), "ROW_NAME_MISSING"),
            (4, String::new(), "ROW_LENGTH"),
            (5, "name".to_owned(), "ROW_NAME_INVALID"),
        ]
    );
    assert_eq!(
        places("nam,colour,colour\na,b,c"),
        [
            (0, "nam".to_owned(), "COLUMN_UNKNOWN"),
            (0, "colour".to_owned(), "COLUMN_UNKNOWN"),
            (0, "colour".to_owned(), "COLUMN_TWICE"),
            (0, "colour".to_owned(), "COLUMN_UNKNOWN"),
            (0, "name".to_owned(), "COLUMN_MISSING"),
        ]
    );
    assert_eq!(places("name\n"), [(0, String::new(), "BATCH_SIZE")]);
    assert_eq!(places(""), [(0, "name".to_owned(), "COLUMN_MISSING")]);
    let long: String =
        std::iter::once("name\n".to_owned()).chain((0..501).map(|n| format!("n{n}\n"))).collect();
    assert_eq!(places(&long), [(0, String::new(), "BATCH_SIZE")]);
}

#[test]
fn one_bad_row_of_five_hundred_is_found() {
    let line = |n: u32| format!("vm-{n},{}\n", if n == 417 { "much" } else { "20GiB" });
    let table: String = std::iter::once("name,disk\n".to_owned()).chain((1..=500).map(line)).collect();
    assert_eq!(places(&table), [(417, "disk".to_owned(), "DISK_UNREADABLE")]);
}

#[test]
fn a_pattern_has_room_for_its_number() {
    let names = |pattern: &str| expand(2, pattern).map(|rows| rows.into_iter().map(|row| row.name).collect());
    assert_eq!(names("web"), Ok(vec!["web-1".to_owned(), "web-2".to_owned()]));
    assert_eq!(names("{nnn}-a{nn}"), Ok(vec!["001-a01".to_owned(), "002-a02".to_owned()]));
    assert_eq!(expand(0, "web").unwrap_err().code, "BATCH_SIZE");
    assert_eq!(expand(501, "web").unwrap_err().code, "BATCH_SIZE");
    assert_eq!(expand(1, &"x".repeat(63)).unwrap_err().code, "ROW_NAME_INVALID");
}

#[test]
fn the_end_of_a_batch() {
    use RequestState as S;
    let end = |states: &[S]| Counts::of(states.iter().copied()).end().map(|(state, _)| state);
    assert_eq!(end(&[S::Succeeded, S::Pending]), None);
    assert_eq!(end(&[S::Succeeded, S::Executing, S::Failed]), None);
    assert_eq!(end(&[S::Succeeded, S::Cancelled]), Some(S::Succeeded));
    assert_eq!(end(&[S::Succeeded, S::Failed, S::Cancelled]), Some(S::Failed));
    assert_eq!(end(&[S::Cancelled, S::Cancelled]), Some(S::Cancelled));
}

fn state() -> impl Strategy<Value = RequestState> {
    proptest::sample::select(RequestState::ALL.to_vec())
}

proptest! {
    #[test]
    fn expansion_numbers_without_gaps_and_names_apart(count in 1u32..=500, pattern in "[a-z]{1,20}(\\{n\\})?") {
        let rows = expand(count, &pattern).unwrap();
        let names: std::collections::BTreeSet<_> = rows.iter().map(|row| row.name.clone()).collect();
        prop_assert_eq!(names.len(), count as usize);
        prop_assert!(rows.iter().zip(1..).all(|(row, number)| row.number == number));
    }

    #[test]
    fn any_text_is_rows_or_faults(text in "(name|size|[ -~\\n,\"])*") {
        match read_table(&text) {
            Ok(rows) => prop_assert!(!rows.is_empty() && rows.len() <= MOST),
            Err(faults) => prop_assert!(!faults.is_empty() && faults.len() <= 100),
        }
    }

    #[test]
    fn a_table_reads_back(names in proptest::collection::btree_set("[a-z][a-z0-9 ,\"]{0,10}[a-z]", 1..40)) {
        let mut table = csv::Writer::from_writer(Vec::new());
        table.write_record(["name"]).unwrap();
        names.iter().for_each(|name| table.write_record([name]).unwrap());
        let rows = read_table(&String::from_utf8(table.into_inner().unwrap()).unwrap()).unwrap();
        prop_assert_eq!(rows.into_iter().map(|row| row.name).collect::<Vec<_>>(), names.into_iter().collect::<Vec<_>>());
    }

    #[test]
    fn counts_are_complete_and_end_once(states in proptest::collection::vec(state(), 1..50)) {
        let counts = Counts::of(states.iter().copied());
        prop_assert_eq!(counts.total(), i64::try_from(states.len()).unwrap());
        let open = states.iter().any(|state| !state.is_terminal());
        prop_assert_eq!(counts.end().is_none(), open);
        if let Some((end, _)) = counts.end() {
            prop_assert_eq!(end == RequestState::Failed, counts.failed > 0);
        }
    }

    #[test]
    fn the_root_covers_every_child_and_its_place(
        children in proptest::collection::vec(("[a-z:0-9]{1,8}", any::<[u8; 32]>()), 2..20),
        at in any::<proptest::sample::Index>(),
    ) {
        let all = |children: &[(String, [u8; 32])]| root(children.iter().map(|(n, h)| (n.as_str(), SpecHash(*h))));
        let whole = all(&children);
        let at = at.index(children.len());
        let mut fewer = children.clone();
        fewer.remove(at);
        prop_assert_ne!(whole, all(&fewer));
        let mut other = children.clone();
        other[at].1[0] ^= 1;
        prop_assert_ne!(whole, all(&other));
        let mut renamed = children.clone();
        renamed[at].0.push('x');
        prop_assert_ne!(whole, all(&renamed));
        let mut moved = children.clone();
        moved.rotate_left(1);
        prop_assert!(moved == children || whole != all(&moved));
    }
}
