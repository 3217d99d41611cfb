-- The schema that db/migrations make. Written by `cargo xtask schema`; do not edit.

CREATE FUNCTION public.app_now() RETURNS timestamp with time zone
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
    SELECT clock_timestamp() + (SELECT offset_micros FROM app_clock) * interval '1 microsecond'
$$;

CREATE FUNCTION public.audit_event_guard() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF TG_OP = 'UPDATE'
        AND OLD.expired_at IS NULL AND NEW.expired_at IS NOT NULL
        AND NEW.canonical IS NULL AND NEW.before IS NULL AND NEW.after IS NULL AND NEW.source_address IS NULL
        AND NEW.actor_name = '' AND NEW.resource_name = ''
        AND (NEW.id, NEW.xid, NEW.at, NEW.actor_id, NEW.on_behalf_of, NEW.action, NEW.outcome, NEW.resource_kind,
             NEW.resource_id, NEW.system_id, NEW.environment_id, NEW.vm_id, NEW.request_id, NEW.code, NEW.leaf_hash)
            IS NOT DISTINCT FROM
            (OLD.id, OLD.xid, OLD.at, OLD.actor_id, OLD.on_behalf_of, OLD.action, OLD.outcome, OLD.resource_kind,
             OLD.resource_id, OLD.system_id, OLD.environment_id, OLD.vm_id, OLD.request_id, OLD.code, OLD.leaf_hash)
        AND OLD.at < date_trunc('month', app_now(), 'UTC') - interval '12 months'
        AND EXISTS (SELECT FROM audit_leaf WHERE event_id = OLD.id)
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'audit events are kept as they are; what a sealed one says may expire after 12 months'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'audit_event_guard';
END
$$;

CREATE FUNCTION public.in_sight(sight jsonb, of_system uuid, of_service uuid, of_vm uuid, of_environment uuid) RETURNS boolean
    LANGUAGE sql IMMUTABLE
    AS $$
    SELECT (sight -> 'everything')::boolean
        OR sight -> 'environments' ? of_environment::text
        OR of_environment IS NULL AND of_system IS NOT NULL AND sight -> 'environments' <> '[]'
        OR (sight -> 'systems' ? of_system::text OR sight -> 'services' ? of_service::text OR sight -> 'vms' ? of_vm::text)
           AND ((sight -> 'member_everywhere')::boolean OR sight -> 'member_environments' ? of_environment::text
                OR of_environment IS NULL AND sight -> 'member_environments' <> '[]')
$$;

CREATE TABLE public.inbox_item (
    number bigint NOT NULL,
    person_id uuid NOT NULL,
    kind text NOT NULL,
    actor_id uuid,
    request_id uuid,
    stage_id uuid,
    vm_id uuid,
    role text,
    system_id uuid,
    service_id uuid,
    environment_ids uuid[] DEFAULT '{}'::uuid[] NOT NULL,
    at timestamp with time zone DEFAULT public.app_now() NOT NULL,
    read_at timestamp with time zone,
    closed_at timestamp with time zone,
    CONSTRAINT inbox_item_kind_check CHECK ((kind = ANY (ARRAY['request.waiting'::text, 'request.approved'::text, 'request.narrowed'::text, 'request.rejected'::text, 'request.changes_requested'::text, 'request.edited'::text, 'request.sent_back'::text, 'request.cancelled'::text, 'request.expired'::text, 'request.succeeded'::text, 'request.failed'::text, 'request.commented'::text, 'role.given'::text, 'role.lost'::text, 'vm.failed'::text])))
);

CREATE FUNCTION public.inbox_seen(me uuid, requests jsonb, vms jsonb, words text[]) RETURNS SETOF public.inbox_item
    LANGUAGE sql STABLE
    AS $$
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

CREATE FUNCTION public.speakers(word text, in_system uuid, in_environment uuid) RETURNS SETOF uuid
    LANGUAGE sql STABLE
    AS $$
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

CREATE TABLE public.advanced_paths (
    id boolean DEFAULT true NOT NULL,
    paths text[] NOT NULL,
    version bigint DEFAULT 1 NOT NULL,
    CONSTRAINT advanced_paths_id_check CHECK (id)
);

CREATE TABLE public.api_token (
    id uuid NOT NULL,
    principal_id uuid NOT NULL,
    name text NOT NULL,
    prefix text NOT NULL,
    token_sha256 bytea NOT NULL,
    created_at timestamp with time zone DEFAULT public.app_now() NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    last_used_at timestamp with time zone,
    revoked_at timestamp with time zone,
    CONSTRAINT api_token_token_sha256_check CHECK ((octet_length(token_sha256) = 32))
);

CREATE TABLE public.app_clock (
    singleton boolean DEFAULT true NOT NULL,
    offset_micros bigint DEFAULT 0 NOT NULL,
    CONSTRAINT app_clock_singleton_check CHECK (singleton)
);

CREATE TABLE public.audit_checkpoint (
    size bigint NOT NULL,
    previous bigint NOT NULL,
    root bytea NOT NULL,
    frontier bytea NOT NULL,
    leaves bytea NOT NULL,
    note text NOT NULL,
    key_id uuid NOT NULL,
    xid xid8 NOT NULL,
    event_id bigint NOT NULL,
    epoch bigint NOT NULL,
    created_at timestamp with time zone DEFAULT public.app_now() NOT NULL,
    CONSTRAINT audit_checkpoint_check CHECK (((previous >= 0) AND (previous < size))),
    CONSTRAINT audit_checkpoint_check1 CHECK ((octet_length(leaves) = (32 * (size - previous)))),
    CONSTRAINT audit_checkpoint_root_check CHECK ((octet_length(root) = 32))
);

CREATE TABLE public.audit_event (
    id bigint NOT NULL,
    xid xid8 DEFAULT pg_current_xact_id() NOT NULL,
    at timestamp with time zone DEFAULT public.app_now() NOT NULL,
    actor_id uuid,
    actor_name text NOT NULL,
    on_behalf_of uuid,
    action text NOT NULL,
    outcome text NOT NULL,
    resource_kind text NOT NULL,
    resource_id text,
    resource_name text DEFAULT ''::text NOT NULL,
    system_id uuid,
    environment_id uuid,
    vm_id uuid,
    request_id uuid,
    source_address text,
    code text,
    before jsonb,
    after jsonb,
    canonical bytea,
    leaf_hash bytea NOT NULL,
    expired_at timestamp with time zone,
    CONSTRAINT audit_event_expired CHECK (((expired_at IS NULL) = (canonical IS NOT NULL))),
    CONSTRAINT audit_event_leaf_hash_check CHECK ((octet_length(leaf_hash) = 32)),
    CONSTRAINT audit_event_outcome_check CHECK ((outcome = ANY (ARRAY['success'::text, 'denied'::text, 'failed'::text, 'intent'::text])))
);

ALTER TABLE public.audit_event ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.audit_event_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.audit_key (
    id uuid NOT NULL,
    public_key bytea NOT NULL,
    sealed bytea,
    created_at timestamp with time zone DEFAULT public.app_now() NOT NULL,
    retired_at timestamp with time zone,
    CONSTRAINT audit_key_check CHECK (((sealed IS NOT NULL) OR (retired_at IS NOT NULL))),
    CONSTRAINT audit_key_public_key_check CHECK ((octet_length(public_key) = 32))
);

CREATE TABLE public.audit_leaf (
    "position" bigint NOT NULL,
    event_id bigint NOT NULL,
    CONSTRAINT audit_leaf_position_check CHECK (("position" >= 0))
);

CREATE TABLE public.audit_log (
    singleton boolean DEFAULT true NOT NULL,
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    CONSTRAINT audit_log_singleton_check CHECK (singleton)
);

CREATE TABLE public.audit_node (
    level smallint NOT NULL,
    index bigint NOT NULL,
    hash bytea NOT NULL,
    CONSTRAINT audit_node_hash_check CHECK ((octet_length(hash) = 32))
);

CREATE TABLE public.audit_word (
    word text NOT NULL COLLATE pg_catalog."C",
    name text NOT NULL
);

CREATE TABLE public.batch_turn (
    person_id uuid NOT NULL,
    turn bigint NOT NULL
);

CREATE TABLE public.binding (
    id uuid NOT NULL,
    principal_id uuid,
    role_id uuid NOT NULL,
    environment_ids uuid[] DEFAULT '{}'::uuid[] NOT NULL,
    all_environments boolean NOT NULL,
    granted_by uuid NOT NULL,
    created_at timestamp with time zone DEFAULT public.app_now() NOT NULL,
    group_id uuid,
    CONSTRAINT binding_check CHECK ((all_environments = (environment_ids = '{}'::uuid[]))),
    CONSTRAINT binding_holder CHECK ((num_nonnulls(principal_id, group_id) = 1))
);

CREATE TABLE public.cluster (
    id uuid NOT NULL,
    name text NOT NULL,
    environment_id uuid NOT NULL,
    api_url text NOT NULL,
    credentials bytea,
    accepts_vms boolean DEFAULT true NOT NULL,
    sample boolean DEFAULT false NOT NULL,
    created_at timestamp with time zone DEFAULT public.app_now() NOT NULL,
    deleted_at timestamp with time zone,
    version bigint DEFAULT 1 NOT NULL,
    cpu_overcommit_percent bigint DEFAULT 1000 NOT NULL,
    memory_overcommit_percent bigint DEFAULT 100 NOT NULL,
    lets_dedicated_cpu boolean DEFAULT true NOT NULL,
    lets_hugepages boolean DEFAULT true NOT NULL,
    lets_gpus boolean DEFAULT true NOT NULL,
    mode text DEFAULT 'govern'::text NOT NULL,
    sign_in text DEFAULT 'kubeconfig'::text NOT NULL,
    link_version bigint DEFAULT 1 NOT NULL,
    rotated_at timestamp with time zone DEFAULT public.app_now() NOT NULL,
    lets_multus boolean DEFAULT true NOT NULL,
    lets_advanced boolean DEFAULT true NOT NULL,
    storage_classes text[] DEFAULT '{}'::text[] NOT NULL,
    volume_modes text[] DEFAULT '{}'::text[] NOT NULL,
    CONSTRAINT cluster_check CHECK (((credentials IS NULL) = (deleted_at IS NOT NULL))),
    CONSTRAINT cluster_cpu_overcommit_percent_check CHECK ((cpu_overcommit_percent >= 100)),
    CONSTRAINT cluster_memory_overcommit_percent_check CHECK ((memory_overcommit_percent >= 100)),
    CONSTRAINT cluster_mode_check CHECK ((mode = ANY (ARRAY['observe'::text, 'govern'::text]))),
    CONSTRAINT cluster_name_check CHECK (((name ~ '^[a-z][a-z0-9]*(-[a-z0-9]+)*$'::text) AND (length(name) <= 24))),
    CONSTRAINT cluster_sign_in_check CHECK ((sign_in = ANY (ARRAY['kubeconfig'::text, 'token'::text, 'in_cluster'::text]))),
    CONSTRAINT cluster_storage_classes_check CHECK ((cardinality(storage_classes) <= 100)),
    CONSTRAINT cluster_volume_modes_check CHECK ((volume_modes <@ ARRAY['block'::text, 'filesystem'::text]))
);

CREATE TABLE public.cluster_namespace (
    cluster_id uuid NOT NULL,
    name text NOT NULL,
    hints jsonb NOT NULL,
    governed boolean NOT NULL
);

CREATE TABLE public.cluster_node (
    cluster_id uuid NOT NULL,
    name text NOT NULL,
    zone text
);

CREATE TABLE public.cluster_status (
    cluster_id uuid NOT NULL,
    health text DEFAULT 'unknown'::text NOT NULL,
    message text,
    breaker text DEFAULT 'closed'::text NOT NULL,
    kubevirt_version text,
    capability jsonb,
    milli_vcpu bigint,
    memory_bytes bigint,
    observed_at timestamp with time zone,
    epoch bigint DEFAULT 0 NOT NULL,
    complaint text,
    ability jsonb,
    instance_schema jsonb,
    schema_version text,
    unmanaged_vms bigint DEFAULT 0 NOT NULL,
    unmanaged_milli_vcpu bigint DEFAULT 0 NOT NULL,
    unmanaged_memory_bytes bigint DEFAULT 0 NOT NULL,
    probed_at timestamp with time zone,
    layout jsonb,
    CONSTRAINT cluster_status_breaker_check CHECK ((breaker = ANY (ARRAY['closed'::text, 'open'::text, 'half_open'::text]))),
    CONSTRAINT cluster_status_health_check CHECK ((health = ANY (ARRAY['unknown'::text, 'healthy'::text, 'degraded'::text, 'unreachable'::text])))
);

CREATE TABLE public.console (
    id uuid NOT NULL,
    vm_id uuid NOT NULL,
    kind text NOT NULL,
    principal_id uuid NOT NULL,
    request_id uuid NOT NULL,
    opened_at timestamp with time zone DEFAULT public.app_now() NOT NULL,
    closed_at timestamp with time zone,
    bytes_in bigint DEFAULT 0 NOT NULL,
    bytes_out bigint DEFAULT 0 NOT NULL,
    close_code text,
    CONSTRAINT console_kind_check CHECK ((kind = ANY (ARRAY['serial'::text, 'vnc'::text])))
);

CREATE TABLE public.console_ticket (
    token_sha256 bytea NOT NULL,
    vm_id uuid NOT NULL,
    kind text NOT NULL,
    principal_id uuid NOT NULL,
    session_id uuid,
    request_id uuid NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    used_at timestamp with time zone,
    CONSTRAINT console_ticket_kind_check CHECK ((kind = ANY (ARRAY['serial'::text, 'vnc'::text]))),
    CONSTRAINT console_ticket_token_sha256_check CHECK ((octet_length(token_sha256) = 32))
);

CREATE TABLE public.decision (
    id uuid NOT NULL,
    request_id uuid NOT NULL,
    stage_id uuid,
    principal_id uuid NOT NULL,
    person_id uuid NOT NULL,
    verdict text NOT NULL,
    comment text DEFAULT ''::text NOT NULL,
    spec_hash bytea NOT NULL,
    cluster_id uuid,
    void boolean DEFAULT false NOT NULL,
    at timestamp with time zone DEFAULT public.app_now() NOT NULL,
    fulfils integer[] DEFAULT '{0}'::integer[] NOT NULL,
    sets_aside boolean DEFAULT false NOT NULL,
    effective_spec bytea,
    effective_hash bytea,
    CONSTRAINT decision_effective CHECK (((effective_spec IS NULL) = (effective_hash IS NULL))),
    CONSTRAINT decision_effective_hash_check CHECK ((octet_length(effective_hash) = 32)),
    CONSTRAINT decision_verdict_check CHECK ((verdict = ANY (ARRAY['approve'::text, 'reject'::text, 'request_changes'::text])))
);

CREATE TABLE public.environment (
    id uuid NOT NULL,
    name text NOT NULL,
    title text NOT NULL,
    protected boolean NOT NULL,
    colour text NOT NULL,
    "position" integer DEFAULT 0 NOT NULL,
    created_at timestamp with time zone DEFAULT public.app_now() NOT NULL,
    version bigint DEFAULT 1 NOT NULL,
    trash_days integer,
    CONSTRAINT environment_name_check CHECK (((name ~ '^[a-z][a-z0-9]*(-[a-z0-9]+)*$'::text) AND (length(name) <= 15))),
    CONSTRAINT environment_trash_days_check CHECK (((trash_days >= 0) AND (trash_days <= 365)))
);

CREATE TABLE public.event (
    id bigint NOT NULL,
    xid xid8 DEFAULT pg_current_xact_id() NOT NULL,
    at timestamp with time zone DEFAULT public.app_now() NOT NULL,
    kind text NOT NULL,
    resource_id uuid NOT NULL,
    version bigint NOT NULL,
    system_id uuid,
    service_id uuid,
    environment_id uuid,
    principal_id uuid,
    vm_id uuid
);

CREATE TABLE public.event_horizon (
    singleton boolean DEFAULT true NOT NULL,
    xid xid8 DEFAULT '0'::xid8 NOT NULL,
    CONSTRAINT event_horizon_singleton_check CHECK (singleton)
);

ALTER TABLE public.event ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.event_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.group_member (
    group_id uuid NOT NULL,
    principal_id uuid NOT NULL,
    added_by uuid NOT NULL,
    since timestamp with time zone DEFAULT public.app_now() NOT NULL
);

CREATE TABLE public.resource_member (
    id uuid NOT NULL,
    system_id uuid NOT NULL,
    service_id uuid,
    vm_id uuid,
    principal_id uuid,
    group_id uuid,
    role text NOT NULL,
    granted_by uuid NOT NULL,
    since timestamp with time zone DEFAULT public.app_now() NOT NULL,
    CONSTRAINT resource_member_check CHECK ((num_nonnulls(principal_id, group_id) = 1)),
    CONSTRAINT resource_member_check1 CHECK (((vm_id IS NULL) OR (service_id IS NOT NULL))),
    CONSTRAINT resource_member_check2 CHECK (((service_id IS NOT NULL) OR (group_id IS NOT NULL))),
    CONSTRAINT resource_member_role_check CHECK ((role = ANY (ARRAY['member'::text, 'viewer'::text])))
);

CREATE TABLE public.system (
    id uuid NOT NULL,
    name text NOT NULL,
    description text DEFAULT ''::text NOT NULL,
    created_by uuid NOT NULL,
    sample boolean DEFAULT false NOT NULL,
    created_at timestamp with time zone DEFAULT public.app_now() NOT NULL,
    deleted_at timestamp with time zone,
    version bigint DEFAULT 1 NOT NULL,
    CONSTRAINT system_name_check CHECK (((name ~ '^[a-z][a-z0-9]*(-[a-z0-9]+)*$'::text) AND (length(name) <= 15)))
);

CREATE TABLE public.system_member (
    system_id uuid NOT NULL,
    principal_id uuid NOT NULL,
    role text NOT NULL,
    since timestamp with time zone DEFAULT public.app_now() NOT NULL,
    CONSTRAINT system_member_role_check CHECK ((role = ANY (ARRAY['owner'::text, 'member'::text, 'viewer'::text])))
);

CREATE VIEW public.held_place AS
 SELECT m.principal_id,
    NULL::uuid AS group_id,
    m.system_id,
    NULL::uuid AS service_id,
    NULL::uuid AS vm_id,
    m.role
   FROM (public.system_member m
     JOIN public.system y ON (((y.id = m.system_id) AND (y.deleted_at IS NULL))))
UNION ALL
 SELECT r.principal_id,
    NULL::uuid AS group_id,
    r.system_id,
    r.service_id,
    r.vm_id,
    r.role
   FROM (public.resource_member r
     JOIN public.system y ON (((y.id = r.system_id) AND (y.deleted_at IS NULL))))
  WHERE (r.principal_id IS NOT NULL)
UNION ALL
 SELECT m.principal_id,
    r.group_id,
    r.system_id,
    r.service_id,
    r.vm_id,
    r.role
   FROM ((public.group_member m
     JOIN public.resource_member r ON ((r.group_id = m.group_id)))
     JOIN public.system y ON (((y.id = r.system_id) AND (y.deleted_at IS NULL))));

CREATE VIEW public.held_role AS
 SELECT b.principal_id,
    b.id AS binding_id,
    NULL::uuid AS group_id,
    b.role_id,
    b.all_environments,
    b.environment_ids
   FROM public.binding b
  WHERE (b.principal_id IS NOT NULL)
UNION ALL
 SELECT m.principal_id,
    b.id AS binding_id,
    b.group_id,
    b.role_id,
    b.all_environments,
    b.environment_ids
   FROM (public.group_member m
     JOIN public.binding b ON ((b.group_id = m.group_id)));

CREATE TABLE public.principal (
    id uuid NOT NULL,
    kind text NOT NULL,
    name text NOT NULL,
    display_name text NOT NULL,
    email text,
    locale text DEFAULT 'en'::text NOT NULL,
    owner_id uuid,
    disabled_at timestamp with time zone,
    epoch bigint DEFAULT 0 NOT NULL,
    sample boolean DEFAULT false NOT NULL,
    created_at timestamp with time zone DEFAULT public.app_now() NOT NULL,
    version bigint DEFAULT 1 NOT NULL,
    CONSTRAINT principal_check CHECK (((kind = ANY (ARRAY['person'::text, 'system'::text])) = (owner_id IS NULL))),
    CONSTRAINT principal_kind_check CHECK ((kind = ANY (ARRAY['person'::text, 'service_account'::text, 'pool'::text, 'system'::text]))),
    CONSTRAINT principal_locale_check CHECK ((locale = ANY (ARRAY['en'::text, 'zh'::text])))
);

CREATE TABLE public.role (
    id uuid NOT NULL,
    name text NOT NULL,
    title text NOT NULL,
    builtin boolean DEFAULT false NOT NULL,
    permissions text[] NOT NULL,
    version bigint DEFAULT 1 NOT NULL
);

CREATE TABLE public.user_group (
    id uuid NOT NULL,
    name text NOT NULL,
    title text NOT NULL,
    created_by uuid NOT NULL,
    created_at timestamp with time zone DEFAULT public.app_now() NOT NULL,
    deleted_at timestamp with time zone,
    version bigint DEFAULT 1 NOT NULL,
    CONSTRAINT user_group_name_check CHECK (((name ~ '^[a-z][a-z0-9._-]*$'::text) AND ((length(name) >= 2) AND (length(name) <= 60))))
);

CREATE VIEW public.holding AS
 SELECT p.id AS principal_id,
    ( SELECT COALESCE(jsonb_agg(jsonb_build_object('id', h.binding_id, 'group', h.group_id, 'role', r.name, 'permissions', r.permissions, 'all', h.all_environments, 'environments', h.environment_ids)), '[]'::jsonb) AS "coalesce"
           FROM (public.held_role h
             JOIN public.role r ON ((r.id = h.role_id)))
          WHERE (h.principal_id = p.id)) AS roles,
    ( SELECT COALESCE(jsonb_agg(jsonb_build_object('system', h.system_id, 'service', h.service_id, 'vm', h.vm_id, 'group', h.group_id, 'role', h.role)), '[]'::jsonb) AS "coalesce"
           FROM public.held_place h
          WHERE (h.principal_id = p.id)) AS places,
    ( SELECT COALESCE(jsonb_agg(jsonb_build_object('id', g.id, 'name', g.name)), '[]'::jsonb) AS "coalesce"
           FROM (public.group_member m
             JOIN public.user_group g ON ((g.id = m.group_id)))
          WHERE (m.principal_id = p.id)) AS groups
   FROM public.principal p;

CREATE TABLE public.idempotency (
    principal_id uuid NOT NULL,
    operation text NOT NULL,
    key text NOT NULL,
    body_hash bytea NOT NULL,
    response jsonb,
    created_at timestamp with time zone DEFAULT public.app_now() NOT NULL
);

ALTER TABLE public.inbox_item ALTER COLUMN number ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.inbox_item_number_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.inbox_position (
    singleton boolean DEFAULT true NOT NULL,
    horizon text NOT NULL,
    CONSTRAINT inbox_position_singleton_check CHECK (singleton)
);

CREATE TABLE public.inventory_vm (
    cluster_id uuid NOT NULL,
    namespace text NOT NULL,
    name text NOT NULL,
    uid text NOT NULL,
    vm_id uuid,
    power text NOT NULL,
    reason text,
    message text,
    node text,
    address text,
    milli_vcpu bigint,
    memory_bytes bigint,
    instance_uid text,
    resource_version text NOT NULL,
    detail jsonb DEFAULT '{}'::jsonb NOT NULL,
    generation bigint NOT NULL,
    epoch bigint NOT NULL,
    seen_at timestamp with time zone DEFAULT public.app_now() NOT NULL,
    changed_at timestamp with time zone DEFAULT public.app_now() NOT NULL,
    restart_required boolean DEFAULT false NOT NULL,
    born_at timestamp with time zone,
    disk_count integer DEFAULT 0 NOT NULL,
    disk_bytes bigint,
    hints jsonb DEFAULT '[]'::jsonb NOT NULL,
    writers jsonb DEFAULT '[]'::jsonb NOT NULL,
    power_since timestamp with time zone DEFAULT public.app_now() NOT NULL,
    ready boolean DEFAULT false NOT NULL,
    agent boolean DEFAULT false NOT NULL
);

CREATE TABLE public.lease (
    name text NOT NULL,
    holder uuid,
    epoch bigint DEFAULT 0 NOT NULL,
    expires_at timestamp with time zone
);

CREATE TABLE public.limit_exemption (
    principal_id uuid NOT NULL,
    reason text NOT NULL,
    until timestamp with time zone,
    created_by uuid NOT NULL,
    created_at timestamp with time zone DEFAULT public.app_now() NOT NULL
);

CREATE TABLE public.name_counter (
    prefix text NOT NULL,
    last integer NOT NULL
);

CREATE TABLE public.namespace (
    id uuid NOT NULL,
    name text NOT NULL,
    environment_id uuid NOT NULL,
    system_ids uuid[] DEFAULT '{}'::uuid[] NOT NULL,
    created_at timestamp with time zone DEFAULT public.app_now() NOT NULL,
    deleted_at timestamp with time zone,
    version bigint DEFAULT 1 NOT NULL,
    CONSTRAINT namespace_name_check CHECK (((name ~ '^[a-z][a-z0-9]*(-[a-z0-9]+)*$'::text) AND (length(name) <= 24)))
);

CREATE TABLE public.network (
    id uuid NOT NULL,
    name text NOT NULL,
    title text NOT NULL,
    description text DEFAULT ''::text NOT NULL,
    kind text NOT NULL,
    definition text,
    environment_id uuid,
    state text DEFAULT 'active'::text NOT NULL,
    state_message text,
    created_at timestamp with time zone DEFAULT public.app_now() NOT NULL,
    version bigint DEFAULT 1 NOT NULL,
    CONSTRAINT network_check CHECK (((definition IS NULL) = (kind = 'pod'::text))),
    CONSTRAINT network_check1 CHECK (((environment_id IS NULL) = (kind = 'pod'::text))),
    CONSTRAINT network_kind_check CHECK ((kind = ANY (ARRAY['pod'::text, 'multus'::text]))),
    CONSTRAINT network_name_check CHECK (((name ~ '^[a-z][a-z0-9]*(-[a-z0-9]+)*$'::text) AND (length(name) <= 60))),
    CONSTRAINT network_state_check CHECK ((state = ANY (ARRAY['active'::text, 'deprecated'::text, 'withdrawn'::text])))
);

CREATE TABLE public.operation (
    id uuid NOT NULL,
    number bigint NOT NULL,
    vm_id uuid NOT NULL,
    seq bigint NOT NULL,
    operation text NOT NULL,
    cause_kind text NOT NULL,
    cause_id uuid NOT NULL,
    params jsonb DEFAULT '{}'::jsonb NOT NULL,
    state text NOT NULL,
    step text,
    attempt bigint DEFAULT 0 NOT NULL,
    woken boolean DEFAULT false NOT NULL,
    not_after timestamp with time zone NOT NULL,
    failure_code text,
    failure_params jsonb,
    failure_text text,
    created_at timestamp with time zone DEFAULT public.app_now() NOT NULL,
    started_at timestamp with time zone,
    touched_at timestamp with time zone DEFAULT public.app_now() NOT NULL,
    finished_at timestamp with time zone,
    version bigint DEFAULT 1 NOT NULL,
    CONSTRAINT operation_cause_kind_check CHECK ((cause_kind = ANY (ARRAY['request'::text, 'pool'::text, 'lease'::text, 'schedule'::text, 'drift'::text, 'system'::text]))),
    CONSTRAINT operation_state_check CHECK ((state = ANY (ARRAY['queued'::text, 'running'::text, 'waiting'::text, 'succeeded'::text, 'failed'::text, 'superseded'::text, 'expired'::text])))
);

ALTER TABLE public.operation ALTER COLUMN number ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.operation_number_seq
    START WITH 1001
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.operation_step (
    operation_id uuid NOT NULL,
    "position" integer NOT NULL,
    name text NOT NULL,
    state text NOT NULL,
    acted boolean DEFAULT false NOT NULL,
    detail text,
    started_at timestamp with time zone,
    finished_at timestamp with time zone,
    CONSTRAINT operation_step_state_check CHECK ((state = ANY (ARRAY['waiting'::text, 'running'::text, 'done'::text, 'failed'::text])))
);

CREATE TABLE public.ownership_transfer (
    id uuid NOT NULL,
    system_id uuid NOT NULL,
    former_owner_id uuid NOT NULL,
    cause text NOT NULL,
    opened_by uuid NOT NULL,
    opened_at timestamp with time zone DEFAULT public.app_now() NOT NULL,
    new_owner_id uuid,
    resolved_by uuid,
    resolved_at timestamp with time zone,
    CONSTRAINT ownership_transfer_cause_check CHECK ((cause = ANY (ARRAY['disabled'::text, 'removed'::text]))),
    CONSTRAINT ownership_transfer_check CHECK (((resolved_at IS NULL) = (new_owner_id IS NULL)))
);

CREATE TABLE public.password (
    principal_id uuid NOT NULL,
    hash text NOT NULL,
    must_change boolean DEFAULT true NOT NULL,
    changed_at timestamp with time zone DEFAULT public.app_now() NOT NULL
);

CREATE TABLE public.policy (
    id uuid NOT NULL,
    name text NOT NULL,
    builtin boolean DEFAULT false NOT NULL,
    created_at timestamp with time zone DEFAULT public.app_now() NOT NULL
);

CREATE TABLE public.policy_version (
    id uuid NOT NULL,
    policy_id uuid NOT NULL,
    version integer NOT NULL,
    title text NOT NULL,
    effect text NOT NULL,
    enforcement text NOT NULL,
    operations text[] NOT NULL,
    protected boolean,
    stages jsonb DEFAULT '[]'::jsonb NOT NULL,
    reason_code text NOT NULL,
    created_by uuid NOT NULL,
    created_at timestamp with time zone DEFAULT public.app_now() NOT NULL,
    retired_at timestamp with time zone,
    condition text,
    override_role text,
    pending_hours integer,
    pending_then text,
    CONSTRAINT policy_version_condition_check CHECK ((octet_length(condition) <= 2000)),
    CONSTRAINT policy_version_effect_check CHECK ((effect = ANY (ARRAY['allow'::text, 'deny'::text, 'require'::text]))),
    CONSTRAINT policy_version_enforcement_check CHECK ((enforcement = ANY (ARRAY['advisory'::text, 'soft'::text, 'hard'::text]))),
    CONSTRAINT policy_version_pending CHECK (((pending_hours IS NULL) = (pending_then IS NULL))),
    CONSTRAINT policy_version_pending_hours_check CHECK (((pending_hours >= 1) AND (pending_hours <= 8760))),
    CONSTRAINT policy_version_pending_then_check CHECK ((pending_then = ANY (ARRAY['expire'::text, 'reject'::text])))
);

CREATE TABLE public.pool (
    id uuid NOT NULL,
    name text NOT NULL,
    system_id uuid NOT NULL,
    service_id uuid NOT NULL,
    environment_id uuid NOT NULL,
    namespace_id uuid NOT NULL,
    request_id uuid NOT NULL,
    created_by uuid NOT NULL,
    spec jsonb NOT NULL,
    revision bigint DEFAULT 1 NOT NULL,
    agreed_by uuid NOT NULL,
    desired bigint NOT NULL,
    state text DEFAULT 'active'::text NOT NULL,
    paused boolean DEFAULT false NOT NULL,
    plan jsonb DEFAULT '{}'::jsonb NOT NULL,
    available bigint DEFAULT 0 NOT NULL,
    attention boolean DEFAULT false NOT NULL,
    planned_at timestamp with time zone,
    due_at timestamp with time zone DEFAULT public.app_now() NOT NULL,
    sample boolean DEFAULT false NOT NULL,
    created_at timestamp with time zone DEFAULT public.app_now() NOT NULL,
    deleted_at timestamp with time zone,
    version bigint DEFAULT 1 NOT NULL,
    member_revision bigint DEFAULT 1 NOT NULL,
    before_member jsonb,
    before_revision bigint,
    before_agreed_by uuid,
    rollout_since timestamp with time zone,
    rollout_done_at timestamp with time zone,
    rollout_behind_since timestamp with time zone,
    rollout_paused boolean DEFAULT false NOT NULL,
    rolled_back_at timestamp with time zone,
    CONSTRAINT pool_before CHECK ((num_nulls(before_member, before_revision, before_agreed_by) = ANY (ARRAY[0, 3]))),
    CONSTRAINT pool_desired_check CHECK ((desired >= 0)),
    CONSTRAINT pool_name_check CHECK (((name ~ '^[a-z][a-z0-9]*(-[a-z0-9]+)*$'::text) AND (length(name) <= 24))),
    CONSTRAINT pool_state_check CHECK ((state = ANY (ARRAY['active'::text, 'deleting'::text, 'deleted'::text])))
);

CREATE TABLE public.pool_act (
    id bigint NOT NULL,
    pool_id uuid NOT NULL,
    at timestamp with time zone DEFAULT public.app_now() NOT NULL,
    act text NOT NULL,
    ordinal bigint,
    vm_id uuid,
    code text NOT NULL,
    params jsonb DEFAULT '{}'::jsonb NOT NULL,
    text text NOT NULL
);

ALTER TABLE public.pool_act ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.pool_act_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.pool_health (
    vm_id uuid NOT NULL,
    pool_id uuid NOT NULL,
    instance_uid text NOT NULL,
    verdict text NOT NULL,
    passed bigint NOT NULL,
    failed bigint NOT NULL,
    failing_since timestamp with time zone,
    serving_since timestamp with time zone,
    checked_at timestamp with time zone NOT NULL,
    said jsonb NOT NULL,
    CONSTRAINT pool_health_verdict_check CHECK ((verdict = ANY (ARRAY['awaited'::text, 'not_yet'::text, 'healthy'::text, 'unhealthy'::text])))
);

CREATE TABLE public.pool_place (
    pool_id uuid NOT NULL,
    ordinal bigint NOT NULL,
    remedies bigint DEFAULT 0 NOT NULL,
    restarts bigint DEFAULT 0 NOT NULL,
    refused bigint DEFAULT 0 NOT NULL,
    last_at timestamp with time zone,
    CONSTRAINT pool_place_ordinal_check CHECK ((ordinal >= 0))
);

CREATE TABLE public.pool_round (
    pool_id uuid NOT NULL,
    due_at timestamp with time zone DEFAULT public.app_now() NOT NULL,
    epoch bigint DEFAULT 0 NOT NULL
);

CREATE TABLE public.quota_ledger (
    request_id uuid NOT NULL,
    dimension text NOT NULL,
    amount bigint NOT NULL,
    state text NOT NULL,
    vm_id uuid,
    environment_id uuid NOT NULL,
    system_id uuid NOT NULL,
    service_id uuid NOT NULL,
    principal_id uuid NOT NULL,
    changed_at timestamp with time zone DEFAULT public.app_now() NOT NULL,
    CONSTRAINT quota_ledger_state_check CHECK ((state = ANY (ARRAY['reserved'::text, 'live'::text, 'released'::text])))
);

CREATE TABLE public.quota_limit (
    scope_kind text NOT NULL,
    scope_id uuid NOT NULL,
    dimension text NOT NULL,
    amount bigint NOT NULL,
    hard boolean DEFAULT true NOT NULL,
    CONSTRAINT quota_limit_dimension_check CHECK ((dimension = ANY (ARRAY['milli_vcpu'::text, 'memory_bytes'::text, 'disk_bytes'::text, 'vms'::text, 'gpus'::text, 'snapshots'::text]))),
    CONSTRAINT quota_limit_scope_kind_check CHECK ((scope_kind = ANY (ARRAY['platform'::text, 'environment'::text, 'system'::text, 'service'::text, 'person'::text])))
);

CREATE TABLE public.request (
    id uuid NOT NULL,
    number bigint NOT NULL,
    operation text NOT NULL,
    state text NOT NULL,
    requester_id uuid NOT NULL,
    system_id uuid,
    service_id uuid,
    environment_id uuid,
    namespace_id uuid,
    vm_id uuid,
    spec bytea NOT NULL,
    spec_version integer NOT NULL,
    spec_json jsonb NOT NULL,
    spec_hash bytea NOT NULL,
    copy_number integer DEFAULT 0 NOT NULL,
    reason text DEFAULT ''::text NOT NULL,
    verdict jsonb NOT NULL,
    inputs jsonb NOT NULL,
    placement jsonb DEFAULT '[]'::jsonb NOT NULL,
    cluster_id uuid,
    automatic_rule text,
    failure_code text,
    failure_params jsonb,
    failure_text text,
    sample boolean DEFAULT false NOT NULL,
    submitted_at timestamp with time zone DEFAULT public.app_now() NOT NULL,
    decided_at timestamp with time zone,
    expires_at timestamp with time zone,
    closed_at timestamp with time zone,
    version bigint DEFAULT 1 NOT NULL,
    revision integer DEFAULT 1 NOT NULL,
    pending_hours integer DEFAULT 336 NOT NULL,
    pending_then text DEFAULT 'expire'::text NOT NULL,
    batch_size integer,
    batch_id uuid,
    batch_row integer,
    batch_label text,
    batch_tries integer DEFAULT 0 NOT NULL,
    told text,
    target text DEFAULT 'vm'::text NOT NULL,
    CONSTRAINT request_batch CHECK ((((batch_id IS NULL) = (batch_row IS NULL)) AND ((batch_id IS NULL) = (batch_label IS NULL)) AND ((batch_id IS NULL) OR (batch_size IS NULL)))),
    CONSTRAINT request_batch_row_check CHECK (((batch_row >= 1) AND (batch_row <= 500))),
    CONSTRAINT request_batch_size_check CHECK (((batch_size >= 1) AND (batch_size <= 500))),
    CONSTRAINT request_check CHECK ((batch_id <> id)),
    CONSTRAINT request_pending_then_check CHECK ((pending_then = ANY (ARRAY['expire'::text, 'reject'::text]))),
    CONSTRAINT request_spec_hash_check CHECK ((octet_length(spec_hash) = 32)),
    CONSTRAINT request_state_check CHECK ((state = ANY (ARRAY['draft'::text, 'pending'::text, 'changes_requested'::text, 'approved'::text, 'executing'::text, 'succeeded'::text, 'failed'::text, 'rejected'::text, 'cancelled'::text, 'expired'::text]))),
    CONSTRAINT request_target CHECK (
CASE target
    WHEN 'vm'::text THEN ((num_nulls(system_id, service_id, environment_id, namespace_id) = 0) AND (starts_with(operation, 'vm.'::text) OR (starts_with(operation, 'pool.'::text) AND (vm_id IS NULL))))
    WHEN 'system'::text THEN ((num_nonnulls(service_id, environment_id, namespace_id, vm_id, cluster_id, batch_size, batch_id) = 0) AND starts_with(operation, 'system.'::text))
    ELSE NULL::boolean
END),
    CONSTRAINT request_target_check CHECK ((target = ANY (ARRAY['vm'::text, 'system'::text])))
);

CREATE TABLE public.request_comment (
    id uuid NOT NULL,
    number bigint NOT NULL,
    request_id uuid NOT NULL,
    principal_id uuid NOT NULL,
    text text NOT NULL,
    at timestamp with time zone DEFAULT public.app_now() NOT NULL
);

ALTER TABLE public.request_comment ALTER COLUMN number ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.request_comment_number_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.request_draft (
    id uuid NOT NULL,
    number bigint NOT NULL,
    author_id uuid NOT NULL,
    service_id uuid NOT NULL,
    body jsonb NOT NULL,
    from_request_id uuid,
    created_at timestamp with time zone DEFAULT public.app_now() NOT NULL,
    updated_at timestamp with time zone DEFAULT public.app_now() NOT NULL,
    version bigint DEFAULT 1 NOT NULL
);

ALTER TABLE public.request_draft ALTER COLUMN number ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.request_draft_number_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.request_edit (
    request_id uuid NOT NULL,
    revision integer NOT NULL,
    principal_id uuid NOT NULL,
    person_id uuid NOT NULL,
    spec bytea NOT NULL,
    spec_json jsonb NOT NULL,
    spec_hash bytea NOT NULL,
    reason text NOT NULL,
    verdict jsonb NOT NULL,
    inputs jsonb NOT NULL,
    placement jsonb NOT NULL,
    at timestamp with time zone DEFAULT public.app_now() NOT NULL,
    CONSTRAINT request_edit_revision_check CHECK ((revision > 1)),
    CONSTRAINT request_edit_spec_hash_check CHECK ((octet_length(spec_hash) = 32))
);

CREATE TABLE public.request_field (
    id uuid NOT NULL,
    name text NOT NULL,
    kind text NOT NULL,
    labels jsonb NOT NULL,
    help jsonb DEFAULT '{}'::jsonb NOT NULL,
    required boolean NOT NULL,
    pattern text,
    choices text[] DEFAULT '{}'::text[] NOT NULL,
    environment_ids uuid[] DEFAULT '{}'::uuid[] NOT NULL,
    operations text[] NOT NULL,
    "position" integer DEFAULT 0 NOT NULL,
    created_by uuid NOT NULL,
    created_at timestamp with time zone DEFAULT public.app_now() NOT NULL,
    retired_at timestamp with time zone,
    CONSTRAINT request_field_check CHECK (((kind = 'choice'::text) = (choices <> '{}'::text[]))),
    CONSTRAINT request_field_kind_check CHECK ((kind = ANY (ARRAY['text'::text, 'number'::text, 'choice'::text, 'boolean'::text, 'date'::text])))
);

CREATE TABLE public.request_limit (
    id boolean DEFAULT true NOT NULL,
    pending_per_person integer,
    pending_in_all integer,
    hourly_per_person integer,
    in_flight_per_person integer NOT NULL,
    in_flight_in_all integer NOT NULL,
    version bigint DEFAULT 1 NOT NULL,
    CONSTRAINT request_limit_hourly_per_person_check CHECK ((hourly_per_person > 0)),
    CONSTRAINT request_limit_id_check CHECK (id),
    CONSTRAINT request_limit_in_flight_in_all_check CHECK ((in_flight_in_all > 0)),
    CONSTRAINT request_limit_in_flight_per_person_check CHECK ((in_flight_per_person > 0)),
    CONSTRAINT request_limit_pending_in_all_check CHECK ((pending_in_all > 0)),
    CONSTRAINT request_limit_pending_per_person_check CHECK ((pending_per_person > 0))
);

ALTER TABLE public.request ALTER COLUMN number ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.request_number_seq
    START WITH 1001
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.request_secret (
    id uuid NOT NULL,
    principal_id uuid NOT NULL,
    value bytea NOT NULL,
    created_at timestamp with time zone DEFAULT public.app_now() NOT NULL
);

CREATE TABLE public.request_stage (
    id uuid NOT NULL,
    request_id uuid NOT NULL,
    "position" integer NOT NULL,
    permission text NOT NULL,
    needed integer NOT NULL,
    state text NOT NULL,
    revision integer DEFAULT 1 NOT NULL,
    requirements jsonb DEFAULT '[]'::jsonb NOT NULL,
    who text[] DEFAULT '{}'::text[] NOT NULL,
    ask_again boolean DEFAULT false NOT NULL,
    CONSTRAINT request_stage_needed_check CHECK ((needed > 0)),
    CONSTRAINT request_stage_state_check CHECK ((state = ANY (ARRAY['waiting'::text, 'active'::text, 'satisfied'::text, 'rejected'::text, 'void'::text])))
);

CREATE TABLE public.service (
    id uuid NOT NULL,
    system_id uuid NOT NULL,
    name text NOT NULL,
    description text DEFAULT ''::text NOT NULL,
    sample boolean DEFAULT false NOT NULL,
    created_at timestamp with time zone DEFAULT public.app_now() NOT NULL,
    deleted_at timestamp with time zone,
    version bigint DEFAULT 1 NOT NULL,
    CONSTRAINT service_name_check CHECK (((name ~ '^[a-z][a-z0-9]*(-[a-z0-9]+)*$'::text) AND (length(name) <= 15)))
);

CREATE TABLE public.session (
    id uuid NOT NULL,
    principal_id uuid NOT NULL,
    token_sha256 bytea NOT NULL,
    created_at timestamp with time zone DEFAULT public.app_now() NOT NULL,
    last_seen_at timestamp with time zone DEFAULT public.app_now() NOT NULL,
    idle_expires_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    auth_at timestamp with time zone DEFAULT public.app_now() NOT NULL,
    auth_level smallint DEFAULT 1 NOT NULL,
    revoked_at timestamp with time zone,
    address text,
    user_agent text,
    CONSTRAINT session_token_sha256_check CHECK ((octet_length(token_sha256) = 32))
);

CREATE TABLE public.size (
    id uuid NOT NULL,
    name text NOT NULL,
    created_at timestamp with time zone DEFAULT public.app_now() NOT NULL,
    version bigint DEFAULT 1 NOT NULL,
    description text DEFAULT ''::text NOT NULL,
    environment_ids uuid[] DEFAULT '{}'::uuid[] NOT NULL
);

CREATE TABLE public.size_version (
    id uuid NOT NULL,
    size_id uuid NOT NULL,
    version integer NOT NULL,
    state text DEFAULT 'active'::text NOT NULL,
    milli_vcpu bigint NOT NULL,
    memory_bytes bigint NOT NULL,
    disk_bytes bigint NOT NULL,
    created_by uuid NOT NULL,
    created_at timestamp with time zone DEFAULT public.app_now() NOT NULL,
    compute jsonb DEFAULT '{}'::jsonb NOT NULL,
    state_message text,
    replacement_id uuid,
    weight_milli_vcpu bigint GENERATED ALWAYS AS (
CASE
    WHEN COALESCE(((compute ->> 'dedicated_cpu'::text))::boolean, false) THEN (milli_vcpu * 10)
    ELSE COALESCE((((compute ->> 'request_milli_cpu'::text))::bigint * 10), milli_vcpu)
END) STORED NOT NULL,
    weight_memory_bytes bigint GENERATED ALWAYS AS (COALESCE(((compute ->> 'request_memory_bytes'::text))::bigint, memory_bytes)) STORED NOT NULL,
    CONSTRAINT size_version_check CHECK ((replacement_id <> id)),
    CONSTRAINT size_version_disk_bytes_check CHECK ((disk_bytes >= 0)),
    CONSTRAINT size_version_memory_bytes_check CHECK ((memory_bytes > 0)),
    CONSTRAINT size_version_milli_vcpu_check CHECK ((milli_vcpu > 0)),
    CONSTRAINT size_version_state_check CHECK ((state = ANY (ARRAY['active'::text, 'deprecated'::text, 'withdrawn'::text])))
);

CREATE TABLE public.ssh_key (
    id uuid NOT NULL,
    principal_id uuid NOT NULL,
    name text NOT NULL,
    public_key text NOT NULL,
    fingerprint text NOT NULL,
    created_at timestamp with time zone DEFAULT public.app_now() NOT NULL,
    removed_at timestamp with time zone
);

CREATE TABLE public.template (
    id uuid NOT NULL,
    name text NOT NULL,
    title text NOT NULL,
    created_at timestamp with time zone DEFAULT public.app_now() NOT NULL,
    version bigint DEFAULT 1 NOT NULL,
    description text DEFAULT ''::text NOT NULL,
    environment_ids uuid[] DEFAULT '{}'::uuid[] NOT NULL
);

CREATE TABLE public.template_version (
    id uuid NOT NULL,
    template_id uuid NOT NULL,
    version integer NOT NULL,
    state text DEFAULT 'active'::text NOT NULL,
    family text NOT NULL,
    root text NOT NULL,
    image text NOT NULL,
    user_data text NOT NULL,
    variables jsonb NOT NULL,
    min_disk_bytes bigint DEFAULT 0 NOT NULL,
    content_hash bytea NOT NULL,
    created_by uuid NOT NULL,
    created_at timestamp with time zone DEFAULT public.app_now() NOT NULL,
    source jsonb,
    advanced jsonb DEFAULT '{}'::jsonb NOT NULL,
    state_message text,
    replacement_id uuid,
    CONSTRAINT template_version_check CHECK ((replacement_id <> id)),
    CONSTRAINT template_version_family_check CHECK ((family = ANY (ARRAY['linux'::text, 'windows'::text]))),
    CONSTRAINT template_version_root_check CHECK ((root = ANY (ARRAY['ephemeral'::text, 'persistent'::text]))),
    CONSTRAINT template_version_source CHECK (((source IS NULL) = (image <> ''::text))),
    CONSTRAINT template_version_state_check CHECK ((state = ANY (ARRAY['active'::text, 'deprecated'::text, 'withdrawn'::text])))
);

CREATE TABLE public.throttle (
    key text NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    window_start timestamp with time zone DEFAULT public.app_now() NOT NULL,
    blocked_until timestamp with time zone
);

CREATE TABLE public.vm (
    id uuid NOT NULL,
    name text NOT NULL,
    number integer NOT NULL,
    namespace_id uuid NOT NULL,
    service_id uuid NOT NULL,
    system_id uuid NOT NULL,
    environment_id uuid NOT NULL,
    cluster_id uuid NOT NULL,
    template_version_id uuid NOT NULL,
    size_version_id uuid NOT NULL,
    spec jsonb NOT NULL,
    manifest jsonb NOT NULL,
    state text NOT NULL,
    wanted_power text DEFAULT 'running'::text NOT NULL,
    cluster_uid text,
    delete_protected boolean DEFAULT false NOT NULL,
    created_by uuid NOT NULL,
    request_id uuid NOT NULL,
    next_seq bigint DEFAULT 1 NOT NULL,
    sample boolean DEFAULT false NOT NULL,
    created_at timestamp with time zone DEFAULT public.app_now() NOT NULL,
    deleted_at timestamp with time zone,
    version bigint DEFAULT 1 NOT NULL,
    sealed_setup bytea,
    trashed_at timestamp with time zone,
    purge_at timestamp with time zone,
    spec_revision bigint DEFAULT 1 NOT NULL,
    description text DEFAULT ''::text NOT NULL,
    pool_id uuid,
    pool_ordinal bigint,
    pool_revision bigint,
    pool_leaving boolean DEFAULT false NOT NULL,
    CONSTRAINT vm_description_check CHECK ((length(description) <= 500)),
    CONSTRAINT vm_name_check CHECK ((length(name) <= 63)),
    CONSTRAINT vm_pool CHECK ((num_nulls(pool_id, pool_ordinal, pool_revision) = ANY (ARRAY[0, 3]))),
    CONSTRAINT vm_state_check CHECK ((state = ANY (ARRAY['creating'::text, 'active'::text, 'trashed'::text, 'restoring'::text, 'deleting'::text, 'deleted'::text, 'failed'::text]))),
    CONSTRAINT vm_trash_check CHECK (((purge_at IS NULL) = (trashed_at IS NULL))),
    CONSTRAINT vm_wanted_power_check CHECK ((wanted_power = ANY (ARRAY['running'::text, 'stopped'::text])))
);

ALTER TABLE ONLY public.advanced_paths
    ADD CONSTRAINT advanced_paths_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.api_token
    ADD CONSTRAINT api_token_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.api_token
    ADD CONSTRAINT api_token_token_sha256_key UNIQUE (token_sha256);

ALTER TABLE ONLY public.app_clock
    ADD CONSTRAINT app_clock_pkey PRIMARY KEY (singleton);

ALTER TABLE ONLY public.audit_checkpoint
    ADD CONSTRAINT audit_checkpoint_pkey PRIMARY KEY (size);

ALTER TABLE ONLY public.audit_checkpoint
    ADD CONSTRAINT audit_checkpoint_previous_key UNIQUE (previous);

ALTER TABLE ONLY public.audit_event
    ADD CONSTRAINT audit_event_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.audit_key
    ADD CONSTRAINT audit_key_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.audit_key
    ADD CONSTRAINT audit_key_public_key_key UNIQUE (public_key);

ALTER TABLE ONLY public.audit_leaf
    ADD CONSTRAINT audit_leaf_event_id_key UNIQUE (event_id);

ALTER TABLE ONLY public.audit_leaf
    ADD CONSTRAINT audit_leaf_pkey PRIMARY KEY ("position");

ALTER TABLE ONLY public.audit_log
    ADD CONSTRAINT audit_log_pkey PRIMARY KEY (singleton);

ALTER TABLE ONLY public.audit_node
    ADD CONSTRAINT audit_node_pkey PRIMARY KEY (level, index);

ALTER TABLE ONLY public.audit_word
    ADD CONSTRAINT audit_word_pkey PRIMARY KEY (word, name);

ALTER TABLE ONLY public.batch_turn
    ADD CONSTRAINT batch_turn_pkey PRIMARY KEY (person_id);

ALTER TABLE ONLY public.binding
    ADD CONSTRAINT binding_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.cluster_namespace
    ADD CONSTRAINT cluster_namespace_pkey PRIMARY KEY (cluster_id, name);

ALTER TABLE ONLY public.cluster_node
    ADD CONSTRAINT cluster_node_pkey PRIMARY KEY (cluster_id, name);

ALTER TABLE ONLY public.cluster
    ADD CONSTRAINT cluster_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.cluster_status
    ADD CONSTRAINT cluster_status_pkey PRIMARY KEY (cluster_id);

ALTER TABLE ONLY public.console
    ADD CONSTRAINT console_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.console_ticket
    ADD CONSTRAINT console_ticket_pkey PRIMARY KEY (token_sha256);

ALTER TABLE ONLY public.decision
    ADD CONSTRAINT decision_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.environment
    ADD CONSTRAINT environment_name_key UNIQUE (name);

ALTER TABLE ONLY public.environment
    ADD CONSTRAINT environment_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.event_horizon
    ADD CONSTRAINT event_horizon_pkey PRIMARY KEY (singleton);

ALTER TABLE ONLY public.event
    ADD CONSTRAINT event_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.group_member
    ADD CONSTRAINT group_member_pkey PRIMARY KEY (group_id, principal_id);

ALTER TABLE ONLY public.idempotency
    ADD CONSTRAINT idempotency_pkey PRIMARY KEY (principal_id, operation, key);

ALTER TABLE ONLY public.inbox_item
    ADD CONSTRAINT inbox_item_pkey PRIMARY KEY (number);

ALTER TABLE ONLY public.inbox_position
    ADD CONSTRAINT inbox_position_pkey PRIMARY KEY (singleton);

ALTER TABLE ONLY public.inventory_vm
    ADD CONSTRAINT inventory_vm_pkey PRIMARY KEY (cluster_id, namespace, name);

ALTER TABLE ONLY public.lease
    ADD CONSTRAINT lease_pkey PRIMARY KEY (name);

ALTER TABLE ONLY public.limit_exemption
    ADD CONSTRAINT limit_exemption_pkey PRIMARY KEY (principal_id);

ALTER TABLE ONLY public.name_counter
    ADD CONSTRAINT name_counter_pkey PRIMARY KEY (prefix);

ALTER TABLE ONLY public.namespace
    ADD CONSTRAINT namespace_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.network
    ADD CONSTRAINT network_name_key UNIQUE (name);

ALTER TABLE ONLY public.network
    ADD CONSTRAINT network_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.operation
    ADD CONSTRAINT operation_number_key UNIQUE (number);

ALTER TABLE ONLY public.operation
    ADD CONSTRAINT operation_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.operation_step
    ADD CONSTRAINT operation_step_pkey PRIMARY KEY (operation_id, "position");

ALTER TABLE ONLY public.operation
    ADD CONSTRAINT operation_vm_id_seq_key UNIQUE (vm_id, seq);

ALTER TABLE ONLY public.ownership_transfer
    ADD CONSTRAINT ownership_transfer_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.password
    ADD CONSTRAINT password_pkey PRIMARY KEY (principal_id);

ALTER TABLE ONLY public.policy
    ADD CONSTRAINT policy_name_key UNIQUE (name);

ALTER TABLE ONLY public.policy
    ADD CONSTRAINT policy_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.policy_version
    ADD CONSTRAINT policy_version_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.policy_version
    ADD CONSTRAINT policy_version_policy_id_version_key UNIQUE (policy_id, version);

ALTER TABLE ONLY public.pool_act
    ADD CONSTRAINT pool_act_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.pool_health
    ADD CONSTRAINT pool_health_pkey PRIMARY KEY (vm_id);

ALTER TABLE ONLY public.pool
    ADD CONSTRAINT pool_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.pool_place
    ADD CONSTRAINT pool_place_pkey PRIMARY KEY (pool_id, ordinal);

ALTER TABLE ONLY public.pool_round
    ADD CONSTRAINT pool_round_pkey PRIMARY KEY (pool_id);

ALTER TABLE ONLY public.principal
    ADD CONSTRAINT principal_name_key UNIQUE (name);

ALTER TABLE ONLY public.principal
    ADD CONSTRAINT principal_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.quota_ledger
    ADD CONSTRAINT quota_ledger_pkey PRIMARY KEY (request_id, dimension);

ALTER TABLE ONLY public.quota_limit
    ADD CONSTRAINT quota_limit_pkey PRIMARY KEY (scope_kind, scope_id, dimension);

ALTER TABLE ONLY public.request_comment
    ADD CONSTRAINT request_comment_number_key UNIQUE (number);

ALTER TABLE ONLY public.request_comment
    ADD CONSTRAINT request_comment_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.request_draft
    ADD CONSTRAINT request_draft_number_key UNIQUE (number);

ALTER TABLE ONLY public.request_draft
    ADD CONSTRAINT request_draft_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.request_edit
    ADD CONSTRAINT request_edit_pkey PRIMARY KEY (request_id, revision);

ALTER TABLE ONLY public.request_field
    ADD CONSTRAINT request_field_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.request_limit
    ADD CONSTRAINT request_limit_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.request
    ADD CONSTRAINT request_number_key UNIQUE (number);

ALTER TABLE ONLY public.request
    ADD CONSTRAINT request_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.request_secret
    ADD CONSTRAINT request_secret_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.request_stage
    ADD CONSTRAINT request_stage_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.resource_member
    ADD CONSTRAINT resource_member_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.role
    ADD CONSTRAINT role_name_key UNIQUE (name);

ALTER TABLE ONLY public.role
    ADD CONSTRAINT role_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.service
    ADD CONSTRAINT service_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.session
    ADD CONSTRAINT session_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.session
    ADD CONSTRAINT session_token_sha256_key UNIQUE (token_sha256);

ALTER TABLE ONLY public.size
    ADD CONSTRAINT size_name_key UNIQUE (name);

ALTER TABLE ONLY public.size
    ADD CONSTRAINT size_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.size_version
    ADD CONSTRAINT size_version_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.size_version
    ADD CONSTRAINT size_version_size_id_version_key UNIQUE (size_id, version);

ALTER TABLE ONLY public.ssh_key
    ADD CONSTRAINT ssh_key_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.system_member
    ADD CONSTRAINT system_member_pkey PRIMARY KEY (system_id, principal_id);

ALTER TABLE ONLY public.system
    ADD CONSTRAINT system_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.template
    ADD CONSTRAINT template_name_key UNIQUE (name);

ALTER TABLE ONLY public.template
    ADD CONSTRAINT template_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.template_version
    ADD CONSTRAINT template_version_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.template_version
    ADD CONSTRAINT template_version_template_id_version_key UNIQUE (template_id, version);

ALTER TABLE ONLY public.throttle
    ADD CONSTRAINT throttle_pkey PRIMARY KEY (key);

ALTER TABLE ONLY public.user_group
    ADD CONSTRAINT user_group_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.vm
    ADD CONSTRAINT vm_pkey PRIMARY KEY (id);

CREATE INDEX api_token_principal ON public.api_token USING btree (principal_id) WHERE (revoked_at IS NULL);

CREATE INDEX audit_event_action ON public.audit_event USING btree (action, id DESC);

CREATE INDEX audit_event_actor ON public.audit_event USING btree (actor_id, id DESC);

CREATE INDEX audit_event_at ON public.audit_event USING btree (at);

CREATE INDEX audit_event_environment ON public.audit_event USING btree (environment_id, id DESC) WHERE (environment_id IS NOT NULL);

CREATE INDEX audit_event_name ON public.audit_event USING btree (resource_name, id DESC);

CREATE INDEX audit_event_order ON public.audit_event USING btree (xid, id);

CREATE INDEX audit_event_outcome ON public.audit_event USING btree (outcome, id DESC) WHERE (outcome <> 'success'::text);

CREATE INDEX audit_event_request ON public.audit_event USING btree (request_id, id DESC) WHERE (request_id IS NOT NULL);

CREATE INDEX audit_event_resource ON public.audit_event USING btree (resource_id, id DESC) WHERE (resource_id IS NOT NULL);

CREATE INDEX audit_event_system ON public.audit_event USING btree (system_id, id DESC) WHERE (system_id IS NOT NULL);

CREATE INDEX audit_event_vm ON public.audit_event USING btree (vm_id, id DESC) WHERE (vm_id IS NOT NULL);

CREATE UNIQUE INDEX audit_key_current ON public.audit_key USING btree ((true)) WHERE (retired_at IS NULL);

CREATE INDEX batch_turn_last ON public.batch_turn USING btree (turn DESC);

CREATE INDEX binding_group ON public.binding USING btree (group_id) WHERE (group_id IS NOT NULL);

CREATE INDEX binding_principal ON public.binding USING btree (principal_id);

CREATE INDEX binding_role ON public.binding USING btree (role_id);

CREATE UNIQUE INDEX cluster_name ON public.cluster USING btree (name) WHERE (deleted_at IS NULL);

CREATE INDEX console_open ON public.console USING btree (vm_id) WHERE (closed_at IS NULL);

CREATE UNIQUE INDEX decision_once ON public.decision USING btree (request_id, person_id) WHERE (NOT void);

CREATE INDEX event_order ON public.event USING btree (xid, id);

CREATE INDEX group_member_principal ON public.group_member USING btree (principal_id);

CREATE INDEX idempotency_age ON public.idempotency USING btree (created_at);

CREATE INDEX inbox_age ON public.inbox_item USING btree (at);

CREATE INDEX inbox_person ON public.inbox_item USING btree (person_id, number DESC);

CREATE INDEX inbox_request ON public.inbox_item USING btree (request_id) WHERE (closed_at IS NULL);

CREATE INDEX inbox_unread ON public.inbox_item USING btree (person_id, number) WHERE ((read_at IS NULL) AND (closed_at IS NULL));

CREATE UNIQUE INDEX inbox_waiting ON public.inbox_item USING btree (stage_id, person_id) WHERE ((kind = 'request.waiting'::text) AND (closed_at IS NULL));

CREATE INDEX inventory_vm_address ON public.inventory_vm USING btree (address) WHERE ((vm_id IS NOT NULL) AND (address IS NOT NULL));

CREATE INDEX inventory_vm_unmanaged ON public.inventory_vm USING btree (cluster_id, namespace, name) WHERE (vm_id IS NULL);

CREATE UNIQUE INDEX inventory_vm_vm ON public.inventory_vm USING btree (vm_id) WHERE (vm_id IS NOT NULL);

CREATE UNIQUE INDEX namespace_name ON public.namespace USING btree (name) WHERE (deleted_at IS NULL);

CREATE UNIQUE INDEX network_definition ON public.network USING btree (environment_id, definition) NULLS NOT DISTINCT;

CREATE INDEX network_environment ON public.network USING btree (environment_id);

CREATE INDEX operation_cause ON public.operation USING btree (cause_id);

CREATE INDEX operation_live ON public.operation USING btree (touched_at) WHERE (state = ANY (ARRAY['queued'::text, 'running'::text, 'waiting'::text]));

CREATE UNIQUE INDEX operation_one_running ON public.operation USING btree (vm_id) WHERE (state = ANY (ARRAY['running'::text, 'waiting'::text]));

CREATE UNIQUE INDEX ownership_transfer_open ON public.ownership_transfer USING btree (system_id) WHERE (resolved_at IS NULL);

CREATE INDEX pool_act_of_pool ON public.pool_act USING btree (pool_id, id DESC);

CREATE INDEX pool_due ON public.pool USING btree (due_at) WHERE (deleted_at IS NULL);

CREATE INDEX pool_health_of_pool ON public.pool_health USING btree (pool_id);

CREATE INDEX pool_list ON public.pool USING btree (name, id) WHERE (deleted_at IS NULL);

CREATE UNIQUE INDEX pool_name ON public.pool USING btree (service_id, environment_id, name) WHERE (deleted_at IS NULL);

CREATE INDEX pool_of_namespace ON public.pool USING btree (namespace_id) WHERE (deleted_at IS NULL);

CREATE INDEX pool_of_service ON public.pool USING btree (service_id) WHERE (deleted_at IS NULL);

CREATE INDEX pool_round_due ON public.pool_round USING btree (due_at);

CREATE INDEX principal_email ON public.principal USING btree (lower(email)) WHERE (email IS NOT NULL);

CREATE INDEX principal_owner ON public.principal USING btree (owner_id) WHERE (owner_id IS NOT NULL);

CREATE INDEX quota_ledger_environment ON public.quota_ledger USING btree (environment_id, dimension) WHERE (state <> 'released'::text);

CREATE INDEX quota_ledger_system ON public.quota_ledger USING btree (system_id, dimension) WHERE (state <> 'released'::text);

CREATE INDEX quota_ledger_vm ON public.quota_ledger USING btree (vm_id);

CREATE INDEX request_batch ON public.request USING btree (number DESC) WHERE (batch_size IS NOT NULL);

CREATE INDEX request_batch_open ON public.request USING btree (number) WHERE ((batch_size IS NOT NULL) AND (state = ANY (ARRAY['approved'::text, 'executing'::text])));

CREATE UNIQUE INDEX request_batch_row ON public.request USING btree (batch_id, batch_row) WHERE (batch_id IS NOT NULL);

CREATE INDEX request_batch_running ON public.request USING btree (requester_id) WHERE ((batch_id IS NOT NULL) AND (state = ANY (ARRAY['approved'::text, 'executing'::text])));

CREATE INDEX request_batch_waiting ON public.request USING btree (batch_id, batch_row) WHERE ((batch_id IS NOT NULL) AND (state = 'pending'::text));

CREATE INDEX request_comment_request ON public.request_comment USING btree (request_id, number);

CREATE INDEX request_draft_author ON public.request_draft USING btree (author_id, number DESC);

CREATE UNIQUE INDEX request_duplicate_console ON public.request USING btree (vm_id, requester_id) WHERE ((operation = 'vm.console'::text) AND (state = ANY (ARRAY['pending'::text, 'changes_requested'::text])));

CREATE UNIQUE INDEX request_duplicate_create ON public.request USING btree (requester_id, service_id, spec_hash, copy_number) WHERE ((operation = 'vm.create'::text) AND (state = ANY (ARRAY['pending'::text, 'changes_requested'::text, 'approved'::text, 'executing'::text])));

CREATE UNIQUE INDEX request_duplicate_join ON public.request USING btree (requester_id, ((spec_json ->> 'system'::text))) WHERE ((operation = 'system.join'::text) AND (state = ANY (ARRAY['pending'::text, 'changes_requested'::text, 'approved'::text, 'executing'::text])));

CREATE UNIQUE INDEX request_duplicate_pool ON public.request USING btree (service_id, environment_id, ((spec_json ->> 'name'::text))) WHERE ((operation = 'pool.create'::text) AND (state = ANY (ARRAY['pending'::text, 'changes_requested'::text, 'approved'::text, 'executing'::text])));

CREATE UNIQUE INDEX request_duplicate_pool_act ON public.request USING btree (((spec_json ->> 'pool_id'::text))) WHERE ((operation = ANY (ARRAY['pool.change'::text, 'pool.delete'::text])) AND (state = ANY (ARRAY['pending'::text, 'changes_requested'::text, 'approved'::text, 'executing'::text])));

CREATE UNIQUE INDEX request_duplicate_vm ON public.request USING btree (vm_id, operation) WHERE ((operation <> ALL (ARRAY['vm.create'::text, 'vm.console'::text])) AND (state = ANY (ARRAY['pending'::text, 'changes_requested'::text, 'approved'::text, 'executing'::text])));

CREATE INDEX request_environment ON public.request USING btree (environment_id, number DESC);

CREATE INDEX request_expiry ON public.request USING btree (expires_at) WHERE (state = ANY (ARRAY['pending'::text, 'changes_requested'::text]));

CREATE UNIQUE INDEX request_field_name ON public.request_field USING btree (name) WHERE (retired_at IS NULL);

CREATE INDEX request_join ON public.request USING btree (number DESC) WHERE (target = 'system'::text);

CREATE INDEX request_open ON public.request USING btree (number DESC) WHERE (state = ANY (ARRAY['pending'::text, 'changes_requested'::text, 'approved'::text, 'executing'::text]));

CREATE INDEX request_requester ON public.request USING btree (requester_id, number DESC);

CREATE INDEX request_secret_principal ON public.request_secret USING btree (principal_id);

CREATE INDEX request_service ON public.request USING btree (service_id, number DESC);

CREATE INDEX request_stage_active ON public.request_stage USING btree (request_id) WHERE (state = 'active'::text);

CREATE UNIQUE INDEX request_stage_place ON public.request_stage USING btree (request_id, revision, "position");

CREATE INDEX request_submitted ON public.request USING btree (requester_id, submitted_at DESC) WHERE (batch_id IS NULL);

CREATE INDEX request_system ON public.request USING btree (system_id, number DESC);

CREATE INDEX request_undecided ON public.request USING btree (requester_id) WHERE ((batch_id IS NULL) AND (state = ANY (ARRAY['pending'::text, 'changes_requested'::text])));

CREATE INDEX request_vm ON public.request USING btree (vm_id, number DESC);

CREATE INDEX resource_member_group ON public.resource_member USING btree (group_id) WHERE (group_id IS NOT NULL);

CREATE UNIQUE INDEX resource_member_once ON public.resource_member USING btree (system_id, service_id, vm_id, principal_id, group_id) NULLS NOT DISTINCT;

CREATE INDEX resource_member_principal ON public.resource_member USING btree (principal_id) WHERE (principal_id IS NOT NULL);

CREATE INDEX resource_member_service ON public.resource_member USING btree (service_id) WHERE (service_id IS NOT NULL);

CREATE INDEX resource_member_vm ON public.resource_member USING btree (vm_id) WHERE (vm_id IS NOT NULL);

CREATE UNIQUE INDEX service_name ON public.service USING btree (system_id, name) WHERE (deleted_at IS NULL);

CREATE INDEX session_principal ON public.session USING btree (principal_id) WHERE (revoked_at IS NULL);

CREATE UNIQUE INDEX ssh_key_once ON public.ssh_key USING btree (principal_id, fingerprint) WHERE (removed_at IS NULL);

CREATE INDEX system_member_principal ON public.system_member USING btree (principal_id);

CREATE UNIQUE INDEX system_name ON public.system USING btree (name) WHERE (deleted_at IS NULL);

CREATE UNIQUE INDEX user_group_name ON public.user_group USING btree (name) WHERE (deleted_at IS NULL);

CREATE INDEX vm_cluster ON public.vm USING btree (cluster_id, id) WHERE (deleted_at IS NULL);

CREATE INDEX vm_committed ON public.vm USING btree (cluster_id, size_version_id) WHERE ((deleted_at IS NULL) AND (state <> 'trashed'::text));

CREATE INDEX vm_environment ON public.vm USING btree (environment_id, id) WHERE (deleted_at IS NULL);

CREATE INDEX vm_listed ON public.vm USING btree (name, id) INCLUDE (trashed_at) WHERE (deleted_at IS NULL);

CREATE UNIQUE INDEX vm_name ON public.vm USING btree (namespace_id, name);

CREATE INDEX vm_of_pool ON public.vm USING btree (pool_id) WHERE ((pool_id IS NOT NULL) AND (deleted_at IS NULL));

CREATE UNIQUE INDEX vm_pool_place ON public.vm USING btree (pool_id, pool_ordinal) WHERE ((pool_id IS NOT NULL) AND (NOT pool_leaving) AND (state = ANY (ARRAY['creating'::text, 'active'::text, 'restoring'::text, 'failed'::text])));

CREATE INDEX vm_purge ON public.vm USING btree (purge_at) WHERE (state = 'trashed'::text);

CREATE INDEX vm_service ON public.vm USING btree (service_id, id) WHERE (deleted_at IS NULL);

CREATE INDEX vm_system ON public.vm USING btree (system_id, id) WHERE (deleted_at IS NULL);

CREATE TRIGGER audit_event_guard BEFORE DELETE OR UPDATE ON public.audit_event FOR EACH ROW EXECUTE FUNCTION public.audit_event_guard();

ALTER TABLE ONLY public.api_token
    ADD CONSTRAINT api_token_principal_id_fkey FOREIGN KEY (principal_id) REFERENCES public.principal(id);

ALTER TABLE ONLY public.audit_checkpoint
    ADD CONSTRAINT audit_checkpoint_key_id_fkey FOREIGN KEY (key_id) REFERENCES public.audit_key(id);

ALTER TABLE ONLY public.audit_event
    ADD CONSTRAINT audit_event_actor_id_fkey FOREIGN KEY (actor_id) REFERENCES public.principal(id);

ALTER TABLE ONLY public.audit_event
    ADD CONSTRAINT audit_event_on_behalf_of_fkey FOREIGN KEY (on_behalf_of) REFERENCES public.principal(id);

ALTER TABLE ONLY public.audit_leaf
    ADD CONSTRAINT audit_leaf_event_id_fkey FOREIGN KEY (event_id) REFERENCES public.audit_event(id);

ALTER TABLE ONLY public.batch_turn
    ADD CONSTRAINT batch_turn_person_id_fkey FOREIGN KEY (person_id) REFERENCES public.principal(id);

ALTER TABLE ONLY public.binding
    ADD CONSTRAINT binding_granted_by_fkey FOREIGN KEY (granted_by) REFERENCES public.principal(id);

ALTER TABLE ONLY public.binding
    ADD CONSTRAINT binding_group_id_fkey FOREIGN KEY (group_id) REFERENCES public.user_group(id);

ALTER TABLE ONLY public.binding
    ADD CONSTRAINT binding_principal_id_fkey FOREIGN KEY (principal_id) REFERENCES public.principal(id);

ALTER TABLE ONLY public.binding
    ADD CONSTRAINT binding_role_id_fkey FOREIGN KEY (role_id) REFERENCES public.role(id);

ALTER TABLE ONLY public.cluster
    ADD CONSTRAINT cluster_environment_id_fkey FOREIGN KEY (environment_id) REFERENCES public.environment(id);

ALTER TABLE ONLY public.cluster_namespace
    ADD CONSTRAINT cluster_namespace_cluster_id_fkey FOREIGN KEY (cluster_id) REFERENCES public.cluster(id);

ALTER TABLE ONLY public.cluster_node
    ADD CONSTRAINT cluster_node_cluster_id_fkey FOREIGN KEY (cluster_id) REFERENCES public.cluster(id);

ALTER TABLE ONLY public.cluster_status
    ADD CONSTRAINT cluster_status_cluster_id_fkey FOREIGN KEY (cluster_id) REFERENCES public.cluster(id);

ALTER TABLE ONLY public.console
    ADD CONSTRAINT console_principal_id_fkey FOREIGN KEY (principal_id) REFERENCES public.principal(id);

ALTER TABLE ONLY public.console
    ADD CONSTRAINT console_request_id_fkey FOREIGN KEY (request_id) REFERENCES public.request(id);

ALTER TABLE ONLY public.console_ticket
    ADD CONSTRAINT console_ticket_principal_id_fkey FOREIGN KEY (principal_id) REFERENCES public.principal(id);

ALTER TABLE ONLY public.console_ticket
    ADD CONSTRAINT console_ticket_request_id_fkey FOREIGN KEY (request_id) REFERENCES public.request(id);

ALTER TABLE ONLY public.console_ticket
    ADD CONSTRAINT console_ticket_session_id_fkey FOREIGN KEY (session_id) REFERENCES public.session(id);

ALTER TABLE ONLY public.console_ticket
    ADD CONSTRAINT console_ticket_vm_id_fkey FOREIGN KEY (vm_id) REFERENCES public.vm(id);

ALTER TABLE ONLY public.console
    ADD CONSTRAINT console_vm_id_fkey FOREIGN KEY (vm_id) REFERENCES public.vm(id);

ALTER TABLE ONLY public.decision
    ADD CONSTRAINT decision_cluster_id_fkey FOREIGN KEY (cluster_id) REFERENCES public.cluster(id);

ALTER TABLE ONLY public.decision
    ADD CONSTRAINT decision_person_id_fkey FOREIGN KEY (person_id) REFERENCES public.principal(id);

ALTER TABLE ONLY public.decision
    ADD CONSTRAINT decision_principal_id_fkey FOREIGN KEY (principal_id) REFERENCES public.principal(id);

ALTER TABLE ONLY public.decision
    ADD CONSTRAINT decision_request_id_fkey FOREIGN KEY (request_id) REFERENCES public.request(id);

ALTER TABLE ONLY public.decision
    ADD CONSTRAINT decision_stage_id_fkey FOREIGN KEY (stage_id) REFERENCES public.request_stage(id);

ALTER TABLE ONLY public.group_member
    ADD CONSTRAINT group_member_added_by_fkey FOREIGN KEY (added_by) REFERENCES public.principal(id);

ALTER TABLE ONLY public.group_member
    ADD CONSTRAINT group_member_group_id_fkey FOREIGN KEY (group_id) REFERENCES public.user_group(id);

ALTER TABLE ONLY public.group_member
    ADD CONSTRAINT group_member_principal_id_fkey FOREIGN KEY (principal_id) REFERENCES public.principal(id);

ALTER TABLE ONLY public.inbox_item
    ADD CONSTRAINT inbox_item_actor_id_fkey FOREIGN KEY (actor_id) REFERENCES public.principal(id);

ALTER TABLE ONLY public.inbox_item
    ADD CONSTRAINT inbox_item_person_id_fkey FOREIGN KEY (person_id) REFERENCES public.principal(id);

ALTER TABLE ONLY public.inbox_item
    ADD CONSTRAINT inbox_item_request_id_fkey FOREIGN KEY (request_id) REFERENCES public.request(id);

ALTER TABLE ONLY public.inbox_item
    ADD CONSTRAINT inbox_item_service_id_fkey FOREIGN KEY (service_id) REFERENCES public.service(id);

ALTER TABLE ONLY public.inbox_item
    ADD CONSTRAINT inbox_item_stage_id_fkey FOREIGN KEY (stage_id) REFERENCES public.request_stage(id);

ALTER TABLE ONLY public.inbox_item
    ADD CONSTRAINT inbox_item_system_id_fkey FOREIGN KEY (system_id) REFERENCES public.system(id);

ALTER TABLE ONLY public.inbox_item
    ADD CONSTRAINT inbox_item_vm_id_fkey FOREIGN KEY (vm_id) REFERENCES public.vm(id);

ALTER TABLE ONLY public.inventory_vm
    ADD CONSTRAINT inventory_vm_cluster_id_fkey FOREIGN KEY (cluster_id) REFERENCES public.cluster(id);

ALTER TABLE ONLY public.limit_exemption
    ADD CONSTRAINT limit_exemption_created_by_fkey FOREIGN KEY (created_by) REFERENCES public.principal(id);

ALTER TABLE ONLY public.limit_exemption
    ADD CONSTRAINT limit_exemption_principal_id_fkey FOREIGN KEY (principal_id) REFERENCES public.principal(id);

ALTER TABLE ONLY public.namespace
    ADD CONSTRAINT namespace_environment_id_fkey FOREIGN KEY (environment_id) REFERENCES public.environment(id);

ALTER TABLE ONLY public.network
    ADD CONSTRAINT network_environment_id_fkey FOREIGN KEY (environment_id) REFERENCES public.environment(id);

ALTER TABLE ONLY public.operation_step
    ADD CONSTRAINT operation_step_operation_id_fkey FOREIGN KEY (operation_id) REFERENCES public.operation(id);

ALTER TABLE ONLY public.operation
    ADD CONSTRAINT operation_vm_id_fkey FOREIGN KEY (vm_id) REFERENCES public.vm(id);

ALTER TABLE ONLY public.ownership_transfer
    ADD CONSTRAINT ownership_transfer_former_owner_id_fkey FOREIGN KEY (former_owner_id) REFERENCES public.principal(id);

ALTER TABLE ONLY public.ownership_transfer
    ADD CONSTRAINT ownership_transfer_new_owner_id_fkey FOREIGN KEY (new_owner_id) REFERENCES public.principal(id);

ALTER TABLE ONLY public.ownership_transfer
    ADD CONSTRAINT ownership_transfer_opened_by_fkey FOREIGN KEY (opened_by) REFERENCES public.principal(id);

ALTER TABLE ONLY public.ownership_transfer
    ADD CONSTRAINT ownership_transfer_resolved_by_fkey FOREIGN KEY (resolved_by) REFERENCES public.principal(id);

ALTER TABLE ONLY public.ownership_transfer
    ADD CONSTRAINT ownership_transfer_system_id_fkey FOREIGN KEY (system_id) REFERENCES public.system(id);

ALTER TABLE ONLY public.password
    ADD CONSTRAINT password_principal_id_fkey FOREIGN KEY (principal_id) REFERENCES public.principal(id);

ALTER TABLE ONLY public.policy_version
    ADD CONSTRAINT policy_version_created_by_fkey FOREIGN KEY (created_by) REFERENCES public.principal(id);

ALTER TABLE ONLY public.policy_version
    ADD CONSTRAINT policy_version_policy_id_fkey FOREIGN KEY (policy_id) REFERENCES public.policy(id);

ALTER TABLE ONLY public.pool_act
    ADD CONSTRAINT pool_act_pool_id_fkey FOREIGN KEY (pool_id) REFERENCES public.pool(id);

ALTER TABLE ONLY public.pool_act
    ADD CONSTRAINT pool_act_vm_id_fkey FOREIGN KEY (vm_id) REFERENCES public.vm(id);

ALTER TABLE ONLY public.pool
    ADD CONSTRAINT pool_agreed_by_fkey FOREIGN KEY (agreed_by) REFERENCES public.request(id);

ALTER TABLE ONLY public.pool
    ADD CONSTRAINT pool_before_agreed_by_fkey FOREIGN KEY (before_agreed_by) REFERENCES public.request(id);

ALTER TABLE ONLY public.pool
    ADD CONSTRAINT pool_created_by_fkey FOREIGN KEY (created_by) REFERENCES public.principal(id);

ALTER TABLE ONLY public.pool
    ADD CONSTRAINT pool_environment_id_fkey FOREIGN KEY (environment_id) REFERENCES public.environment(id);

ALTER TABLE ONLY public.pool_health
    ADD CONSTRAINT pool_health_pool_id_fkey FOREIGN KEY (pool_id) REFERENCES public.pool(id);

ALTER TABLE ONLY public.pool_health
    ADD CONSTRAINT pool_health_vm_id_fkey FOREIGN KEY (vm_id) REFERENCES public.vm(id);

ALTER TABLE ONLY public.pool
    ADD CONSTRAINT pool_namespace_id_fkey FOREIGN KEY (namespace_id) REFERENCES public.namespace(id);

ALTER TABLE ONLY public.pool_place
    ADD CONSTRAINT pool_place_pool_id_fkey FOREIGN KEY (pool_id) REFERENCES public.pool(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.pool
    ADD CONSTRAINT pool_request_id_fkey FOREIGN KEY (request_id) REFERENCES public.request(id);

ALTER TABLE ONLY public.pool_round
    ADD CONSTRAINT pool_round_pool_id_fkey FOREIGN KEY (pool_id) REFERENCES public.pool(id);

ALTER TABLE ONLY public.pool
    ADD CONSTRAINT pool_service_id_fkey FOREIGN KEY (service_id) REFERENCES public.service(id);

ALTER TABLE ONLY public.pool
    ADD CONSTRAINT pool_system_id_fkey FOREIGN KEY (system_id) REFERENCES public.system(id);

ALTER TABLE ONLY public.principal
    ADD CONSTRAINT principal_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES public.principal(id);

ALTER TABLE ONLY public.quota_ledger
    ADD CONSTRAINT quota_ledger_request_id_fkey FOREIGN KEY (request_id) REFERENCES public.request(id);

ALTER TABLE ONLY public.quota_ledger
    ADD CONSTRAINT quota_ledger_vm_id_fkey FOREIGN KEY (vm_id) REFERENCES public.vm(id);

ALTER TABLE ONLY public.request
    ADD CONSTRAINT request_batch_id_fkey FOREIGN KEY (batch_id) REFERENCES public.request(id);

ALTER TABLE ONLY public.request
    ADD CONSTRAINT request_cluster_id_fkey FOREIGN KEY (cluster_id) REFERENCES public.cluster(id);

ALTER TABLE ONLY public.request_comment
    ADD CONSTRAINT request_comment_principal_id_fkey FOREIGN KEY (principal_id) REFERENCES public.principal(id);

ALTER TABLE ONLY public.request_comment
    ADD CONSTRAINT request_comment_request_id_fkey FOREIGN KEY (request_id) REFERENCES public.request(id);

ALTER TABLE ONLY public.request_draft
    ADD CONSTRAINT request_draft_author_id_fkey FOREIGN KEY (author_id) REFERENCES public.principal(id);

ALTER TABLE ONLY public.request_draft
    ADD CONSTRAINT request_draft_from_request_id_fkey FOREIGN KEY (from_request_id) REFERENCES public.request(id);

ALTER TABLE ONLY public.request_draft
    ADD CONSTRAINT request_draft_service_id_fkey FOREIGN KEY (service_id) REFERENCES public.service(id);

ALTER TABLE ONLY public.request_edit
    ADD CONSTRAINT request_edit_person_id_fkey FOREIGN KEY (person_id) REFERENCES public.principal(id);

ALTER TABLE ONLY public.request_edit
    ADD CONSTRAINT request_edit_principal_id_fkey FOREIGN KEY (principal_id) REFERENCES public.principal(id);

ALTER TABLE ONLY public.request_edit
    ADD CONSTRAINT request_edit_request_id_fkey FOREIGN KEY (request_id) REFERENCES public.request(id);

ALTER TABLE ONLY public.request
    ADD CONSTRAINT request_environment_id_fkey FOREIGN KEY (environment_id) REFERENCES public.environment(id);

ALTER TABLE ONLY public.request_field
    ADD CONSTRAINT request_field_created_by_fkey FOREIGN KEY (created_by) REFERENCES public.principal(id);

ALTER TABLE ONLY public.request
    ADD CONSTRAINT request_namespace_id_fkey FOREIGN KEY (namespace_id) REFERENCES public.namespace(id);

ALTER TABLE ONLY public.request
    ADD CONSTRAINT request_requester_id_fkey FOREIGN KEY (requester_id) REFERENCES public.principal(id);

ALTER TABLE ONLY public.request_secret
    ADD CONSTRAINT request_secret_principal_id_fkey FOREIGN KEY (principal_id) REFERENCES public.principal(id);

ALTER TABLE ONLY public.request
    ADD CONSTRAINT request_service_id_fkey FOREIGN KEY (service_id) REFERENCES public.service(id);

ALTER TABLE ONLY public.request_stage
    ADD CONSTRAINT request_stage_request_id_fkey FOREIGN KEY (request_id) REFERENCES public.request(id);

ALTER TABLE ONLY public.request
    ADD CONSTRAINT request_system_id_fkey FOREIGN KEY (system_id) REFERENCES public.system(id);

ALTER TABLE ONLY public.request
    ADD CONSTRAINT request_vm_id_fkey FOREIGN KEY (vm_id) REFERENCES public.vm(id);

ALTER TABLE ONLY public.resource_member
    ADD CONSTRAINT resource_member_granted_by_fkey FOREIGN KEY (granted_by) REFERENCES public.principal(id);

ALTER TABLE ONLY public.resource_member
    ADD CONSTRAINT resource_member_group_id_fkey FOREIGN KEY (group_id) REFERENCES public.user_group(id);

ALTER TABLE ONLY public.resource_member
    ADD CONSTRAINT resource_member_principal_id_fkey FOREIGN KEY (principal_id) REFERENCES public.principal(id);

ALTER TABLE ONLY public.resource_member
    ADD CONSTRAINT resource_member_service_id_fkey FOREIGN KEY (service_id) REFERENCES public.service(id);

ALTER TABLE ONLY public.resource_member
    ADD CONSTRAINT resource_member_system_id_fkey FOREIGN KEY (system_id) REFERENCES public.system(id);

ALTER TABLE ONLY public.resource_member
    ADD CONSTRAINT resource_member_vm_id_fkey FOREIGN KEY (vm_id) REFERENCES public.vm(id);

ALTER TABLE ONLY public.service
    ADD CONSTRAINT service_system_id_fkey FOREIGN KEY (system_id) REFERENCES public.system(id);

ALTER TABLE ONLY public.session
    ADD CONSTRAINT session_principal_id_fkey FOREIGN KEY (principal_id) REFERENCES public.principal(id);

ALTER TABLE ONLY public.size_version
    ADD CONSTRAINT size_version_created_by_fkey FOREIGN KEY (created_by) REFERENCES public.principal(id);

ALTER TABLE ONLY public.size_version
    ADD CONSTRAINT size_version_replacement_id_fkey FOREIGN KEY (replacement_id) REFERENCES public.size_version(id);

ALTER TABLE ONLY public.size_version
    ADD CONSTRAINT size_version_size_id_fkey FOREIGN KEY (size_id) REFERENCES public.size(id);

ALTER TABLE ONLY public.ssh_key
    ADD CONSTRAINT ssh_key_principal_id_fkey FOREIGN KEY (principal_id) REFERENCES public.principal(id);

ALTER TABLE ONLY public.system
    ADD CONSTRAINT system_created_by_fkey FOREIGN KEY (created_by) REFERENCES public.principal(id);

ALTER TABLE ONLY public.system_member
    ADD CONSTRAINT system_member_principal_id_fkey FOREIGN KEY (principal_id) REFERENCES public.principal(id);

ALTER TABLE ONLY public.system_member
    ADD CONSTRAINT system_member_system_id_fkey FOREIGN KEY (system_id) REFERENCES public.system(id);

ALTER TABLE ONLY public.template_version
    ADD CONSTRAINT template_version_created_by_fkey FOREIGN KEY (created_by) REFERENCES public.principal(id);

ALTER TABLE ONLY public.template_version
    ADD CONSTRAINT template_version_replacement_id_fkey FOREIGN KEY (replacement_id) REFERENCES public.template_version(id);

ALTER TABLE ONLY public.template_version
    ADD CONSTRAINT template_version_template_id_fkey FOREIGN KEY (template_id) REFERENCES public.template(id);

ALTER TABLE ONLY public.user_group
    ADD CONSTRAINT user_group_created_by_fkey FOREIGN KEY (created_by) REFERENCES public.principal(id);

ALTER TABLE ONLY public.vm
    ADD CONSTRAINT vm_cluster_id_fkey FOREIGN KEY (cluster_id) REFERENCES public.cluster(id);

ALTER TABLE ONLY public.vm
    ADD CONSTRAINT vm_created_by_fkey FOREIGN KEY (created_by) REFERENCES public.principal(id);

ALTER TABLE ONLY public.vm
    ADD CONSTRAINT vm_environment_id_fkey FOREIGN KEY (environment_id) REFERENCES public.environment(id);

ALTER TABLE ONLY public.vm
    ADD CONSTRAINT vm_namespace_id_fkey FOREIGN KEY (namespace_id) REFERENCES public.namespace(id);

ALTER TABLE ONLY public.vm
    ADD CONSTRAINT vm_pool_id_fkey FOREIGN KEY (pool_id) REFERENCES public.pool(id);

ALTER TABLE ONLY public.vm
    ADD CONSTRAINT vm_request_id_fkey FOREIGN KEY (request_id) REFERENCES public.request(id);

ALTER TABLE ONLY public.vm
    ADD CONSTRAINT vm_service_id_fkey FOREIGN KEY (service_id) REFERENCES public.service(id);

ALTER TABLE ONLY public.vm
    ADD CONSTRAINT vm_size_version_id_fkey FOREIGN KEY (size_version_id) REFERENCES public.size_version(id);

ALTER TABLE ONLY public.vm
    ADD CONSTRAINT vm_system_id_fkey FOREIGN KEY (system_id) REFERENCES public.system(id);

ALTER TABLE ONLY public.vm
    ADD CONSTRAINT vm_template_version_id_fkey FOREIGN KEY (template_version_id) REFERENCES public.template_version(id);

GRANT USAGE ON SCHEMA public TO shepherd_app;
GRANT USAGE ON SCHEMA public TO shepherd_retention;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.inbox_item TO shepherd_app;

GRANT SELECT,UPDATE ON TABLE public.advanced_paths TO shepherd_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.api_token TO shepherd_app;

GRANT SELECT ON TABLE public.app_clock TO shepherd_app;
GRANT SELECT ON TABLE public.app_clock TO shepherd_retention;

GRANT SELECT,INSERT ON TABLE public.audit_checkpoint TO shepherd_app;

GRANT SELECT,INSERT ON TABLE public.audit_event TO shepherd_app;
GRANT SELECT,INSERT ON TABLE public.audit_event TO shepherd_retention;

GRANT UPDATE(actor_name) ON TABLE public.audit_event TO shepherd_retention;

GRANT UPDATE(resource_name) ON TABLE public.audit_event TO shepherd_retention;

GRANT UPDATE(source_address) ON TABLE public.audit_event TO shepherd_retention;

GRANT UPDATE(before) ON TABLE public.audit_event TO shepherd_retention;

GRANT UPDATE(after) ON TABLE public.audit_event TO shepherd_retention;

GRANT UPDATE(canonical) ON TABLE public.audit_event TO shepherd_retention;

GRANT UPDATE(expired_at) ON TABLE public.audit_event TO shepherd_retention;

GRANT SELECT,INSERT ON TABLE public.audit_key TO shepherd_app;

GRANT UPDATE(sealed) ON TABLE public.audit_key TO shepherd_app;

GRANT UPDATE(retired_at) ON TABLE public.audit_key TO shepherd_app;

GRANT SELECT,INSERT ON TABLE public.audit_leaf TO shepherd_app;
GRANT SELECT ON TABLE public.audit_leaf TO shepherd_retention;

GRANT SELECT ON TABLE public.audit_log TO shepherd_app;

GRANT SELECT,INSERT ON TABLE public.audit_node TO shepherd_app;

GRANT SELECT,INSERT ON TABLE public.audit_word TO shepherd_app;
GRANT SELECT,DELETE ON TABLE public.audit_word TO shepherd_retention;

GRANT SELECT,INSERT,UPDATE ON TABLE public.batch_turn TO shepherd_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.binding TO shepherd_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.cluster TO shepherd_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.cluster_namespace TO shepherd_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.cluster_node TO shepherd_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.cluster_status TO shepherd_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.console TO shepherd_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.console_ticket TO shepherd_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.decision TO shepherd_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.environment TO shepherd_app;

GRANT SELECT,INSERT,DELETE ON TABLE public.event TO shepherd_app;

GRANT SELECT,UPDATE ON TABLE public.event_horizon TO shepherd_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.group_member TO shepherd_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.resource_member TO shepherd_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.system TO shepherd_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.system_member TO shepherd_app;

GRANT SELECT ON TABLE public.held_place TO shepherd_app;

GRANT SELECT ON TABLE public.held_role TO shepherd_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.principal TO shepherd_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.role TO shepherd_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.user_group TO shepherd_app;

GRANT SELECT ON TABLE public.holding TO shepherd_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.idempotency TO shepherd_app;

GRANT SELECT,UPDATE ON TABLE public.inbox_position TO shepherd_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.inventory_vm TO shepherd_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.lease TO shepherd_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.limit_exemption TO shepherd_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.name_counter TO shepherd_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.namespace TO shepherd_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.network TO shepherd_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.operation TO shepherd_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.operation_step TO shepherd_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.ownership_transfer TO shepherd_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.password TO shepherd_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.policy TO shepherd_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.policy_version TO shepherd_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.pool TO shepherd_app;

GRANT SELECT,INSERT ON TABLE public.pool_act TO shepherd_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.pool_health TO shepherd_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.pool_place TO shepherd_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.pool_round TO shepherd_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.quota_ledger TO shepherd_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.quota_limit TO shepherd_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.request TO shepherd_app;

GRANT SELECT,INSERT ON TABLE public.request_comment TO shepherd_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.request_draft TO shepherd_app;

GRANT SELECT,INSERT ON TABLE public.request_edit TO shepherd_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.request_field TO shepherd_app;

GRANT SELECT,UPDATE ON TABLE public.request_limit TO shepherd_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.request_secret TO shepherd_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.request_stage TO shepherd_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.service TO shepherd_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.session TO shepherd_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.size TO shepherd_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.size_version TO shepherd_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.ssh_key TO shepherd_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.template TO shepherd_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.template_version TO shepherd_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.throttle TO shepherd_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.vm TO shepherd_app;
