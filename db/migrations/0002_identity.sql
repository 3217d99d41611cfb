-- Who someone is, and what they hold.

CREATE TABLE principal (
    id           uuid PRIMARY KEY,
    kind         text NOT NULL CHECK (kind IN ('person', 'service_account', 'pool', 'system')),
    name         text NOT NULL UNIQUE,
    display_name text NOT NULL,
    email        text,
    locale       text NOT NULL DEFAULT 'en' CHECK (locale IN ('en', 'zh')),
    -- The person answerable for a principal that is none; separation of duties compares these.
    owner_id     uuid REFERENCES principal,
    disabled_at  timestamptz,
    -- Grows with every change of what the principal holds; open streams compare it.
    epoch        bigint NOT NULL DEFAULT 0,
    sample       boolean NOT NULL DEFAULT false,
    created_at   timestamptz NOT NULL DEFAULT app_now(),
    version      bigint NOT NULL DEFAULT 1,
    CHECK ((kind IN ('person', 'system')) = (owner_id IS NULL))
);

-- The one principal that acts for nobody: reconcilers and recorded rules.
INSERT INTO principal (id, kind, name, display_name)
VALUES ('00000000-0000-7000-8000-000000000001', 'system', 'system', 'Shepherd');

CREATE TABLE password (
    principal_id uuid PRIMARY KEY REFERENCES principal,
    hash         text NOT NULL,
    must_change  boolean NOT NULL DEFAULT true,
    changed_at   timestamptz NOT NULL DEFAULT app_now()
);

CREATE TABLE session (
    id              uuid PRIMARY KEY,
    principal_id    uuid NOT NULL REFERENCES principal,
    token_sha256    bytea NOT NULL UNIQUE CHECK (octet_length(token_sha256) = 32),
    created_at      timestamptz NOT NULL DEFAULT app_now(),
    last_seen_at    timestamptz NOT NULL DEFAULT app_now(),
    idle_expires_at timestamptz NOT NULL,
    expires_at      timestamptz NOT NULL,
    auth_at         timestamptz NOT NULL DEFAULT app_now(),
    auth_level      smallint NOT NULL DEFAULT 1,
    revoked_at      timestamptz,
    address         text,
    user_agent      text
);
CREATE INDEX session_principal ON session (principal_id) WHERE revoked_at IS NULL;

CREATE TABLE api_token (
    id           uuid PRIMARY KEY,
    principal_id uuid NOT NULL REFERENCES principal,
    name         text NOT NULL,
    prefix       text NOT NULL,
    token_sha256 bytea NOT NULL UNIQUE CHECK (octet_length(token_sha256) = 32),
    created_at   timestamptz NOT NULL DEFAULT app_now(),
    expires_at   timestamptz NOT NULL,
    last_used_at timestamptz,
    revoked_at   timestamptz
);
CREATE INDEX api_token_principal ON api_token (principal_id) WHERE revoked_at IS NULL;

CREATE TABLE ssh_key (
    id           uuid PRIMARY KEY,
    principal_id uuid NOT NULL REFERENCES principal,
    name         text NOT NULL,
    public_key   text NOT NULL,
    fingerprint  text NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT app_now(),
    removed_at   timestamptz
);
CREATE UNIQUE INDEX ssh_key_once ON ssh_key (principal_id, fingerprint) WHERE removed_at IS NULL;

CREATE TABLE role (
    id          uuid PRIMARY KEY,
    name        text NOT NULL UNIQUE,
    title       text NOT NULL,
    builtin     boolean NOT NULL DEFAULT false,
    permissions text[] NOT NULL,
    version     bigint NOT NULL DEFAULT 1
);
