-- `serve` runs as this role, `migrate` as the owner. It may do what the product does and no more:
-- audit rows can be added and read, never changed or removed; versions of policies and catalogue items are never rewritten.

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'shepherd_app') THEN
        CREATE ROLE shepherd_app NOLOGIN;
    END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
    NULL; -- Another migration of the same server was faster.
END
$$;

GRANT USAGE ON SCHEMA public TO shepherd_app;
GRANT SELECT ON ALL TABLES IN SCHEMA public TO shepherd_app;
GRANT INSERT, UPDATE ON
    lease, throttle, idempotency, principal, password, session, api_token, ssh_key, role, binding, environment, system,
    system_member, service, cluster, cluster_status, namespace, template, template_version, size, size_version, policy,
    policy_version, vm, name_counter, request, request_stage, decision, operation, operation_step, quota_limit,
    quota_ledger, inventory_vm, console_ticket, console TO shepherd_app;
GRANT INSERT ON event, audit_event TO shepherd_app;
GRANT DELETE ON event, throttle, idempotency, binding, system_member, inventory_vm, console_ticket, quota_limit TO shepherd_app;
