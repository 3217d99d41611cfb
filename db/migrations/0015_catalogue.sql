-- The catalogue in full: where an item may be used, why a version is out of use, what a size asks of a node, where a
-- root disk comes from, networks, and what a cluster lets in. An application from before reads and writes as it did.

ALTER TABLE template
    ADD COLUMN description     text NOT NULL DEFAULT '',
    -- Empty: every environment.
    ADD COLUMN environment_ids uuid[] NOT NULL DEFAULT '{}';

ALTER TABLE template_version
    -- Null: the container disk image in `image`, which is empty otherwise.
    ADD COLUMN source         jsonb,
    -- Fields of KubeVirt it sets itself, by path.
    ADD COLUMN advanced       jsonb NOT NULL DEFAULT '{}',
    ADD COLUMN state_message  text,
    ADD COLUMN replacement_id uuid REFERENCES template_version CHECK (replacement_id <> id),
    ADD CONSTRAINT template_version_source CHECK ((source IS NULL) = (image <> ''));

ALTER TABLE size
    ADD COLUMN description     text NOT NULL DEFAULT '',
    ADD COLUMN environment_ids uuid[] NOT NULL DEFAULT '{}';

ALTER TABLE size_version
    ADD COLUMN compute        jsonb NOT NULL DEFAULT '{}',
    ADD COLUMN state_message  text,
    ADD COLUMN replacement_id uuid REFERENCES size_version CHECK (replacement_id <> id),
    -- What a VM of it takes of a cluster's capacity, which counts ten vCPUs for each CPU.
    ADD COLUMN weight_milli_vcpu bigint NOT NULL GENERATED ALWAYS AS (
        CASE WHEN coalesce((compute->>'dedicated_cpu')::boolean, false) THEN milli_vcpu * 10
             ELSE coalesce((compute->>'request_milli_cpu')::bigint * 10, milli_vcpu) END) STORED,
    ADD COLUMN weight_memory_bytes bigint NOT NULL GENERATED ALWAYS AS (
        coalesce((compute->>'request_memory_bytes')::bigint, memory_bytes)) STORED;

CREATE TABLE network (
    id             uuid PRIMARY KEY,
    name           text NOT NULL UNIQUE CHECK (name ~ '^[a-z][a-z0-9]*(-[a-z0-9]+)*$' AND length(name) <= 60),
    title          text NOT NULL,
    description    text NOT NULL DEFAULT '',
    kind           text NOT NULL CHECK (kind IN ('pod', 'multus')),
    -- What Multus attaches, as `name` or `namespace/name`.
    definition     text CHECK ((definition IS NULL) = (kind = 'pod')),
    -- A network is in one environment; the pod network, which every cluster has, in all of them.
    environment_id uuid REFERENCES environment CHECK ((environment_id IS NULL) = (kind = 'pod')),
    state          text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'deprecated', 'withdrawn')),
    state_message  text,
    created_at     timestamptz NOT NULL DEFAULT app_now(),
    version        bigint NOT NULL DEFAULT 1
);
CREATE UNIQUE INDEX network_definition ON network (environment_id, definition) NULLS NOT DISTINCT;
CREATE INDEX network_environment ON network (environment_id);
INSERT INTO network (id, name, title, description, kind)
    VALUES ('00000000-0000-7000-8000-000000000f00', 'pod', 'Pod network', 'The cluster''s own network, behind its address.', 'pod');

ALTER TABLE cluster
    ADD COLUMN cpu_overcommit_percent    bigint NOT NULL DEFAULT 1000 CHECK (cpu_overcommit_percent >= 100),
    ADD COLUMN memory_overcommit_percent bigint NOT NULL DEFAULT 100 CHECK (memory_overcommit_percent >= 100),
    ADD COLUMN lets_dedicated_cpu        boolean NOT NULL DEFAULT true,
    ADD COLUMN lets_hugepages            boolean NOT NULL DEFAULT true,
    ADD COLUMN lets_gpus                 boolean NOT NULL DEFAULT true;

ALTER TABLE cluster_status
    -- The most any one node has of each thing, as the last probe found it.
    ADD COLUMN ability         jsonb,
    -- Which fields of an instance its KubeVirt knows, and of which version that was.
    ADD COLUMN instance_schema jsonb,
    ADD COLUMN schema_version  text;

-- Which fields of KubeVirt templates may set, by path below an instance's spec. One row.
CREATE TABLE advanced_paths (
    id      boolean PRIMARY KEY DEFAULT true CHECK (id),
    paths   text[] NOT NULL,
    version bigint NOT NULL DEFAULT 1
);
INSERT INTO advanced_paths (paths) VALUES (ARRAY[
    'domain.clock.timezone', 'domain.cpu.model', 'domain.devices.autoattachMemBalloon', 'domain.devices.blockMultiQueue',
    'domain.devices.networkInterfaceMultiqueue', 'domain.features.smm.enabled',
    'domain.firmware.bootloader.efi.secureBoot', 'domain.ioThreadsPolicy', 'domain.machine.type', 'evictionStrategy']);

-- Values of secret variables: a request names the row, the value is opened to render what the guest gets.
CREATE TABLE request_secret (
    id           uuid PRIMARY KEY,
    principal_id uuid NOT NULL REFERENCES principal,
    -- Sealed.
    value        bytea NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT app_now()
);
CREATE INDEX request_secret_principal ON request_secret (principal_id);

-- Sealed: what the guest is set up by, where that holds secret values; the manifest then has a gap for it.
ALTER TABLE vm ADD COLUMN sealed_setup bytea;

GRANT SELECT, INSERT, UPDATE ON network, request_secret TO shepherd_app;
GRANT SELECT, UPDATE ON advanced_paths TO shepherd_app;
