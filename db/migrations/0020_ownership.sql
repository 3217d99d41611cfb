-- Systems that wait for a new owner, the people who answer for service accounts, and roles of one's own.

-- A System always has an active owner: this says that one has to be named.
CREATE TABLE ownership_transfer (
    id              uuid PRIMARY KEY,
    system_id       uuid NOT NULL REFERENCES system,
    former_owner_id uuid NOT NULL REFERENCES principal,
    cause           text NOT NULL CHECK (cause IN ('disabled', 'removed')),
    opened_by       uuid NOT NULL REFERENCES principal,
    opened_at       timestamptz NOT NULL DEFAULT app_now(),
    new_owner_id    uuid REFERENCES principal,
    resolved_by     uuid REFERENCES principal,
    resolved_at     timestamptz,
    CHECK ((resolved_at IS NULL) = (new_owner_id IS NULL))
);
CREATE UNIQUE INDEX ownership_transfer_open ON ownership_transfer (system_id) WHERE resolved_at IS NULL;

CREATE INDEX principal_owner ON principal (owner_id) WHERE owner_id IS NOT NULL;

GRANT SELECT, INSERT, UPDATE ON ownership_transfer TO shepherd_app;
GRANT DELETE ON role TO shepherd_app;
