-- The roles and policies Shepherd ships. Permission names are checked against the catalogue by a test.

INSERT INTO role (id, name, title, builtin, permissions) VALUES
('00000000-0000-7000-8000-000000000101', 'platform-admin', 'Platform administrator', true, ARRAY[
    'catalogue:manage', 'cluster:read', 'cluster:manage', 'user:read', 'user:manage', 'role:grant', 'policy:read',
    'policy:manage', 'audit:read', 'system:create', 'system:read_all', 'request:read_all', 'vm:read_all']),
('00000000-0000-7000-8000-000000000102', 'approver', 'Approver', true, ARRAY[
    'request:approve', 'system:read_all', 'request:read_all', 'vm:read_all', 'policy:read']),
('00000000-0000-7000-8000-000000000103', 'engineer', 'Engineer', true, ARRAY[
    'system:create', 'system:read', 'system:update', 'system:delete', 'system:manage_members', 'service:read',
    'service:create', 'service:update', 'service:delete', 'request:read', 'vm:read', 'vm:create', 'vm:update',
    'vm:start', 'vm:stop', 'vm:restart', 'vm:delete', 'vm:console', 'policy:read']),
('00000000-0000-7000-8000-000000000104', 'operator', 'Operator', true, ARRAY[
    'system:read', 'service:read', 'request:read', 'vm:read', 'vm:start', 'vm:stop', 'vm:restart', 'vm:console']),
('00000000-0000-7000-8000-000000000105', 'auditor', 'Auditor', true, ARRAY[
    'audit:read', 'system:read_all', 'request:read_all', 'vm:read_all', 'user:read', 'policy:read', 'cluster:read']),
('00000000-0000-7000-8000-000000000106', 'viewer', 'Viewer', true, ARRAY[
    'system:read', 'service:read', 'request:read', 'vm:read']);

INSERT INTO policy (id, name, builtin) VALUES
('00000000-0000-7000-8000-000000000201', 'changes-need-approval', true),
('00000000-0000-7000-8000-000000000202', 'protected-delete-needs-two', true),
('00000000-0000-7000-8000-000000000203', 'power-and-console-flow', true),
('00000000-0000-7000-8000-000000000204', 'protected-power-and-console-need-approval', true);

INSERT INTO policy_version (id, policy_id, version, title, effect, enforcement, operations, protected, stages, reason_code, created_by) VALUES
('00000000-0000-7000-8000-000000000211', '00000000-0000-7000-8000-000000000201', 1,
 'Creating and deleting needs an approver', 'require', 'hard', ARRAY['vm.create', 'vm.delete'], NULL,
 '[{"position": 1, "permission": "request:approve", "needed": 1}]', 'CHANGE_NEEDS_APPROVAL', '00000000-0000-7000-8000-000000000001'),
('00000000-0000-7000-8000-000000000212', '00000000-0000-7000-8000-000000000202', 1,
 'Deleting in a protected environment needs two people', 'require', 'hard', ARRAY['vm.delete'], true,
 '[{"position": 1, "permission": "request:approve", "needed": 2}]', 'PROTECTED_DELETE_NEEDS_TWO', '00000000-0000-7000-8000-000000000001'),
('00000000-0000-7000-8000-000000000213', '00000000-0000-7000-8000-000000000203', 1,
 'Power and console flow outside protected environments', 'allow', 'hard',
 ARRAY['vm.start', 'vm.stop', 'vm.restart', 'vm.console'], false, '[]', 'FLOWS_BY_RULE', '00000000-0000-7000-8000-000000000001'),
('00000000-0000-7000-8000-000000000214', '00000000-0000-7000-8000-000000000204', 1,
 'Power and console in protected environments need an approver', 'require', 'hard',
 ARRAY['vm.start', 'vm.stop', 'vm.restart', 'vm.console'], true,
 '[{"position": 1, "permission": "request:approve", "needed": 1}]', 'PROTECTED_NEEDS_APPROVAL', '00000000-0000-7000-8000-000000000001');
