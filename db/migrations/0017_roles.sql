-- Groups, and what a principal holds through them; places in one Service or VM.

CREATE TABLE user_group (
    id         uuid PRIMARY KEY,
    name       text NOT NULL CHECK (name ~ '^[a-z][a-z0-9._-]*$' AND length(name) BETWEEN 2 AND 60),
    title      text NOT NULL,
    created_by uuid NOT NULL REFERENCES principal,
    created_at timestamptz NOT NULL DEFAULT app_now(),
    -- Kept after its end: requests and audit entries name groups of their day.
    deleted_at timestamptz,
    version    bigint NOT NULL DEFAULT 1
);
CREATE UNIQUE INDEX user_group_name ON user_group (name) WHERE deleted_at IS NULL;

CREATE TABLE group_member (
    group_id     uuid NOT NULL REFERENCES user_group,
    principal_id uuid NOT NULL REFERENCES principal,
    added_by     uuid NOT NULL REFERENCES principal,
    since        timestamptz NOT NULL DEFAULT app_now(),
    PRIMARY KEY (group_id, principal_id)
);
CREATE INDEX group_member_principal ON group_member (principal_id);

-- A role is given to a principal or to a group.
ALTER TABLE binding ALTER COLUMN principal_id DROP NOT NULL;
ALTER TABLE binding ADD COLUMN group_id uuid REFERENCES user_group;
ALTER TABLE binding ADD CONSTRAINT binding_holder CHECK (num_nonnulls(principal_id, group_id) = 1);
CREATE INDEX binding_group ON binding (group_id) WHERE group_id IS NOT NULL;

-- A place that is none of a person in a whole System (system_member holds those): of a group in a System, or of either in
-- one Service or one VM. The ids of what the place lies in are stored with it, so that no query climbs up.
CREATE TABLE resource_member (
    id           uuid PRIMARY KEY,
    system_id    uuid NOT NULL REFERENCES system,
    service_id   uuid REFERENCES service,
    vm_id        uuid REFERENCES vm,
    principal_id uuid REFERENCES principal,
    group_id     uuid REFERENCES user_group,
    role         text NOT NULL CHECK (role IN ('member', 'viewer')),
    granted_by   uuid NOT NULL REFERENCES principal,
    since        timestamptz NOT NULL DEFAULT app_now(),
    CHECK (num_nonnulls(principal_id, group_id) = 1),
    CHECK (vm_id IS NULL OR service_id IS NOT NULL),
    -- A person's place in a whole System is a row of system_member.
    CHECK (service_id IS NOT NULL OR group_id IS NOT NULL)
);
CREATE UNIQUE INDEX resource_member_once ON resource_member (system_id, service_id, vm_id, principal_id, group_id) NULLS NOT DISTINCT;
CREATE INDEX resource_member_principal ON resource_member (principal_id) WHERE principal_id IS NOT NULL;
CREATE INDEX resource_member_group ON resource_member (group_id) WHERE group_id IS NOT NULL;
CREATE INDEX resource_member_service ON resource_member (service_id) WHERE service_id IS NOT NULL;
CREATE INDEX resource_member_vm ON resource_member (vm_id) WHERE vm_id IS NOT NULL;

-- Every role a principal holds, with the binding that gives it and the group it comes through. Used with one principal,
-- or with a page of them.
CREATE VIEW held_role AS
    SELECT b.principal_id, b.id AS binding_id, NULL::uuid AS group_id, b.role_id, b.all_environments, b.environment_ids
      FROM binding b WHERE b.principal_id IS NOT NULL
    UNION ALL
    SELECT m.principal_id, b.id, b.group_id, b.role_id, b.all_environments, b.environment_ids
      FROM group_member m JOIN binding b ON b.group_id = m.group_id;

-- Every place a principal has. Places in what was deleted are none.
CREATE VIEW held_place AS
    SELECT m.principal_id, NULL::uuid AS group_id, m.system_id, NULL::uuid AS service_id, NULL::uuid AS vm_id, m.role
      FROM system_member m JOIN system y ON y.id = m.system_id AND y.deleted_at IS NULL
    UNION ALL
    SELECT r.principal_id, NULL::uuid, r.system_id, r.service_id, r.vm_id, r.role
      FROM resource_member r JOIN system y ON y.id = r.system_id AND y.deleted_at IS NULL
     WHERE r.principal_id IS NOT NULL
    UNION ALL
    SELECT m.principal_id, r.group_id, r.system_id, r.service_id, r.vm_id, r.role
      FROM group_member m
      JOIN resource_member r ON r.group_id = m.group_id
      JOIN system y ON y.id = r.system_id AND y.deleted_at IS NULL;

-- Both of one principal as one row: what every call begins with.
CREATE VIEW holding AS
    SELECT p.id AS principal_id,
           (SELECT coalesce(jsonb_agg(jsonb_build_object('id', h.binding_id, 'group', h.group_id, 'role', r.name,
                   'permissions', r.permissions, 'all', h.all_environments, 'environments', h.environment_ids)), '[]')
              FROM held_role h JOIN role r ON r.id = h.role_id WHERE h.principal_id = p.id) AS roles,
           (SELECT coalesce(jsonb_agg(jsonb_build_object('system', h.system_id, 'service', h.service_id, 'vm', h.vm_id,
                   'group', h.group_id, 'role', h.role)), '[]')
              FROM held_place h WHERE h.principal_id = p.id) AS places
      FROM principal p;

-- Whom an event about a VM reaches is also decided by places at that VM.
ALTER TABLE event ADD COLUMN vm_id uuid;

GRANT SELECT ON user_group, group_member, resource_member, held_role, held_place, holding TO shepherd_app;
GRANT INSERT, UPDATE ON user_group, group_member, resource_member TO shepherd_app;
GRANT DELETE ON group_member, resource_member TO shepherd_app;
