//! The closed sets of words of the model, as stored in the database and spoken in the contract, and the
//! machine that says which state of a request follows which.
//!
//! Invariants: a word that another version may have added reads as `Unknown` and never as a neighbour; words
//! that decide what someone may do (verdicts, effects, member roles) have no `Unknown`.
//! Not here: what a state needs to be reached; see `approval`, `plan` and `policy`.

#[macro_use]
mod text;
mod lifecycle;

pub use lifecycle::{IllegalTransition, RequestEvent};
pub use text::UnknownText;

text_enum! {
    /// What can be asked for.
    loose RequestOperation {
        /// A new VM.
        Create = "vm.create",
        /// Power on.
        Start = "vm.start",
        /// Power off, by the guest or by force.
        Stop = "vm.stop",
        /// A new instance of the same VM.
        Restart = "vm.restart",
        /// Freeze the guest in memory.
        Pause = "vm.pause",
        /// Let a frozen guest go on.
        Unpause = "vm.unpause",
        /// Another size, a larger disk, a newer template version, other labels.
        Modify = "vm.modify",
        /// Stop and put into the trash, from where it can come back for a time.
        Delete = "vm.delete",
        /// Out of the trash again.
        Restore = "vm.restore",
        /// Out of the trash for good.
        Purge = "vm.purge",
        /// Access to a console, for a time.
        Console = "vm.console",
        /// A place in a System.
        Join = "system.join",
        /// A group of VMs, kept at its count, spec and health.
        PoolCreate = "pool.create",
        /// Another spec, or other bounds.
        PoolChange = "pool.change",
        /// It goes, and its members with it.
        PoolDelete = "pool.delete",
    }
}

impl RequestOperation {
    /// Whether its work is an operation on a VM in a cluster; a console is access, a place in a System a row, and what a
    /// pool needs its own to do.
    pub const fn touches_cluster(self) -> bool {
        !matches!(
            self,
            Self::Console
                | Self::Join
                | Self::PoolCreate
                | Self::PoolChange
                | Self::PoolDelete
                | Self::Unknown
        )
    }
}

text_enum! {
    /// Where a request stands.
    loose RequestState {
        /// Not submitted.
        Draft = "draft",
        /// Waiting for its approvers.
        Pending = "pending",
        /// Waiting for its requester to change it.
        ChangesRequested = "changes_requested",
        /// Decided; its work has not begun.
        Approved = "approved",
        /// Its work has begun.
        Executing = "executing",
        /// Its work is done.
        Succeeded = "succeeded",
        /// Its work could not be done.
        Failed = "failed",
        /// An approver refused it.
        Rejected = "rejected",
        /// Its requester withdrew it.
        Cancelled = "cancelled",
        /// Nobody decided, or it could not be carried out, in time.
        Expired = "expired",
    }
}

text_enum! {
    /// Where one approval stage stands.
    strict StageState {
        /// An earlier stage comes first.
        Waiting = "waiting",
        /// Can be decided now.
        Active = "active",
        /// Has the approvals it needs.
        Satisfied = "satisfied",
        /// Refused.
        Rejected = "rejected",
        /// The request ended or changed before it was decided.
        Void = "void",
    }
}

text_enum! {
    /// Where work on a VM stands.
    loose OperationState {
        /// Behind another operation on the same VM.
        Queued = "queued",
        /// Waiting for the cluster to report something.
        Waiting = "waiting",
        /// A worker is at it.
        Running = "running",
        /// Done.
        Succeeded = "succeeded",
        /// Ended with a coded reason.
        Failed = "failed",
        /// A delete or a forced stop took its place.
        Superseded = "superseded",
        /// Its cluster could not be reached in time.
        Expired = "expired",
    }
}

impl OperationState {
    /// Ended, whatever way. An unknown state counts as live: nothing may take its place.
    pub const fn is_terminal(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Superseded | Self::Expired)
    }
}

text_enum! {
    /// Where one step of an operation stands.
    strict StepState {
        /// Not begun.
        Waiting = "waiting",
        /// Begun.
        Running = "running",
        /// Done.
        Done = "done",
        /// Ended the operation.
        Failed = "failed",
    }
}

text_enum! {
    /// What a VM does, as its cluster reports it.
    loose PowerState {
        /// No instance.
        Stopped = "stopped",
        /// An instance that does not run yet.
        Starting = "starting",
        /// The guest runs.
        Running = "running",
        /// The guest is frozen in memory.
        Paused = "paused",
        /// The instance is going away.
        Stopping = "stopping",
        /// Moving to another node; the guest runs.
        Migrating = "migrating",
        /// The VM itself is going away.
        Deleting = "deleting",
        /// Ended several times before it ever ran.
        CrashLoop = "crash_loop",
        /// The instance ended in failure.
        Failed = "failed",
        /// The cluster has no such VM.
        Missing = "missing",
    }
}

text_enum! {
    /// Where a VM stands in Shepherd's books.
    loose VmState {
        /// Approved, not yet seen running.
        Creating = "creating",
        /// In use.
        Active = "active",
        /// Stopped, its disks kept for a time.
        Trashed = "trashed",
        /// On its way out of the trash.
        Restoring = "restoring",
        /// Being removed.
        Deleting = "deleting",
        /// A tombstone; its name is never given again.
        Deleted = "deleted",
        /// Its creation ended in failure.
        Failed = "failed",
    }
}

text_enum! {
    /// Whether a version of a catalogue item may be asked for.
    strict CatalogueState {
        /// Yes.
        Active = "active",
        /// Yes, with a warning.
        Deprecated = "deprecated",
        /// No; requests that name it go back before they are carried out.
        Withdrawn = "withdrawn",
    }
}

text_enum! {
    /// What a member of a System is to it.
    strict MemberRole {
        /// Looks on.
        Viewer = "viewer",
        /// Works in it.
        Member = "member",
        /// Answers for it and manages its members.
        Owner = "owner",
    }
}

text_enum! {
    /// One person's word on a request.
    strict Verdict {
        /// Yes.
        Approve = "approve",
        /// No.
        Reject = "reject",
        /// Not like this: back to whoever asked.
        RequestChanges = "request_changes",
    }
}

text_enum! {
    /// What a policy does when it matches.
    strict PolicyEffect {
        /// Waves it through, where nothing else asks for more.
        Allow = "allow",
        /// Refuses it.
        Deny = "deny",
        /// Asks for approval stages.
        Require = "require",
    }
}

text_enum! {
    /// How much a policy weighs.
    strict Enforcement {
        /// Is shown and changes nothing.
        Advisory = "advisory",
        /// A named role may override it, on the record.
        Soft = "soft",
        /// Nobody overrides it.
        Hard = "hard",
    }
}

text_enum! {
    /// The guest's operating system, by how it takes its first settings.
    strict GuestFamily {
        /// By cloud-init.
        Linux = "linux",
        /// By sysprep.
        Windows = "windows",
    }
}

text_enum! {
    /// How a volume is given to a guest.
    strict VolumeMode {
        /// As a raw device.
        Block = "block",
        /// As a file in a file system; what Kubernetes takes where nothing is said.
        Filesystem = "filesystem",
    }
}

text_enum! {
    /// What becomes of the root disk when the VM stops.
    strict RootDisk {
        /// It starts from the image again.
        Ephemeral = "ephemeral",
        /// It is kept until the VM is deleted.
        Persistent = "persistent",
    }
}

text_enum! {
    /// The two kinds of console.
    strict ConsoleKind {
        /// Text on the serial line.
        Serial = "serial",
        /// The screen.
        Vnc = "vnc",
    }
}

text_enum! {
    /// What Shepherd does with a cluster.
    strict ClusterMode {
        /// Looks, and never writes.
        Observe = "observe",
        /// Makes and changes VMs there.
        Govern = "govern",
    }
}

text_enum! {
    /// How a cluster answers.
    loose ClusterHealth {
        /// As it should.
        Healthy = "healthy",
        /// With errors or late.
        Degraded = "degraded",
        /// Not at all.
        Unreachable = "unreachable",
    }
}

text_enum! {
    /// How what was done ended, in the audit log.
    strict AuditOutcome {
        /// Done.
        Success = "success",
        /// Not allowed.
        Denied = "denied",
        /// Allowed, and went wrong.
        Failed = "failed",
        /// About to be done in a cluster.
        Intent = "intent",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_read_back() {
        for state in RequestState::ALL {
            assert_eq!(RequestState::from(state.as_str()), *state);
            assert_eq!(serde_json::from_str::<RequestState>(&format!("\"{state}\"")).unwrap(), *state);
        }
        for operation in RequestOperation::ALL {
            assert_eq!(RequestOperation::from(operation.as_str()), *operation);
        }
        for verdict in Verdict::ALL {
            assert_eq!(verdict.as_str().parse::<Verdict>().unwrap(), *verdict);
        }
    }

    #[test]
    fn a_newer_versions_word_is_unknown_where_that_is_safe() {
        assert_eq!(RequestState::from("paused"), RequestState::Unknown);
        assert_eq!(serde_json::from_str::<PowerState>("\"hibernating\"").unwrap(), PowerState::Unknown);
        assert!(!RequestOperation::ALL.contains(&RequestOperation::Unknown));
    }

    #[test]
    fn a_word_that_decides_is_refused() {
        let error = "maybe".parse::<Verdict>().unwrap_err();
        assert_eq!(error.to_string(), "\"maybe\" is not a Verdict");
        assert!(serde_json::from_str::<PolicyEffect>("\"unknown\"").is_err());
        assert!("x".repeat(500).parse::<Enforcement>().unwrap_err().text.len() == 40);
    }
}
