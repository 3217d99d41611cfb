-- Whether the members of pools serve, and how another spec reaches them.

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

-- What members are brought to: only another spec of theirs makes a new one, other bounds do not.
ALTER TABLE pool ADD COLUMN member_revision bigint NOT NULL DEFAULT 1;
UPDATE pool SET member_revision = revision;
-- What members were before, while there is something to go back to.
ALTER TABLE pool ADD COLUMN before_member jsonb;
ALTER TABLE pool ADD COLUMN before_revision bigint;
ALTER TABLE pool ADD COLUMN before_agreed_by uuid REFERENCES request;
ALTER TABLE pool ADD CONSTRAINT pool_before CHECK (num_nulls(before_member, before_revision, before_agreed_by) IN (0, 3));
-- The last rollout: since when, until when, whether people have it rest, and when it was taken back.
ALTER TABLE pool ADD COLUMN rollout_since timestamptz;
ALTER TABLE pool ADD COLUMN rollout_done_at timestamptz;
-- Since when somebody of the new spec is missing without a break.
ALTER TABLE pool ADD COLUMN rollout_behind_since timestamptz;
ALTER TABLE pool ADD COLUMN rollout_paused boolean NOT NULL DEFAULT false;
ALTER TABLE pool ADD COLUMN rolled_back_at timestamptz;
-- Some acts are about the whole pool.
ALTER TABLE pool_act ALTER COLUMN ordinal DROP NOT NULL;
