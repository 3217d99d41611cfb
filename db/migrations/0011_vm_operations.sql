-- Every governed operation on a VM: what the built-in roles may ask for, and what the shipped policies say of it.

-- Who may restart a VM may pause it.
UPDATE role SET permissions = permissions || ARRAY['vm:pause']
 WHERE builtin AND 'vm:restart' = ANY (permissions);

-- Versions are immutable: what is to cover more is a new version, and the one before it is retired.
INSERT INTO policy_version
    (id, policy_id, version, title, effect, enforcement, operations, protected, stages, reason_code, created_by)
SELECT new.id, p.policy_id, p.version + 1, p.title, p.effect, p.enforcement, p.operations || new.operations,
       p.protected, p.stages, p.reason_code, p.created_by
  FROM (VALUES
    ('00000000-0000-7000-8000-000000000223'::uuid, 'power-and-console-flow', ARRAY['vm.pause', 'vm.unpause']),
    ('00000000-0000-7000-8000-000000000224'::uuid, 'protected-power-and-console-need-approval',
     ARRAY['vm.pause', 'vm.unpause'])
  ) AS new (id, policy, operations)
  JOIN policy ON policy.name = new.policy
  JOIN policy_version p ON p.policy_id = policy.id AND p.version = 1;
UPDATE policy_version SET retired_at = app_now()
 WHERE version = 1 AND policy_id IN (SELECT policy_id FROM policy_version WHERE version = 2);
