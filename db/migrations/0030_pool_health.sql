-- Whether the members of pools serve: when they are asked, and what came of it.

-- What a cluster says of an instance; checks go by it.
ALTER TABLE inventory_vm ADD COLUMN ready boolean NOT NULL DEFAULT false;
ALTER TABLE inventory_vm ADD COLUMN agent boolean NOT NULL DEFAULT false;

-- One row for each pool with checks: who took a round has it until `due_at`, and writes only while the epoch is theirs.
CREATE TABLE pool_round (
    pool_id uuid PRIMARY KEY REFERENCES pool,
    due_at  timestamptz NOT NULL DEFAULT app_now(),
    epoch   bigint NOT NULL DEFAULT 0
);
CREATE INDEX pool_round_due ON pool_round (due_at);

-- What is remembered of a member's checks since its guest was started, which `instance_uid` says.
CREATE TABLE pool_health (
    vm_id         uuid PRIMARY KEY REFERENCES vm,
    pool_id       uuid NOT NULL REFERENCES pool,
    instance_uid  text NOT NULL,
    verdict       text NOT NULL CHECK (verdict IN ('awaited', 'not_yet', 'healthy', 'unhealthy')),
    passed        bigint NOT NULL,
    failed        bigint NOT NULL,
    failing_since timestamptz,
    serving_since timestamptz,
    checked_at    timestamptz NOT NULL,
    -- The last answer.
    said          jsonb NOT NULL
);
CREATE INDEX pool_health_of_pool ON pool_health (pool_id);

GRANT SELECT, INSERT, UPDATE, DELETE ON pool_round, pool_health TO shepherd_app;
