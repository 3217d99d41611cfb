-- Systems, Services, members; environments, namespaces and clusters.

CREATE TABLE environment (
    id         uuid PRIMARY KEY,
    name       text NOT NULL UNIQUE CHECK (name ~ '^[a-z][a-z0-9]*(-[a-z0-9]+)*$' AND length(name) <= 15),
    title      text NOT NULL,
    protected  boolean NOT NULL,
    colour     text NOT NULL,
    position   integer NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT app_now(),
    version    bigint NOT NULL DEFAULT 1
);

-- A role a principal holds. No environments listed means all of them.
CREATE TABLE binding (
    id               uuid PRIMARY KEY,
    principal_id     uuid NOT NULL REFERENCES principal,
    role_id          uuid NOT NULL REFERENCES role,
    environment_ids  uuid[] NOT NULL DEFAULT '{}',
    all_environments boolean NOT NULL,
    granted_by       uuid NOT NULL REFERENCES principal,
    created_at       timestamptz NOT NULL DEFAULT app_now(),
    CHECK (all_environments = (environment_ids = '{}'))
);
CREATE INDEX binding_principal ON binding (principal_id);
CREATE INDEX binding_role ON binding (role_id);

CREATE TABLE system (
    id          uuid PRIMARY KEY,
    name        text NOT NULL CHECK (name ~ '^[a-z][a-z0-9]*(-[a-z0-9]+)*$' AND length(name) <= 15),
    description text NOT NULL DEFAULT '',
    created_by  uuid NOT NULL REFERENCES principal,
    sample      boolean NOT NULL DEFAULT false,
    created_at  timestamptz NOT NULL DEFAULT app_now(),
    deleted_at  timestamptz,
    version     bigint NOT NULL DEFAULT 1
);
CREATE UNIQUE INDEX system_name ON system (name) WHERE deleted_at IS NULL;

CREATE TABLE system_member (
    system_id    uuid NOT NULL REFERENCES system,
    principal_id uuid NOT NULL REFERENCES principal,
    role         text NOT NULL CHECK (role IN ('owner', 'member', 'viewer')),
    since        timestamptz NOT NULL DEFAULT app_now(),
    PRIMARY KEY (system_id, principal_id)
);
CREATE INDEX system_member_principal ON system_member (principal_id);

CREATE TABLE service (
    id          uuid PRIMARY KEY,
    system_id   uuid NOT NULL REFERENCES system,
    name        text NOT NULL CHECK (name ~ '^[a-z][a-z0-9]*(-[a-z0-9]+)*$' AND length(name) <= 15),
    description text NOT NULL DEFAULT '',
    sample      boolean NOT NULL DEFAULT false,
    created_at  timestamptz NOT NULL DEFAULT app_now(),
    deleted_at  timestamptz,
    version     bigint NOT NULL DEFAULT 1
);
CREATE UNIQUE INDEX service_name ON service (system_id, name) WHERE deleted_at IS NULL;

CREATE TABLE cluster (
    id             uuid PRIMARY KEY,
    name           text NOT NULL CHECK (name ~ '^[a-z][a-z0-9]*(-[a-z0-9]+)*$' AND length(name) <= 24),
    environment_id uuid NOT NULL REFERENCES environment,
    api_url        text NOT NULL,
    -- Sealed: the connection rebuilt from the allow-listed parts of the kubeconfig. Gone when the cluster is removed.
    credentials    bytea CHECK ((credentials IS NULL) = (deleted_at IS NOT NULL)),
    accepts_vms    boolean NOT NULL DEFAULT true,
    sample         boolean NOT NULL DEFAULT false,
    created_at     timestamptz NOT NULL DEFAULT app_now(),
    deleted_at     timestamptz,
    version        bigint NOT NULL DEFAULT 1
);
CREATE UNIQUE INDEX cluster_name ON cluster (name) WHERE deleted_at IS NULL;

-- What the watch and the probe last learnt; apart from the cluster because it changes all the time.
CREATE TABLE cluster_status (
    cluster_id       uuid PRIMARY KEY REFERENCES cluster,
    health           text NOT NULL DEFAULT 'unknown' CHECK (health IN ('unknown', 'healthy', 'degraded', 'unreachable')),
    message          text,
    breaker          text NOT NULL DEFAULT 'closed' CHECK (breaker IN ('closed', 'open', 'half_open')),
    kubevirt_version text,
    capability       jsonb,
    milli_vcpu       bigint,
    memory_bytes     bigint,
    observed_at      timestamptz,
    epoch            bigint NOT NULL DEFAULT 0,
    -- What the last probe found wrong with a cluster that answers.
    complaint        text
);

CREATE TABLE namespace (
    id             uuid PRIMARY KEY,
    name           text NOT NULL CHECK (name ~ '^[a-z][a-z0-9]*(-[a-z0-9]+)*$' AND length(name) <= 24),
    environment_id uuid NOT NULL REFERENCES environment,
    -- Empty: every System may use it.
    system_ids     uuid[] NOT NULL DEFAULT '{}',
    created_at     timestamptz NOT NULL DEFAULT app_now(),
    deleted_at     timestamptz,
    version        bigint NOT NULL DEFAULT 1
);
CREATE UNIQUE INDEX namespace_name ON namespace (name) WHERE deleted_at IS NULL;
