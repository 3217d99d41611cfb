use super::*;
use proptest::prelude::*;

const GIB: i64 = 1 << 30;

fn codes(compute: &Compute, milli: i64, memory: i64) -> Vec<(String, &'static str)> {
    compute.check(milli, memory).into_iter().map(|fault| (fault.pointer, fault.code)).collect()
}

fn gpu(device: &str, count: i64) -> Gpu {
    Gpu { device: device.into(), count }
}

#[test]
fn a_plain_size_is_the_default_and_writes_nothing() {
    let plain = Compute::default();
    assert!(plain.is_plain());
    assert_eq!(serde_json::to_string(&plain).unwrap(), "{}");
    assert_eq!(codes(&plain, 100, 1), []);
    assert_eq!((plain.cpu_overcommit_percent(2000), plain.memory_overcommit_percent(GIB)), (1000, 100));
    assert_eq!((plain.weight_milli_vcpu(2000), plain.requested_milli_cpu(2000)), (2000, 200));
}

#[test]
fn what_a_pod_asks_for_weighs_ten_times_its_cpu() {
    let dedicated = Compute { dedicated_cpu: true, ..Compute::default() };
    assert_eq!((dedicated.weight_milli_vcpu(2000), dedicated.cpu_overcommit_percent(2000)), (20_000, 100));
    let half = Compute { request_milli_cpu: Some(1000), ..Compute::default() };
    assert_eq!((half.weight_milli_vcpu(2000), half.cpu_overcommit_percent(2000)), (10_000, 200));
    let third = Compute { request_memory_bytes: Some(3 * GIB), ..Compute::default() };
    assert_eq!((third.requested_memory(10 * GIB), third.memory_overcommit_percent(10 * GIB)), (3 * GIB, 334));
}

#[test]
fn every_fault_is_named_where_it_is() {
    let all = Compute {
        dedicated_cpu: true,
        request_milli_cpu: Some(9000),
        request_memory_bytes: Some(GIB / 2),
        hugepages: Some(HugePages::OneGi),
        gpus: vec![gpu("A10", 1), gpu("nvidia.com/A10", 0), gpu("nvidia.com/A10", 17)],
    };
    assert_eq!(
        codes(&all, 1500, GIB + 1),
        [
            ("/milli_vcpu".to_owned(), "DEDICATED_CPU_NOT_WHOLE"),
            ("/request_milli_cpu".to_owned(), "DEDICATED_CPU_OVERCOMMITTED"),
            ("/request_milli_cpu".to_owned(), "REQUEST_OUT_OF_RANGE"),
            ("/request_memory_bytes".to_owned(), "MEMORY_NOT_OVERCOMMITTABLE"),
            ("/memory_bytes".to_owned(), "HUGEPAGES_NOT_DIVISIBLE"),
            ("/gpus/0/device".to_owned(), "GPU_NAME_INVALID"),
            ("/gpus/1/count".to_owned(), "GPU_COUNT_INVALID"),
            ("/gpus/2/device".to_owned(), "GPU_TWICE"),
            ("/gpus/2/count".to_owned(), "GPU_COUNT_INVALID"),
        ]
    );
    let many = Compute { gpus: vec![gpu("a.b/c", 9), gpu("a.b/d", 8)], ..Compute::default() };
    assert_eq!(codes(&many, 1000, GIB), [("/gpus".to_owned(), "GPU_COUNT_INVALID")]);
    let whole = Compute { request_memory_bytes: Some(GIB), dedicated_cpu: true, ..Compute::default() };
    assert_eq!(codes(&whole, 1000, GIB), [], "all of it may be asked for by name");
}

#[test]
fn devices_are_named_as_nodes_name_them() {
    for good in ["nvidia.com/A10", "nvidia.com/TU104GL_Tesla_T4", "amd.com/gpu", "x/y"] {
        assert!(is_device(good), "{good}");
    }
    for bad in
        ["", "A10", "/A10", "nvidia.com/", "Nvidia.com/A10", "a..b/c", "a/b/c", "-a/b", "a/b-", "a b/c"]
    {
        assert!(!is_device(bad), "{bad}");
    }
}

proptest! {
    #[test]
    fn a_size_that_passes_never_asks_for_more_than_its_guest_sees(
        milli in 100_i64..64_000, memory in (16_i64 << 20)..(64 << 30), dedicated: bool,
        request in prop::option::of(0_i64..64_000), bytes in prop::option::of(0_i64..(64 << 30)),
    ) {
        let compute = Compute {
            dedicated_cpu: dedicated, request_milli_cpu: request, request_memory_bytes: bytes, ..Compute::default()
        };
        if compute.check(milli, memory).is_empty() {
            prop_assert!(compute.requested_milli_cpu(milli) <= milli);
            prop_assert!(compute.requested_memory(memory) <= memory);
            prop_assert!(compute.cpu_overcommit_percent(milli) >= 100);
            prop_assert!(compute.memory_overcommit_percent(memory) >= 100);
        }
    }
}
