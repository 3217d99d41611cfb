-- Groups whose word a policy asks for, and a right to speak about requests that reading alone does not give.

CREATE OR REPLACE VIEW holding AS
    SELECT p.id AS principal_id,
           (SELECT coalesce(jsonb_agg(jsonb_build_object('id', h.binding_id, 'group', h.group_id, 'role', r.name,
                   'permissions', r.permissions, 'all', h.all_environments, 'environments', h.environment_ids)), '[]')
              FROM held_role h JOIN role r ON r.id = h.role_id WHERE h.principal_id = p.id) AS roles,
           (SELECT coalesce(jsonb_agg(jsonb_build_object('system', h.system_id, 'service', h.service_id, 'vm', h.vm_id,
                   'group', h.group_id, 'role', h.role)), '[]')
              FROM held_place h WHERE h.principal_id = p.id) AS places,
           (SELECT coalesce(jsonb_agg(jsonb_build_object('id', g.id, 'name', g.name)), '[]')
              FROM group_member m JOIN user_group g ON g.id = m.group_id WHERE m.principal_id = p.id) AS groups
      FROM principal p;

UPDATE role SET permissions = permissions || ARRAY['request:comment'], version = version + 1
 WHERE builtin AND name IN ('engineer', 'operator');
