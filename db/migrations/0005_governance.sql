-- Policies, requests, decisions; the VMs they are about; the work done on them.

CREATE TABLE policy (
    id         uuid PRIMARY KEY,
    name       text NOT NULL UNIQUE,
    builtin    boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT app_now()
);

-- Immutable. Which version is in force is the newest that is not retired.
CREATE TABLE policy_version (
    id          uuid PRIMARY KEY,
    policy_id   uuid NOT NULL REFERENCES policy,
    version     integer NOT NULL,
    title       text NOT NULL,
    effect      text NOT NULL CHECK (effect IN ('allow', 'deny', 'require')),
    enforcement text NOT NULL CHECK (enforcement IN ('advisory', 'soft', 'hard')),
    operations  text[] NOT NULL,
    protected   boolean,
    stages      jsonb NOT NULL DEFAULT '[]',
    reason_code text NOT NULL,
    created_by  uuid NOT NULL REFERENCES principal,
    created_at  timestamptz NOT NULL DEFAULT app_now(),
    retired_at  timestamptz,
    UNIQUE (policy_id, version)
);

CREATE TABLE vm (
    id                  uuid PRIMARY KEY,
    name                text NOT NULL CHECK (length(name) <= 63),
    number              integer NOT NULL,
    namespace_id        uuid NOT NULL REFERENCES namespace,
    service_id          uuid NOT NULL REFERENCES service,
    system_id           uuid NOT NULL REFERENCES system,
    -- Copied and never changed: the environment a VM was approved for.
    environment_id      uuid NOT NULL REFERENCES environment,
    cluster_id          uuid NOT NULL REFERENCES cluster,
    template_version_id uuid NOT NULL REFERENCES template_version,
    size_version_id     uuid NOT NULL REFERENCES size_version,
    spec                jsonb NOT NULL,
    -- The manifest as it was rendered when the last approval fell; the create sends exactly this.
    manifest            jsonb NOT NULL,
    state               text NOT NULL CHECK (state IN ('creating', 'active', 'deleting', 'deleted', 'failed')),
    -- What people asked for last: the reconciler and the pages compare it with what is.
    wanted_power        text NOT NULL DEFAULT 'running' CHECK (wanted_power IN ('running', 'stopped')),
    cluster_uid         text,
    delete_protected    boolean NOT NULL DEFAULT false,
    created_by          uuid NOT NULL REFERENCES principal,
    request_id          uuid NOT NULL,
    next_seq            bigint NOT NULL DEFAULT 1,
    sample              boolean NOT NULL DEFAULT false,
    created_at          timestamptz NOT NULL DEFAULT app_now(),
    deleted_at          timestamptz,
    version             bigint NOT NULL DEFAULT 1
);
-- Over all clusters, and over deleted VMs as well: a name is never given twice.
CREATE UNIQUE INDEX vm_name ON vm (namespace_id, name);
CREATE INDEX vm_system ON vm (system_id, id) WHERE deleted_at IS NULL;
CREATE INDEX vm_service ON vm (service_id, id) WHERE deleted_at IS NULL;
CREATE INDEX vm_cluster ON vm (cluster_id, id) WHERE deleted_at IS NULL;
CREATE INDEX vm_environment ON vm (environment_id, id) WHERE deleted_at IS NULL;

-- Outlives the Service whose VMs it counted.
CREATE TABLE name_counter (
    prefix text PRIMARY KEY,
    last   integer NOT NULL
);

CREATE TABLE request (
    id              uuid PRIMARY KEY,
    number          bigint GENERATED ALWAYS AS IDENTITY (START WITH 1001) UNIQUE,
    operation       text NOT NULL,
    state           text NOT NULL CHECK (state IN ('draft', 'pending', 'changes_requested', 'approved', 'executing',
                                                   'succeeded', 'failed', 'rejected', 'cancelled', 'expired')),
    requester_id    uuid NOT NULL REFERENCES principal,
    system_id       uuid NOT NULL REFERENCES system,
    service_id      uuid NOT NULL REFERENCES service,
    environment_id  uuid NOT NULL REFERENCES environment,
    namespace_id    uuid NOT NULL REFERENCES namespace,
    vm_id           uuid REFERENCES vm,
    -- The RFC 8785 bytes the hash is of, kept as they were; spec_json is a copy for queries.
    spec            bytea NOT NULL,
    spec_version    integer NOT NULL,
    spec_json       jsonb NOT NULL,
    spec_hash       bytea NOT NULL CHECK (octet_length(spec_hash) = 32),
    copy_number     integer NOT NULL DEFAULT 0,
    reason          text NOT NULL DEFAULT '',
    verdict         jsonb NOT NULL,
    inputs          jsonb NOT NULL,
    placement       jsonb NOT NULL DEFAULT '[]',
    cluster_id      uuid REFERENCES cluster,
    automatic_rule  text,
    failure_code    text,
    failure_params  jsonb,
    failure_text    text,
    sample          boolean NOT NULL DEFAULT false,
    submitted_at    timestamptz NOT NULL DEFAULT app_now(),
    decided_at      timestamptz,
    expires_at      timestamptz,
    closed_at       timestamptz,
    version         bigint NOT NULL DEFAULT 1
);
CREATE UNIQUE INDEX request_duplicate_create ON request (requester_id, service_id, spec_hash, copy_number)
    WHERE operation = 'vm.create' AND state IN ('pending', 'changes_requested', 'approved', 'executing');
-- A console is access, not a change: each person may have one open request per VM.
CREATE UNIQUE INDEX request_duplicate_vm ON request (vm_id, operation)
    WHERE operation NOT IN ('vm.create', 'vm.console') AND state IN ('pending', 'changes_requested', 'approved', 'executing');
CREATE UNIQUE INDEX request_duplicate_console ON request (vm_id, requester_id)
    WHERE operation = 'vm.console' AND state IN ('pending', 'changes_requested');
CREATE INDEX request_requester ON request (requester_id, number DESC);
CREATE INDEX request_system ON request (system_id, number DESC);
CREATE INDEX request_environment ON request (environment_id, number DESC);
CREATE INDEX request_open ON request (number DESC) WHERE state IN ('pending', 'changes_requested', 'approved', 'executing');
CREATE INDEX request_vm ON request (vm_id, number DESC);
CREATE INDEX request_expiry ON request (expires_at) WHERE state = 'pending';
ALTER TABLE vm ADD FOREIGN KEY (request_id) REFERENCES request;

CREATE TABLE request_stage (
    id         uuid PRIMARY KEY,
    request_id uuid NOT NULL REFERENCES request,
    position   integer NOT NULL,
    permission text NOT NULL,
    needed     integer NOT NULL CHECK (needed > 0),
    state      text NOT NULL CHECK (state IN ('waiting', 'active', 'satisfied', 'rejected', 'void')),
    UNIQUE (request_id, position)
);

CREATE TABLE decision (
    id             uuid PRIMARY KEY,
    request_id     uuid NOT NULL REFERENCES request,
    stage_id       uuid REFERENCES request_stage,
    principal_id   uuid NOT NULL REFERENCES principal,
    -- The person answerable: the principal, or its owner.
    person_id      uuid NOT NULL REFERENCES principal,
    verdict        text NOT NULL CHECK (verdict IN ('approve', 'reject')),
    comment        text NOT NULL DEFAULT '',
    spec_hash      bytea NOT NULL,
    cluster_id     uuid REFERENCES cluster,
    void           boolean NOT NULL DEFAULT false,
    at             timestamptz NOT NULL DEFAULT app_now()
);
-- One person counts once over all stages.
CREATE UNIQUE INDEX decision_once ON decision (request_id, person_id) WHERE NOT void;

CREATE TABLE operation (
    id             uuid PRIMARY KEY,
    number         bigint GENERATED ALWAYS AS IDENTITY (START WITH 1001) UNIQUE,
    vm_id          uuid NOT NULL REFERENCES vm,
    seq            bigint NOT NULL,
    operation      text NOT NULL,
    cause_kind     text NOT NULL CHECK (cause_kind IN ('request', 'pool', 'lease', 'schedule', 'drift', 'system')),
    cause_id       uuid NOT NULL,
    params         jsonb NOT NULL DEFAULT '{}',
    state          text NOT NULL CHECK (state IN ('queued', 'running', 'waiting', 'succeeded', 'failed', 'superseded', 'expired')),
    step           text,
    -- Guards every step write: a worker that was overtaken changes nothing.
    attempt        bigint NOT NULL DEFAULT 0,
    -- Something happened while a worker was at it: it looks again instead of putting the operation down.
    woken          boolean NOT NULL DEFAULT false,
    not_after      timestamptz NOT NULL,
    failure_code   text,
    failure_params jsonb,
    failure_text   text,
    created_at     timestamptz NOT NULL DEFAULT app_now(),
    started_at     timestamptz,
    touched_at     timestamptz NOT NULL DEFAULT app_now(),
    finished_at    timestamptz,
    version        bigint NOT NULL DEFAULT 1,
    UNIQUE (vm_id, seq)
);
CREATE UNIQUE INDEX operation_one_running ON operation (vm_id) WHERE state IN ('running', 'waiting');
CREATE INDEX operation_live ON operation (touched_at) WHERE state IN ('queued', 'running', 'waiting');
CREATE INDEX operation_cause ON operation (cause_id);

CREATE TABLE operation_step (
    operation_id uuid NOT NULL REFERENCES operation,
    position     integer NOT NULL,
    name         text NOT NULL,
    state        text NOT NULL CHECK (state IN ('waiting', 'running', 'done', 'failed')),
    -- The step's action was carried out and its success written; it need not be repeated.
    acted        boolean NOT NULL DEFAULT false,
    detail       text,
    started_at   timestamptz,
    finished_at  timestamptz,
    PRIMARY KEY (operation_id, position)
);
