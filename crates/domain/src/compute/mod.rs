//! How a size takes its CPU and memory from a node: cores of its own, huge pages, devices, or less than the guest sees.
//!
//! Invariants: what passes [`Compute::check`] is accepted by KubeVirt's own validation of these fields; a size that
//! says nothing here is one whose pod asks for a tenth of each vCPU and for all of its memory, as KubeVirt does by itself.
//! Sources: the schema of kubevirt.io/v1 (`domain.cpu`, `domain.memory`, `domain.resources`, `devices.gpus`) and its
//! webhook. Not here: what a cluster has of it (see [`crate::placement`]).

use serde::{Deserialize, Serialize};

/// A pod asks for a tenth of a CPU for each vCPU, unless the size says otherwise; KubeVirt's default
/// `cpuAllocationRatio`.
pub const VCPUS_OF_A_CPU: i64 = 10;
/// How many devices one VM may have.
pub const MAX_GPUS: i64 = 16;

text_enum! {
    /// The size of the memory pages that back a guest.
    strict HugePages {
        /// Two MiB.
        TwoMi = "2Mi",
        /// One GiB.
        OneGi = "1Gi",
    }
}

impl HugePages {
    /// Bytes of one page.
    pub const fn bytes(self) -> i64 {
        match self {
            Self::TwoMi => 2 << 20,
            Self::OneGi => 1 << 30,
        }
    }
}

/// Devices of one kind that are handed to the guest.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gpu {
    /// The node's name for it, such as `nvidia.com/A10`.
    pub device: String,
    /// How many of them.
    pub count: i64,
}

/// What a size asks of a node beyond amounts. The default asks nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Compute {
    /// Whole cores that no other guest shares.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub dedicated_cpu: bool,
    /// What the pod asks of its node in place of a tenth of each vCPU.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_milli_cpu: Option<i64>,
    /// What the pod asks of its node in place of all of the guest's memory.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_memory_bytes: Option<i64>,
    /// Pages of this size back the guest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hugepages: Option<HugePages>,
    /// Devices; one entry for each kind.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub gpus: Vec<Gpu>,
}

/// One thing that is wrong with a size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SizeFault {
    /// Below the size's content, as a JSON pointer.
    pub pointer: String,
    /// Stable.
    pub code: &'static str,
    /// What to do, in English.
    pub text: String,
}

impl Compute {
    /// Whether nothing is asked for.
    pub fn is_plain(&self) -> bool {
        *self == Self::default()
    }

    /// How many devices in all.
    pub fn gpu_count(&self) -> i64 {
        self.gpus.iter().map(|gpu| gpu.count).sum()
    }

    /// Thousandths of a CPU the pod asks of its node.
    pub fn requested_milli_cpu(&self, milli_vcpu: i64) -> i64 {
        match (self.dedicated_cpu, self.request_milli_cpu) {
            (true, _) => milli_vcpu,
            (false, Some(request)) => request,
            (false, None) => milli_vcpu / VCPUS_OF_A_CPU,
        }
    }

    /// What it takes of a cluster's capacity, which counts ten vCPUs for each CPU.
    pub fn weight_milli_vcpu(&self, milli_vcpu: i64) -> i64 {
        match (self.dedicated_cpu, self.request_milli_cpu) {
            (false, None) => milli_vcpu,
            _ => self.requested_milli_cpu(milli_vcpu).saturating_mul(VCPUS_OF_A_CPU),
        }
    }

    /// Memory the pod asks of its node.
    pub fn requested_memory(&self, memory_bytes: i64) -> i64 {
        self.request_memory_bytes.unwrap_or(memory_bytes)
    }

    /// What the guest sees for each hundred parts of CPU its pod asks for.
    pub fn cpu_overcommit_percent(&self, milli_vcpu: i64) -> i64 {
        percent(milli_vcpu, self.requested_milli_cpu(milli_vcpu).max(1))
    }

    /// As above, for memory.
    pub fn memory_overcommit_percent(&self, memory_bytes: i64) -> i64 {
        percent(memory_bytes, self.requested_memory(memory_bytes).max(1))
    }

    /// Everything that KubeVirt would not take, or that would not do what it says.
    pub fn check(&self, milli_vcpu: i64, memory_bytes: i64) -> Vec<SizeFault> {
        let mut faults = Vec::new();
        let mut fault = |pointer: &str, code, text: String| {
            faults.push(SizeFault { pointer: pointer.to_owned(), code, text });
        };
        if self.dedicated_cpu && milli_vcpu % 1000 != 0 {
            let text = "Dedicated CPUs are whole ones; give a multiple of 1000 milli-vCPU.";
            fault("/milli_vcpu", "DEDICATED_CPU_NOT_WHOLE", text.to_owned());
        }
        if self.dedicated_cpu && self.request_milli_cpu.is_some() {
            let text = "Dedicated CPUs are asked for as they are; leave the request out.";
            fault("/request_milli_cpu", "DEDICATED_CPU_OVERCOMMITTED", text.to_owned());
        }
        if let Some(request) = self.request_milli_cpu
            && !(1..=milli_vcpu).contains(&request)
        {
            let text = format!("A pod asks for 1 to {milli_vcpu} milli-CPU, not for {request}.");
            fault("/request_milli_cpu", "REQUEST_OUT_OF_RANGE", text);
        }
        if let Some(request) = self.request_memory_bytes {
            // KubeVirt refuses less than one megabyte.
            if !(1_000_000..=memory_bytes).contains(&request) {
                let text =
                    format!("A pod asks for 1000000 to {memory_bytes} bytes of memory, not for {request}.");
                fault("/request_memory_bytes", "REQUEST_OUT_OF_RANGE", text);
            } else if request != memory_bytes && (self.dedicated_cpu || self.hugepages.is_some()) {
                let text =
                    "With dedicated CPUs or huge pages all memory is asked for; leave the request out.";
                fault("/request_memory_bytes", "MEMORY_NOT_OVERCOMMITTABLE", text.to_owned());
            }
        }
        if let Some(pages) = self.hugepages
            && memory_bytes % pages.bytes() != 0
        {
            let text = format!("Memory is a multiple of its pages; give whole pages of {pages}.");
            fault("/memory_bytes", "HUGEPAGES_NOT_DIVISIBLE", text);
        }
        faults.extend(self.gpu_faults());
        faults
    }

    fn gpu_faults(&self) -> Vec<SizeFault> {
        let mut faults = Vec::new();
        for (index, gpu) in self.gpus.iter().enumerate() {
            let mut fault = |field: &str, code, text: &str| {
                let pointer = format!("/gpus/{index}/{field}");
                faults.push(SizeFault { pointer, code, text: text.to_owned() });
            };
            if !is_device(&gpu.device) {
                fault(
                    "device",
                    "GPU_NAME_INVALID",
                    "Name the device as its node does: vendor.example/model.",
                );
            }
            if self.gpus.iter().take(index).any(|other| other.device == gpu.device) {
                fault("device", "GPU_TWICE", "Name each device once and say how many.");
            }
            if !(1..=MAX_GPUS).contains(&gpu.count) {
                fault("count", "GPU_COUNT_INVALID", "Give 1 to 16 devices of a kind.");
            }
        }
        if self.gpu_count() > MAX_GPUS && faults.is_empty() {
            let text = "A VM has at most 16 devices.".to_owned();
            faults.push(SizeFault { pointer: "/gpus".into(), code: "GPU_COUNT_INVALID", text });
        }
        faults
    }
}

fn percent(guest: i64, request: i64) -> i64 {
    // Rounded up, so that a limit is never passed by a fraction.
    i64::try_from((i128::from(guest) * 100 + i128::from(request) - 1) / i128::from(request))
        .unwrap_or(i64::MAX)
}

/// An extended resource of Kubernetes: a DNS name, a slash, and a name of at most 63 characters.
fn is_device(name: &str) -> bool {
    let Some((vendor, model)) = name.split_once('/') else { return false };
    let edge = |text: &str| {
        let ends = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
        ends(text.chars().next()) && ends(text.chars().next_back())
    };
    let vendor_ok = vendor.len() <= 253
        && vendor.split('.').all(|label| label.len() <= 63 && edge(label))
        && vendor.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '.');
    let model_ok = model.len() <= 63
        && edge(model)
        && model.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
    vendor_ok && model_ok
}

#[cfg(test)]
mod tests;
