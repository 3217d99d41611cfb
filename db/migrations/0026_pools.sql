-- Pools: groups of VMs kept at their count, spec and health.

CREATE TABLE pool (
    id             uuid PRIMARY KEY,
    name           text NOT NULL CHECK (name ~ '^[a-z][a-z0-9]*(-[a-z0-9]+)*$' AND length(name) <= 24),
    system_id      uuid NOT NULL REFERENCES system,
    service_id     uuid NOT NULL REFERENCES service,
    environment_id uuid NOT NULL REFERENCES environment,
    namespace_id   uuid NOT NULL REFERENCES namespace,
    -- Who made it, and on whose account its members are: the request that holds their reservation.
    request_id     uuid NOT NULL REFERENCES request,
    created_by     uuid NOT NULL REFERENCES principal,
    spec           jsonb NOT NULL,
    revision       bigint NOT NULL DEFAULT 1,
    -- The request that agreed to this revision.
    agreed_by      uuid NOT NULL REFERENCES request,
    desired        bigint NOT NULL CHECK (desired >= 0),
    state          text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'deleting', 'deleted')),
    paused         boolean NOT NULL DEFAULT false,
    -- The last plan, as lists show it; what is acted on is planned anew each time.
    plan           jsonb NOT NULL DEFAULT '{}',
    available      bigint NOT NULL DEFAULT 0,
    attention      boolean NOT NULL DEFAULT false,
    planned_at     timestamptz,
    due_at         timestamptz NOT NULL DEFAULT app_now(),
    sample         boolean NOT NULL DEFAULT false,
    created_at     timestamptz NOT NULL DEFAULT app_now(),
    deleted_at     timestamptz,
    version        bigint NOT NULL DEFAULT 1
);
CREATE UNIQUE INDEX pool_name ON pool (service_id, environment_id, name) WHERE deleted_at IS NULL;
CREATE INDEX pool_due ON pool (due_at) WHERE deleted_at IS NULL;
CREATE INDEX pool_list ON pool (name, id) WHERE deleted_at IS NULL;
CREATE INDEX pool_of_service ON pool (service_id) WHERE deleted_at IS NULL;
CREATE INDEX pool_of_namespace ON pool (namespace_id) WHERE deleted_at IS NULL;

-- What befell a place since a member last served there for long.
CREATE TABLE pool_place (
    pool_id  uuid NOT NULL REFERENCES pool ON DELETE CASCADE,
    ordinal  bigint NOT NULL CHECK (ordinal >= 0),
    remedies bigint NOT NULL DEFAULT 0,
    restarts bigint NOT NULL DEFAULT 0,
    refused  bigint NOT NULL DEFAULT 0,
    last_at  timestamptz,
    PRIMARY KEY (pool_id, ordinal)
);

-- What a pool did, and why.
CREATE TABLE pool_act (
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    pool_id  uuid NOT NULL REFERENCES pool,
    at       timestamptz NOT NULL DEFAULT app_now(),
    act      text NOT NULL,
    ordinal  bigint NOT NULL,
    vm_id    uuid REFERENCES vm,
    code     text NOT NULL,
    params   jsonb NOT NULL DEFAULT '{}',
    text     text NOT NULL
);
CREATE INDEX pool_act_of_pool ON pool_act (pool_id, id DESC);

ALTER TABLE vm ADD COLUMN pool_id uuid REFERENCES pool;
ALTER TABLE vm ADD COLUMN pool_ordinal bigint;
ALTER TABLE vm ADD COLUMN pool_revision bigint;
-- It stays until the one that takes its place serves.
ALTER TABLE vm ADD COLUMN pool_leaving boolean NOT NULL DEFAULT false;
ALTER TABLE vm ADD CONSTRAINT vm_pool CHECK (num_nulls(pool_id, pool_ordinal, pool_revision) IN (0, 3));
-- Two managers that both think a place is empty: the second is refused.
CREATE UNIQUE INDEX vm_pool_place ON vm (pool_id, pool_ordinal)
    WHERE pool_id IS NOT NULL AND NOT pool_leaving AND state IN ('creating', 'active', 'restoring', 'failed');
CREATE INDEX vm_of_pool ON vm (pool_id) WHERE pool_id IS NOT NULL AND deleted_at IS NULL;

-- Since when a VM does what it does; what is said about it may change meanwhile.
ALTER TABLE inventory_vm ADD COLUMN power_since timestamptz NOT NULL DEFAULT app_now();

-- A pool is asked for where its VMs are to be.
ALTER TABLE request DROP CONSTRAINT request_target;
ALTER TABLE request ADD CONSTRAINT request_target CHECK (
    CASE target
        WHEN 'vm' THEN num_nulls(system_id, service_id, environment_id, namespace_id) = 0
                       AND (starts_with(operation, 'vm.') OR starts_with(operation, 'pool.') AND vm_id IS NULL)
        WHEN 'system' THEN num_nonnulls(service_id, environment_id, namespace_id, vm_id, cluster_id, batch_size, batch_id) = 0
                           AND starts_with(operation, 'system.')
    END);

CREATE UNIQUE INDEX request_duplicate_pool ON request (service_id, environment_id, (spec_json ->> 'name'))
    WHERE operation = 'pool.create' AND state IN ('pending', 'changes_requested', 'approved', 'executing');
CREATE UNIQUE INDEX request_duplicate_pool_act ON request ((spec_json ->> 'pool_id'))
    WHERE operation IN ('pool.change', 'pool.delete') AND state IN ('pending', 'changes_requested', 'approved', 'executing');

GRANT SELECT, INSERT, UPDATE ON pool TO shepherd_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON pool_place TO shepherd_app;
GRANT SELECT, INSERT ON pool_act TO shepherd_app;
