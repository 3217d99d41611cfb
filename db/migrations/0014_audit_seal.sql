-- The audit trail as one tree of hashes: what was sealed cannot be changed, dropped or reordered unseen.

-- Which log this is; its name stands in every checkpoint.
CREATE TABLE audit_log (
    singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    id        uuid NOT NULL DEFAULT gen_random_uuid()
);
INSERT INTO audit_log DEFAULT VALUES;

-- The keys that sign checkpoints. The secret half is sealed with the root key and goes when the key has been followed by
-- another; the public half stays.
CREATE TABLE audit_key (
    id         uuid PRIMARY KEY,
    public_key bytea NOT NULL UNIQUE CHECK (octet_length(public_key) = 32),
    sealed     bytea,
    created_at timestamptz NOT NULL DEFAULT app_now(),
    retired_at timestamptz,
    CHECK (sealed IS NOT NULL OR retired_at IS NOT NULL)
);
CREATE UNIQUE INDEX audit_key_current ON audit_key ((true)) WHERE retired_at IS NULL;

-- The order of the log, given by the sealer: events as their transactions became visible.
CREATE TABLE audit_leaf (
    position bigint PRIMARY KEY CHECK (position >= 0),
    event_id bigint NOT NULL UNIQUE REFERENCES audit_event
);

-- Roots of whole subtrees at every eighth level, so that a proof reads few rows.
CREATE TABLE audit_node (
    level smallint NOT NULL,
    index bigint NOT NULL,
    hash  bytea NOT NULL CHECK (octet_length(hash) = 32),
    PRIMARY KEY (level, index)
);

-- What was signed. Each goes on where another ended, so that there is one line of them.
CREATE TABLE audit_checkpoint (
    size       bigint PRIMARY KEY,
    previous   bigint NOT NULL UNIQUE CHECK (previous >= 0 AND previous < size),
    root       bytea NOT NULL CHECK (octet_length(root) = 32),
    frontier   bytea NOT NULL,
    -- The leaves since the previous one, 32 bytes each.
    leaves     bytea NOT NULL CHECK (octet_length(leaves) = 32 * (size - previous)),
    note       text NOT NULL,
    key_id     uuid NOT NULL REFERENCES audit_key,
    -- Everything up to here in the order (xid, id) is sealed.
    xid        xid8 NOT NULL,
    event_id   bigint NOT NULL,
    epoch      bigint NOT NULL,
    created_at timestamptz NOT NULL DEFAULT app_now()
);

CREATE INDEX audit_event_order ON audit_event (xid, id);

GRANT SELECT ON audit_log, audit_key, audit_leaf, audit_node, audit_checkpoint TO shepherd_app;
GRANT INSERT ON audit_key, audit_leaf, audit_node, audit_checkpoint TO shepherd_app;
GRANT UPDATE (sealed, retired_at) ON audit_key TO shepherd_app;

-- What an event says can expire; that it was, and its leaf, stay.
ALTER TABLE audit_event ALTER COLUMN canonical DROP NOT NULL;
ALTER TABLE audit_event ADD COLUMN expired_at timestamptz;
ALTER TABLE audit_event ADD CONSTRAINT audit_event_expired
    CHECK ((expired_at IS NULL) = (canonical IS NOT NULL)) NOT VALID;
ALTER TABLE audit_event VALIDATE CONSTRAINT audit_event_expired;

-- Who may let them expire: another role than the server's, which may blank what an event says and nothing else.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'shepherd_retention') THEN
        CREATE ROLE shepherd_retention NOLOGIN;
    END IF;
EXCEPTION
    WHEN duplicate_object OR unique_violation THEN
        NULL; -- Another migration of the same server was faster.
    WHEN insufficient_privilege THEN
        RAISE NOTICE 'no role shepherd_retention: audit events cannot expire until it is made (docs/audit.md)';
END
$$;
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'shepherd_retention') THEN
        GRANT USAGE ON SCHEMA public TO shepherd_retention;
        GRANT SELECT ON app_clock, audit_event, audit_leaf TO shepherd_retention;
        GRANT INSERT ON audit_event TO shepherd_retention;
        GRANT UPDATE (before, after, canonical, source_address, actor_name, resource_name, expired_at)
            ON audit_event TO shepherd_retention;
    END IF;
END
$$;

-- Holds for every role, the owner's too: to do anything else one has to take the trigger away.
CREATE FUNCTION audit_event_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE'
        AND OLD.expired_at IS NULL AND NEW.expired_at IS NOT NULL
        AND NEW.canonical IS NULL AND NEW.before IS NULL AND NEW.after IS NULL AND NEW.source_address IS NULL
        AND NEW.actor_name = '' AND NEW.resource_name = ''
        AND (NEW.id, NEW.xid, NEW.at, NEW.actor_id, NEW.on_behalf_of, NEW.action, NEW.outcome, NEW.resource_kind,
             NEW.resource_id, NEW.system_id, NEW.environment_id, NEW.vm_id, NEW.request_id, NEW.code, NEW.leaf_hash)
            IS NOT DISTINCT FROM
            (OLD.id, OLD.xid, OLD.at, OLD.actor_id, OLD.on_behalf_of, OLD.action, OLD.outcome, OLD.resource_kind,
             OLD.resource_id, OLD.system_id, OLD.environment_id, OLD.vm_id, OLD.request_id, OLD.code, OLD.leaf_hash)
        AND OLD.at < date_trunc('month', app_now(), 'UTC') - interval '12 months'
        AND EXISTS (SELECT FROM audit_leaf WHERE event_id = OLD.id)
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'audit events are kept as they are; what a sealed one says may expire after 12 months'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'audit_event_guard';
END
$$;
CREATE TRIGGER audit_event_guard BEFORE UPDATE OR DELETE ON audit_event
    FOR EACH ROW EXECUTE FUNCTION audit_event_guard();

-- Up to where events of the stream are gone: who comes back from before it fetches anew.
CREATE TABLE event_horizon (
    singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    xid       xid8 NOT NULL DEFAULT '0'
);
INSERT INTO event_horizon DEFAULT VALUES;
GRANT SELECT, UPDATE ON event_horizon TO shepherd_app;

-- Searching by name: each name of a sealed event from each of its words on, so that a prefix of any finds it.
CREATE TABLE audit_word (
    word text COLLATE "C" NOT NULL,
    name text NOT NULL,
    PRIMARY KEY (word, name)
);
GRANT SELECT, INSERT ON audit_word TO shepherd_app;
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'shepherd_retention') THEN
        GRANT SELECT, DELETE ON audit_word TO shepherd_retention;
    END IF;
END
$$;
CREATE INDEX audit_event_name ON audit_event (resource_name, id DESC);
CREATE INDEX audit_event_resource ON audit_event (resource_id, id DESC) WHERE resource_id IS NOT NULL;
