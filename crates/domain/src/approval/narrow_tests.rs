use super::*;
use crate::compute::Compute;
use crate::ids::SizeVersionId;
use crate::reason::Coded;
use crate::spec::tests::sample;
use proptest::prelude::*;
use uuid::Uuid;

fn size(milli_vcpu: i64, memory_bytes: i64) -> Option<NarrowerSize> {
    Some(NarrowerSize {
        id: SizeVersionId(Uuid::nil()),
        milli_vcpu,
        memory_bytes,
        compute: Compute::default(),
    })
}

fn code(to: Narrowing) -> &'static str {
    narrow(&sample(), &to, 0).unwrap_err().code()
}

#[test]
fn growing_and_changing_nothing_are_refused() {
    let spec = sample();
    assert_eq!(code(Narrowing { size: size(spec.milli_vcpu + 1, 1), disk_bytes: None }), "OVERRIDE_GROWS");
    assert_eq!(code(Narrowing { size: None, disk_bytes: Some(spec.disk_bytes + 1) }), "OVERRIDE_GROWS");
    // Less of one does not pay for more of another.
    assert_eq!(
        code(Narrowing { size: size(1, spec.memory_bytes + 1), disk_bytes: Some(1) }),
        "OVERRIDE_GROWS"
    );
    let same = Narrowing { size: size(spec.milli_vcpu, spec.memory_bytes), disk_bytes: None };
    assert_eq!(code(same), "OVERRIDE_CHANGES_NOTHING");
    assert_eq!(code(Narrowing::default()), "OVERRIDE_CHANGES_NOTHING");
    let dedicated = Compute { dedicated_cpu: true, ..Compute::default() };
    let other = size(1, 1).map(|size| NarrowerSize { compute: dedicated, ..size });
    assert_eq!(code(Narrowing { size: other, disk_bytes: None }), "OVERRIDE_OTHER_KIND");
    let least = Narrowing { size: None, disk_bytes: Some(5) };
    assert_eq!(narrow(&spec, &least, 6).unwrap_err().code(), "DISK_TOO_SMALL");
}

#[test]
fn the_difference_names_what_became_less() {
    let spec = sample();
    let to = Narrowing { size: size(1000, spec.memory_bytes), disk_bytes: None };
    let narrower = narrow(&spec, &to, 0).unwrap();
    let difference = Difference { field: "milli_vcpu".into(), from: 1500, to: 1000 };
    assert_eq!(Difference::between(&spec, &narrower), [difference]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn an_override_never_grows(
        steps in prop::collection::vec(
            (prop::option::of((0..3000_i64, 0..(1_i64 << 29))), prop::option::of(0..(20_i64 << 30)), 0..(4_i64 << 30)),
            0..6,
        ),
    ) {
        let first = sample();
        let mut now = first.clone();
        for (size, disk_bytes, least) in steps {
            let size = size.and_then(|(cpu, memory)| self::size(cpu, memory));
            let Ok(next) = narrow(&now, &Narrowing { size, disk_bytes }, least) else { continue };
            prop_assert!(!Difference::between(&now, &next).is_empty());
            for difference in Difference::between(&now, &next) {
                prop_assert!(difference.to < difference.from);
            }
            now = next;
        }
        for difference in Difference::between(&first, &now) {
            prop_assert!(difference.to < difference.from);
        }
        // What is no amount stays as it was asked for.
        let amounts = |spec: &crate::spec::CreateSpec| crate::spec::CreateSpec {
            size_version_id: first.size_version_id,
            compute: Compute::default(),
            milli_vcpu: 0,
            memory_bytes: 0,
            disk_bytes: 0,
            ..spec.clone()
        };
        prop_assert_eq!(amounts(&first), amounts(&now));
    }
}
