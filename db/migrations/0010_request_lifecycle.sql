-- The life of a request: changes asked for, edits, drafts, comments, and the fields an organisation asks for.

-- Which wording of the request stands; each edit is one more. Stages belong to the wording they were judged for.
ALTER TABLE request ADD COLUMN revision integer NOT NULL DEFAULT 1;
ALTER TABLE request_stage ADD COLUMN revision integer NOT NULL DEFAULT 1;
ALTER TABLE request_stage DROP CONSTRAINT request_stage_request_id_position_key;
CREATE UNIQUE INDEX request_stage_place ON request_stage (request_id, revision, position);

ALTER TABLE decision DROP CONSTRAINT decision_verdict_check;
ALTER TABLE decision ADD CONSTRAINT decision_verdict_check CHECK (verdict IN ('approve', 'reject', 'request_changes'));

-- Who changed a request, and what it said before: what was decided on an earlier wording stays provable.
CREATE TABLE request_edit (
    request_id   uuid NOT NULL REFERENCES request,
    -- The wording this edit made.
    revision     integer NOT NULL CHECK (revision > 1),
    principal_id uuid NOT NULL REFERENCES principal,
    -- The person answerable: whoever edits cannot decide.
    person_id    uuid NOT NULL REFERENCES principal,
    -- What was replaced.
    spec         bytea NOT NULL,
    spec_json    jsonb NOT NULL,
    spec_hash    bytea NOT NULL CHECK (octet_length(spec_hash) = 32),
    reason       text NOT NULL,
    verdict      jsonb NOT NULL,
    inputs       jsonb NOT NULL,
    placement    jsonb NOT NULL,
    at           timestamptz NOT NULL DEFAULT app_now(),
    PRIMARY KEY (request_id, revision)
);
GRANT SELECT, INSERT ON request_edit TO shepherd_app;

-- Waiting for its requester ends in time as well.
DROP INDEX request_expiry;
CREATE INDEX request_expiry ON request (expires_at) WHERE state IN ('pending', 'changes_requested');

-- A wish that is not handed in yet: its author's alone, without number, hash or reservation.
CREATE TABLE request_draft (
    id              uuid PRIMARY KEY,
    -- The order of a list.
    number          bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    author_id       uuid NOT NULL REFERENCES principal,
    service_id      uuid NOT NULL REFERENCES service,
    body            jsonb NOT NULL,
    from_request_id uuid REFERENCES request,
    created_at      timestamptz NOT NULL DEFAULT app_now(),
    updated_at      timestamptz NOT NULL DEFAULT app_now(),
    version         bigint NOT NULL DEFAULT 1
);
CREATE INDEX request_draft_author ON request_draft (author_id, number DESC);
GRANT SELECT, INSERT, UPDATE, DELETE ON request_draft TO shepherd_app;

CREATE TABLE request_comment (
    id           uuid PRIMARY KEY,
    number       bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    request_id   uuid NOT NULL REFERENCES request,
    principal_id uuid NOT NULL REFERENCES principal,
    text         text NOT NULL,
    at           timestamptz NOT NULL DEFAULT app_now()
);
CREATE INDEX request_comment_request ON request_comment (request_id, number);
GRANT SELECT, INSERT ON request_comment TO shepherd_app;

-- What requests are asked for beside what is built. Never changed: what was answered keeps its question.
CREATE TABLE request_field (
    id              uuid PRIMARY KEY,
    name            text NOT NULL,
    kind            text NOT NULL CHECK (kind IN ('text', 'number', 'choice', 'boolean', 'date')),
    labels          jsonb NOT NULL,
    help            jsonb NOT NULL DEFAULT '{}',
    required        boolean NOT NULL,
    pattern         text,
    choices         text[] NOT NULL DEFAULT '{}',
    -- Empty: everywhere.
    environment_ids uuid[] NOT NULL DEFAULT '{}',
    operations      text[] NOT NULL,
    position        integer NOT NULL DEFAULT 0,
    created_by      uuid NOT NULL REFERENCES principal,
    created_at      timestamptz NOT NULL DEFAULT app_now(),
    retired_at      timestamptz,
    CHECK ((kind = 'choice') = (choices <> '{}'))
);
CREATE UNIQUE INDEX request_field_name ON request_field (name) WHERE retired_at IS NULL;
GRANT SELECT, INSERT, UPDATE ON request_field TO shepherd_app;
