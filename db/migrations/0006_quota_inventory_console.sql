-- Quota, what the clusters say, and consoles.

CREATE TABLE quota_limit (
    scope_kind text NOT NULL CHECK (scope_kind IN ('platform', 'environment', 'system', 'service', 'person')),
    scope_id   uuid NOT NULL,
    dimension  text NOT NULL CHECK (dimension IN ('milli_vcpu', 'memory_bytes', 'disk_bytes', 'vms', 'gpus', 'snapshots')),
    amount     bigint NOT NULL,
    hard       boolean NOT NULL DEFAULT true,
    PRIMARY KEY (scope_kind, scope_id, dimension)
);

-- Written even where no limit exists, so that a limit set later starts from the truth.
CREATE TABLE quota_ledger (
    request_id     uuid NOT NULL REFERENCES request,
    dimension      text NOT NULL,
    amount         bigint NOT NULL,
    state          text NOT NULL CHECK (state IN ('reserved', 'live', 'released')),
    vm_id          uuid REFERENCES vm,
    environment_id uuid NOT NULL,
    system_id      uuid NOT NULL,
    service_id     uuid NOT NULL,
    principal_id   uuid NOT NULL,
    changed_at     timestamptz NOT NULL DEFAULT app_now(),
    PRIMARY KEY (request_id, dimension)
);
CREATE INDEX quota_ledger_system ON quota_ledger (system_id, dimension) WHERE state <> 'released';
CREATE INDEX quota_ledger_environment ON quota_ledger (environment_id, dimension) WHERE state <> 'released';
CREATE INDEX quota_ledger_vm ON quota_ledger (vm_id);

-- A cluster's own view of a VM, written by the watch that holds the cluster's lease.
CREATE TABLE inventory_vm (
    cluster_id       uuid NOT NULL REFERENCES cluster,
    namespace        text NOT NULL,
    name             text NOT NULL,
    uid              text NOT NULL,
    vm_id            uuid,
    power            text NOT NULL,
    reason           text,
    message          text,
    node             text,
    address          text,
    milli_vcpu       bigint,
    memory_bytes     bigint,
    instance_uid     text,
    resource_version text NOT NULL,
    detail           jsonb NOT NULL DEFAULT '{}',
    -- Which relist saw it last: what an ended relist did not see is gone.
    generation       bigint NOT NULL,
    epoch            bigint NOT NULL,
    seen_at          timestamptz NOT NULL DEFAULT app_now(),
    changed_at       timestamptz NOT NULL DEFAULT app_now(),
    PRIMARY KEY (cluster_id, namespace, name)
);
CREATE INDEX inventory_vm_vm ON inventory_vm (vm_id) WHERE vm_id IS NOT NULL;

CREATE TABLE console_ticket (
    token_sha256 bytea PRIMARY KEY CHECK (octet_length(token_sha256) = 32),
    vm_id        uuid NOT NULL REFERENCES vm,
    kind         text NOT NULL CHECK (kind IN ('serial', 'vnc')),
    principal_id uuid NOT NULL REFERENCES principal,
    session_id   uuid REFERENCES session,
    request_id   uuid NOT NULL REFERENCES request,
    expires_at   timestamptz NOT NULL,
    used_at      timestamptz
);

CREATE TABLE console (
    id           uuid PRIMARY KEY,
    vm_id        uuid NOT NULL REFERENCES vm,
    kind         text NOT NULL CHECK (kind IN ('serial', 'vnc')),
    principal_id uuid NOT NULL REFERENCES principal,
    request_id   uuid NOT NULL REFERENCES request,
    opened_at    timestamptz NOT NULL DEFAULT app_now(),
    closed_at    timestamptz,
    bytes_in     bigint NOT NULL DEFAULT 0,
    bytes_out    bigint NOT NULL DEFAULT 0,
    close_code   text
);
CREATE INDEX console_open ON console (vm_id) WHERE closed_at IS NULL;
