-- Time, order, leases and idempotency: what everything else stands on.

-- All business time is app_now(). Only tests and the simulator move the offset.
CREATE TABLE app_clock (
    singleton     boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    offset_micros bigint NOT NULL DEFAULT 0
);
INSERT INTO app_clock DEFAULT VALUES;

-- STABLE although it reads the wall clock: within one statement every row must be judged at the same moment,
-- and only a stable function may bound an index scan.
CREATE FUNCTION app_now() RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT clock_timestamp() + (SELECT offset_micros FROM app_clock) * interval '1 microsecond'
$$;

-- The one order of everything. No payload: readers fetch what they may see. Read only below
-- pg_snapshot_xmin(pg_current_snapshot()), or a transaction that commits late is skipped.
CREATE TABLE event (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    xid            xid8 NOT NULL DEFAULT pg_current_xact_id(),
    at             timestamptz NOT NULL DEFAULT app_now(),
    kind           text NOT NULL,
    resource_id    uuid NOT NULL,
    version        bigint NOT NULL,
    system_id      uuid,
    service_id     uuid,
    environment_id uuid,
    principal_id   uuid
);
CREATE INDEX event_order ON event (xid, id);

-- One generic lease: who may act alone on NAME, until when. The epoch only grows; writes that depend on
-- holding the lease name it.
CREATE TABLE lease (
    name       text PRIMARY KEY,
    holder     uuid,
    epoch      bigint NOT NULL DEFAULT 0,
    expires_at timestamptz
);

-- Attempts per key (a sign-in name, an address); the delay they earn is arithmetic outside.
CREATE TABLE throttle (
    key           text PRIMARY KEY,
    attempts      integer NOT NULL DEFAULT 0,
    window_start  timestamptz NOT NULL DEFAULT app_now(),
    blocked_until timestamptz
);

-- A repeated POST gets its first answer. Written in the effect's own transaction; never holds a secret.
CREATE TABLE idempotency (
    principal_id uuid NOT NULL,
    operation    text NOT NULL,
    key          text NOT NULL,
    body_hash    bytea NOT NULL,
    response     jsonb,
    created_at   timestamptz NOT NULL DEFAULT app_now(),
    PRIMARY KEY (principal_id, operation, key)
);
CREATE INDEX idempotency_age ON idempotency (created_at);
