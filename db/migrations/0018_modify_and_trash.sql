-- Changing a VM, the trash it is deleted into, and what roles and shipped policies say of them.

-- A VM that was deleted is kept for a time before it is purged.
ALTER TABLE vm DROP CONSTRAINT vm_state_check;
ALTER TABLE vm ADD CONSTRAINT vm_state_check
    CHECK (state IN ('creating', 'active', 'trashed', 'restoring', 'deleting', 'deleted', 'failed'));
ALTER TABLE vm ADD COLUMN trashed_at timestamptz;
ALTER TABLE vm ADD COLUMN purge_at timestamptz;
ALTER TABLE vm ADD CONSTRAINT vm_trash_check CHECK ((purge_at IS NULL) = (trashed_at IS NULL));
CREATE INDEX vm_purge ON vm (purge_at) WHERE state = 'trashed';
-- For so long; null is 30 days where the environment is protected and 7 elsewhere.
ALTER TABLE environment ADD COLUMN trash_days integer CHECK (trash_days BETWEEN 0 AND 365);

-- Which of its specs a VM has: a change is made from one and applies to no other.
ALTER TABLE vm ADD COLUMN spec_revision bigint NOT NULL DEFAULT 1;
ALTER TABLE vm ADD COLUMN description text NOT NULL DEFAULT '' CHECK (length(description) <= 500);
-- The cluster's word that a change waits for the next start.
ALTER TABLE inventory_vm ADD COLUMN restart_required boolean NOT NULL DEFAULT false;

-- Who may delete a VM may bring it back.
UPDATE role SET permissions = permissions || ARRAY['vm:restore']
 WHERE builtin AND 'vm:delete' = ANY (permissions);

-- Versions are immutable: what is to cover more is a new version, and the one before it is retired. Only where the
-- shipped wording still holds: what an organisation wrote over it stays as it is.
INSERT INTO policy_version
    (id, policy_id, version, title, effect, enforcement, operations, protected, stages, reason_code, created_by)
SELECT new.id, p.policy_id, p.version + 1, new.title, p.effect, p.enforcement, p.operations || new.operations,
       p.protected, p.stages, p.reason_code, p.created_by
  FROM (VALUES
    ('00000000-0000-7000-8000-000000000221'::uuid, 'changes-need-approval',
     'Creating, changing, restoring and deleting needs an approver', ARRAY['vm.modify', 'vm.restore', 'vm.purge']),
    ('00000000-0000-7000-8000-000000000222'::uuid, 'protected-delete-needs-two',
     'Deleting in a protected environment needs two people', ARRAY['vm.purge'])
  ) AS new (id, policy, title, operations)
  JOIN policy ON policy.name = new.policy
  JOIN policy_version p ON p.policy_id = policy.id AND p.version = 1 AND p.retired_at IS NULL;
UPDATE policy_version SET retired_at = app_now()
 WHERE version = 1 AND retired_at IS NULL
   AND policy_id IN (SELECT policy_id FROM policy_version
                      WHERE id IN ('00000000-0000-7000-8000-000000000221', '00000000-0000-7000-8000-000000000222'));
