-- Clusters that are only observed, how we sign in to them, what their unmanaged VMs tell of themselves, and what a probe found.

ALTER TABLE cluster
    -- An observed cluster is only read; nothing is ever written to it.
    ADD COLUMN mode         text NOT NULL DEFAULT 'govern' CHECK (mode IN ('observe', 'govern')),
    ADD COLUMN sign_in      text NOT NULL DEFAULT 'kubeconfig' CHECK (sign_in IN ('kubeconfig', 'token', 'in_cluster')),
    -- Grows when address, credentials or mode change, and with nothing else: who is connected connects anew then.
    ADD COLUMN link_version bigint NOT NULL DEFAULT 1,
    ADD COLUMN rotated_at   timestamptz NOT NULL DEFAULT app_now();

ALTER TABLE cluster_status
    ADD COLUMN unmanaged_vms          bigint NOT NULL DEFAULT 0,
    -- What unmanaged VMs that are not stopped were given.
    ADD COLUMN unmanaged_milli_vcpu   bigint NOT NULL DEFAULT 0,
    ADD COLUMN unmanaged_memory_bytes bigint NOT NULL DEFAULT 0,
    ADD COLUMN probed_at              timestamptz;

ALTER TABLE inventory_vm
    ADD COLUMN born_at    timestamptz,
    ADD COLUMN disk_count integer NOT NULL DEFAULT 0,
    -- Of the disks whose size the VM itself states.
    ADD COLUMN disk_bytes bigint,
    -- Who may own it: {source, key, value}; only of what nobody governs.
    ADD COLUMN hints      jsonb NOT NULL DEFAULT '[]',
    -- Programs that wrote its spec, as they named themselves; KubeVirt's own are left out.
    ADD COLUMN writers    jsonb NOT NULL DEFAULT '[]';
CREATE INDEX inventory_vm_unmanaged ON inventory_vm (cluster_id, namespace, name) WHERE vm_id IS NULL;

-- Namespaces of a cluster, as its last probe found them: what they tell of who owns what is in them.
CREATE TABLE cluster_namespace (
    cluster_id uuid NOT NULL REFERENCES cluster,
    name       text NOT NULL,
    hints      jsonb NOT NULL,
    governed   boolean NOT NULL,
    PRIMARY KEY (cluster_id, name)
);
GRANT SELECT, INSERT, UPDATE, DELETE ON cluster_namespace TO shepherd_app;
