-- What happened. The application role may only insert and read.

CREATE TABLE audit_event (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    xid            xid8 NOT NULL DEFAULT pg_current_xact_id(),
    at             timestamptz NOT NULL DEFAULT app_now(),
    actor_id       uuid REFERENCES principal,
    actor_name     text NOT NULL,
    on_behalf_of   uuid REFERENCES principal,
    action         text NOT NULL,
    outcome        text NOT NULL CHECK (outcome IN ('success', 'denied', 'failed', 'intent')),
    resource_kind  text NOT NULL,
    resource_id    text,
    resource_name  text NOT NULL DEFAULT '',
    system_id      uuid,
    environment_id uuid,
    vm_id          uuid,
    request_id     uuid,
    source_address text,
    code           text,
    before         jsonb,
    after          jsonb,
    -- The RFC 8785 bytes of the event and their hash: the leaf outlives the payload.
    canonical      bytea NOT NULL,
    leaf_hash      bytea NOT NULL CHECK (octet_length(leaf_hash) = 32)
);
CREATE INDEX audit_event_actor ON audit_event (actor_id, id DESC);
CREATE INDEX audit_event_vm ON audit_event (vm_id, id DESC) WHERE vm_id IS NOT NULL;
CREATE INDEX audit_event_request ON audit_event (request_id, id DESC) WHERE request_id IS NOT NULL;
CREATE INDEX audit_event_system ON audit_event (system_id, id DESC) WHERE system_id IS NOT NULL;
CREATE INDEX audit_event_environment ON audit_event (environment_id, id DESC) WHERE environment_id IS NOT NULL;
-- What went well is found without an index; what did not is rare.
CREATE INDEX audit_event_outcome ON audit_event (outcome, id DESC) WHERE outcome <> 'success';
CREATE INDEX audit_event_action ON audit_event (action, id DESC);
CREATE INDEX audit_event_at ON audit_event (at);
