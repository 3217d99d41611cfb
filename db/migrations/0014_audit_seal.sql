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
