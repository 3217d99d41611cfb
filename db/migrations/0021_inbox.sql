-- What people are told. A row says which thing it is about and why, and holds none of its words: those are read with the
-- reader's rights of that moment, and whoever may not see the thing any more does not see the row.

CREATE TABLE inbox_item (
    -- The order of the list, and the name of the row.
    number          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    person_id       uuid NOT NULL REFERENCES principal,
    kind            text NOT NULL CHECK (kind IN ('request.waiting', 'request.approved', 'request.narrowed', 'request.rejected',
                        'request.changes_requested', 'request.edited', 'request.sent_back', 'request.cancelled',
                        'request.expired', 'request.succeeded', 'request.failed', 'request.commented', 'role.given',
                        'role.lost', 'vm.failed')),
    -- Whoever did it; nobody where a rule, a deadline or a cluster did.
    actor_id        uuid REFERENCES principal,
    request_id      uuid REFERENCES request,
    -- The stage that waits.
    stage_id        uuid REFERENCES request_stage,
    vm_id           uuid REFERENCES vm,
    -- A role by its name; a place in a System, or in one Service or VM of it, where that is set.
    role            text,
    system_id       uuid REFERENCES system,
    service_id      uuid REFERENCES service,
    -- Empty: everywhere.
    environment_ids uuid[] NOT NULL DEFAULT '{}',
    at              timestamptz NOT NULL DEFAULT app_now(),
    read_at         timestamptz,
    -- There is nothing to do about it any more, or something newer says it.
    closed_at       timestamptz
);
CREATE INDEX inbox_person ON inbox_item (person_id, number DESC);
CREATE INDEX inbox_unread ON inbox_item (person_id, number) WHERE read_at IS NULL AND closed_at IS NULL;
CREATE UNIQUE INDEX inbox_waiting ON inbox_item (stage_id, person_id) WHERE kind = 'request.waiting' AND closed_at IS NULL;
CREATE INDEX inbox_request ON inbox_item (request_id) WHERE closed_at IS NULL;
CREATE INDEX inbox_age ON inbox_item (at);
GRANT SELECT, INSERT, UPDATE, DELETE ON inbox_item TO shepherd_app;

-- What the requester was told last, with the wording it was about; nothing before the first commit of the request.
ALTER TABLE request ADD COLUMN told text;

-- Up to where the event order was read for changes of what people hold; who is asked follows them.
CREATE TABLE inbox_position (
    singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    horizon   text NOT NULL
);
INSERT INTO inbox_position (horizon) VALUES ('0.0');
GRANT SELECT, UPDATE ON inbox_position TO shepherd_app;

-- Who speaks for a word of `request_stage.who`, about something of a System in an environment.
CREATE FUNCTION speakers(word text, in_system uuid, in_environment uuid) RETURNS SETOF uuid LANGUAGE sql STABLE AS $$
    SELECT p.id
      FROM principal p
     WHERE p.kind = 'person' AND p.disabled_at IS NULL
       AND (p.id IN (SELECT h.principal_id FROM held_role h JOIN role r ON r.id = h.role_id
                      WHERE (word = 'role:' || r.name OR word LIKE 'permission:%' AND substr(word, 12) = ANY (r.permissions))
                        AND (h.all_environments OR in_environment = ANY (h.environment_ids)))
            OR p.id IN (SELECT m.principal_id FROM group_member m JOIN user_group g ON g.id = m.group_id
                         WHERE word = 'group:' || g.id AND g.deleted_at IS NULL)
            OR p.id IN (SELECT h.principal_id FROM held_place h
                         WHERE word = 'owners' AND h.system_id = in_system AND h.service_id IS NULL AND h.vm_id IS NULL
                           AND h.role = 'owner'))
$$;

-- Whether a thing lies within what someone may see of its kind, as lists filter by it.
CREATE FUNCTION in_sight(sight jsonb, of_system uuid, of_service uuid, of_vm uuid, of_environment uuid)
RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT (sight -> 'everything')::boolean
        OR sight -> 'environments' ? of_environment::text
        OR (sight -> 'systems' ? of_system::text OR sight -> 'services' ? of_service::text OR sight -> 'vms' ? of_vm::text)
           AND ((sight -> 'member_everywhere')::boolean OR sight -> 'member_environments' ? of_environment::text)
$$;

-- The rows a person may see now. `words` are whom they speak for, as `request_stage.who` names them.
CREATE FUNCTION inbox_seen(me uuid, requests jsonb, vms jsonb, words text[]) RETURNS SETOF inbox_item LANGUAGE sql STABLE AS $$
    SELECT i.*
      FROM inbox_item i
      LEFT JOIN request r ON r.id = i.request_id
      LEFT JOIN vm v ON v.id = i.vm_id
     WHERE i.person_id = me
       AND CASE
           -- What one holds and held is one's own.
           WHEN i.role IS NOT NULL THEN true
           WHEN i.kind = 'request.waiting' THEN EXISTS (
               SELECT FROM request_stage g, unnest(g.who) w
                WHERE g.id = i.stage_id
                  AND (w = ANY (words) OR w || '@' || r.environment_id = ANY (words) OR w || '@' || r.system_id = ANY (words)))
           WHEN r.id IS NOT NULL THEN r.requester_id = me
               OR in_sight(requests, r.system_id, r.service_id, r.vm_id, r.environment_id)
               OR 'permission:request:approve' = ANY (words)
               OR 'permission:request:approve@' || r.environment_id = ANY (words)
               OR EXISTS (
                   SELECT FROM request_stage g, unnest(g.who) w
                    WHERE g.request_id = r.id AND g.revision = r.revision
                      AND (w = ANY (words) OR w || '@' || r.environment_id = ANY (words)
                           OR w || '@' || r.system_id = ANY (words)))
           WHEN v.id IS NOT NULL THEN in_sight(vms, v.system_id, v.service_id, v.id, v.environment_id)
           ELSE false
           END
$$;
