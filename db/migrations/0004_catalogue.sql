-- What may be asked for. Versions are immutable but for their state.

CREATE TABLE template (
    id         uuid PRIMARY KEY,
    name       text NOT NULL UNIQUE,
    title      text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT app_now(),
    version    bigint NOT NULL DEFAULT 1
);

CREATE TABLE template_version (
    id             uuid PRIMARY KEY,
    template_id    uuid NOT NULL REFERENCES template,
    version        integer NOT NULL,
    state          text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'deprecated', 'withdrawn')),
    family         text NOT NULL CHECK (family IN ('linux', 'windows')),
    root           text NOT NULL CHECK (root IN ('ephemeral', 'persistent')),
    image          text NOT NULL,
    user_data      text NOT NULL,
    variables      jsonb NOT NULL,
    min_disk_bytes bigint NOT NULL DEFAULT 0,
    content_hash   bytea NOT NULL,
    created_by     uuid NOT NULL REFERENCES principal,
    created_at     timestamptz NOT NULL DEFAULT app_now(),
    UNIQUE (template_id, version)
);

CREATE TABLE size (
    id         uuid PRIMARY KEY,
    name       text NOT NULL UNIQUE,
    created_at timestamptz NOT NULL DEFAULT app_now(),
    version    bigint NOT NULL DEFAULT 1
);

CREATE TABLE size_version (
    id           uuid PRIMARY KEY,
    size_id      uuid NOT NULL REFERENCES size,
    version      integer NOT NULL,
    state        text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'deprecated', 'withdrawn')),
    milli_vcpu   bigint NOT NULL CHECK (milli_vcpu > 0),
    memory_bytes bigint NOT NULL CHECK (memory_bytes > 0),
    disk_bytes   bigint NOT NULL CHECK (disk_bytes >= 0),
    created_by   uuid NOT NULL REFERENCES principal,
    created_at   timestamptz NOT NULL DEFAULT app_now(),
    UNIQUE (size_id, version)
);
