-- Asking for a place in a System: requests that are about a System as a whole and lie in no environment.

ALTER TABLE request ADD COLUMN target text NOT NULL DEFAULT 'vm' CHECK (target IN ('vm', 'system'));
ALTER TABLE request ALTER COLUMN system_id DROP NOT NULL;
ALTER TABLE request ALTER COLUMN service_id DROP NOT NULL;
ALTER TABLE request ALTER COLUMN environment_id DROP NOT NULL;
ALTER TABLE request ALTER COLUMN namespace_id DROP NOT NULL;
-- A System that is asked for by a name nothing has is none; whoever asked is not told.
ALTER TABLE request ADD CONSTRAINT request_target CHECK (
    CASE target
        WHEN 'vm' THEN num_nulls(system_id, service_id, environment_id, namespace_id) = 0 AND starts_with(operation, 'vm.')
        WHEN 'system' THEN num_nonnulls(service_id, environment_id, namespace_id, vm_id, cluster_id, batch_size, batch_id) = 0
                           AND starts_with(operation, 'system.')
    END);

-- Nobody asks twice for the same place at the same time, whether there is such a System or not.
CREATE UNIQUE INDEX request_duplicate_join ON request (requester_id, (spec_json ->> 'system'))
    WHERE operation = 'system.join' AND state IN ('pending', 'changes_requested', 'approved', 'executing');

-- As everywhere: what lies in no environment is in sight of whoever may read in any; what lies in no System either, only of
-- whoever may read everything.
CREATE OR REPLACE FUNCTION in_sight(sight jsonb, of_system uuid, of_service uuid, of_vm uuid, of_environment uuid)
RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT (sight -> 'everything')::boolean
        OR sight -> 'environments' ? of_environment::text
        OR of_environment IS NULL AND of_system IS NOT NULL AND sight -> 'environments' <> '[]'
        OR (sight -> 'systems' ? of_system::text OR sight -> 'services' ? of_service::text OR sight -> 'vms' ? of_vm::text)
           AND ((sight -> 'member_everywhere')::boolean OR sight -> 'member_environments' ? of_environment::text
                OR of_environment IS NULL AND sight -> 'member_environments' <> '[]')
$$;

INSERT INTO policy (id, name, builtin) VALUES
('00000000-0000-7000-8000-000000000206', 'owners-admit-members', true);
INSERT INTO policy_version
    (id, policy_id, version, title, effect, enforcement, operations, protected, condition, stages, reason_code, created_by)
VALUES
('00000000-0000-7000-8000-000000000216', '00000000-0000-7000-8000-000000000206', 1,
 'A place in a System is given by one of its owners', 'require', 'hard', ARRAY['system.join'], NULL,
 'system.owners > 0',
 '[{"position": 1, "ask_again": false, "requirements": [{"who": {"kind": "owners"}, "needed": 1}]}]',
 'OWNERS_ADMIT', '00000000-0000-7000-8000-000000000001');

-- Owners find the one person of an e-mail address.
CREATE INDEX principal_email ON principal (lower(email)) WHERE email IS NOT NULL;
