-- Batches: one request decided on for many, whose children are requests that are carried out one by one; and limits on how
-- much one person, and all together, may have open, under way and handed in.

ALTER TABLE request
    -- How many children it has; null for a request that is no batch.
    ADD COLUMN batch_size  integer CHECK (batch_size BETWEEN 1 AND 500),
    -- The batch it is part of, where in it, and what people call it there.
    ADD COLUMN batch_id    uuid REFERENCES request CHECK (batch_id <> id),
    ADD COLUMN batch_row   integer CHECK (batch_row BETWEEN 1 AND 500),
    ADD COLUMN batch_label text,
    -- How often its work was begun.
    ADD COLUMN batch_tries integer NOT NULL DEFAULT 0,
    ADD CONSTRAINT request_batch CHECK ((batch_id IS NULL) = (batch_row IS NULL) AND (batch_id IS NULL) = (batch_label IS NULL)
        AND (batch_id IS NULL OR batch_size IS NULL));

CREATE UNIQUE INDEX request_batch_row ON request (batch_id, batch_row) WHERE batch_id IS NOT NULL;
-- What waits for its turn, what has it, and the batches that are under way: what a dispatcher reads.
CREATE INDEX request_batch_waiting ON request (batch_id, batch_row) WHERE batch_id IS NOT NULL AND state = 'pending';
CREATE INDEX request_batch_running ON request (requester_id) WHERE batch_id IS NOT NULL AND state IN ('approved', 'executing');
CREATE INDEX request_batch_open ON request (number) WHERE batch_size IS NOT NULL AND state IN ('approved', 'executing');
CREATE INDEX request_batch ON request (number DESC) WHERE batch_size IS NOT NULL;
-- What limits count.
CREATE INDEX request_submitted ON request (requester_id, submitted_at DESC) WHERE batch_id IS NULL;
CREATE INDEX request_undecided ON request (requester_id)
    WHERE batch_id IS NULL AND state IN ('pending', 'changes_requested');

-- One row. Null: no limit.
CREATE TABLE request_limit (
    id                   boolean PRIMARY KEY DEFAULT true CHECK (id),
    pending_per_person   integer CHECK (pending_per_person > 0),
    pending_in_all       integer CHECK (pending_in_all > 0),
    hourly_per_person    integer CHECK (hourly_per_person > 0),
    in_flight_per_person integer NOT NULL CHECK (in_flight_per_person > 0),
    in_flight_in_all     integer NOT NULL CHECK (in_flight_in_all > 0),
    version              bigint NOT NULL DEFAULT 1
);
INSERT INTO request_limit (pending_per_person, pending_in_all, hourly_per_person, in_flight_per_person, in_flight_in_all)
    VALUES (200, 10000, 5000, 25, 100);

-- For whom the limits on what is pending and handed in do not hold, and until when.
CREATE TABLE limit_exemption (
    principal_id uuid PRIMARY KEY REFERENCES principal,
    reason       text NOT NULL,
    until        timestamptz,
    created_by   uuid NOT NULL REFERENCES principal,
    created_at   timestamptz NOT NULL DEFAULT app_now()
);

-- Whose turn it was last: children are begun person by person.
CREATE TABLE batch_turn (
    person_id uuid PRIMARY KEY REFERENCES principal,
    turn      bigint NOT NULL
);
CREATE INDEX batch_turn_last ON batch_turn (turn DESC);

UPDATE role SET permissions = permissions || ARRAY['limit:manage'] WHERE builtin AND name = 'platform-admin';

GRANT SELECT, UPDATE ON request_limit TO shepherd_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON limit_exemption TO shepherd_app;
GRANT SELECT, INSERT, UPDATE ON batch_turn TO shepherd_app;
