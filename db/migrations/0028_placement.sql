-- Where VMs may run and what their disks may be of: zones of nodes, storage that clusters offer, what their admins let in.

ALTER TABLE cluster
    ADD COLUMN lets_multus     boolean NOT NULL DEFAULT true,
    ADD COLUMN lets_advanced   boolean NOT NULL DEFAULT true,
    -- The storage classes and volume modes that disks may have; any where none is named.
    ADD COLUMN storage_classes text[] NOT NULL DEFAULT '{}' CHECK (cardinality(storage_classes) <= 100),
    ADD COLUMN volume_modes    text[] NOT NULL DEFAULT '{}' CHECK (volume_modes <@ array['block', 'filesystem']);

-- Zones and storage classes as the last probe found them, in the shape placement reads.
ALTER TABLE cluster_status ADD COLUMN layout jsonb;

-- Nodes of clusters, as the last probe found them: in which zone what runs there is.
CREATE TABLE cluster_node (
    cluster_id uuid NOT NULL REFERENCES cluster,
    name       text NOT NULL,
    zone       text,
    PRIMARY KEY (cluster_id, name)
);
GRANT SELECT, INSERT, UPDATE, DELETE ON cluster_node TO shepherd_app;
