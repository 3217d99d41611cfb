-- Lists at size: by name for whoever sees everything, and what is looked for by an address, a Service or a word.

-- Names are looked through without their rows.
CREATE INDEX vm_listed ON vm (name, id) INCLUDE (trashed_at) WHERE deleted_at IS NULL;

-- What a cluster shows is taken for a VM of ours only at that VM's own place, so a VM is seen at most once. Said to the
-- planner, it leaves this table out of lists that do not ask for what the cluster says.
DROP INDEX inventory_vm_vm;
CREATE UNIQUE INDEX inventory_vm_vm ON inventory_vm (vm_id) WHERE vm_id IS NOT NULL;
CREATE INDEX inventory_vm_address ON inventory_vm (address) WHERE vm_id IS NOT NULL AND address IS NOT NULL;

CREATE INDEX request_service ON request (service_id, number DESC);
CREATE INDEX request_join ON request (number DESC) WHERE target = 'system';
CREATE INDEX request_stage_active ON request_stage (request_id) WHERE state = 'active';

-- What approved VMs take of their clusters is counted for every placement: from this index alone, by size.
CREATE INDEX vm_committed ON vm (cluster_id, size_version_id) WHERE deleted_at IS NULL AND state <> 'trashed';
