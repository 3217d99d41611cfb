//! What must be true of the books when nothing is under way, each law a query that finds its offenders.
//!
//! Written against the tables and the design, not with the program's own queries: a model that shares the code it
//! checks would share its mistakes.

/// Each law and the query for what breaks it; a row is one offender in words.
pub(super) const LAWS: [(&str, &str); 18] = [
    (
        "nothing is half done",
        "select format('R-%s is %s', number, state) from request where state in ('approved', 'executing')
         union all select format('operation %s is %s', number, state) from operation
          where state in ('queued', 'running', 'waiting')
         union all select format('%s is %s', name, state) from vm where state in ('creating', 'restoring', 'deleting')
         union all select format('step %s of a finished operation is %s', s.name, s.state) from operation_step s
          join operation o on o.id = s.operation_id where o.finished_at is not null and s.state = 'running'
         union all select format('call %s of %s has no answer', key, operation) from idempotency where response is null",
    ),
    (
        "what was approved is carried out once for each time it was approved",
        "select format('R-%s has %s operations after %s approvals', r.number, o.n, 1 + b.n) from request r
          cross join lateral (select count(*) n from operation where cause_id = r.id) o
          cross join lateral (select count(*) n from audit_event where request_id = r.id
                                 and action = 'request.send_back') b
          where r.decided_at is not null and r.operation <> 'vm.console' and not starts_with(r.operation, 'pool.')
            and r.state <> 'rejected' and r.batch_size is null and o.n <> case when r.batch_id is null then 1 + b.n else r.batch_tries end",
    ),
    (
        "what was not approved is not carried out",
        "select format('R-%s is %s and has an operation', r.number, r.state) from request r
          join operation o on o.cause_id = r.id where r.state in ('rejected', 'cancelled') and o.state = 'succeeded'",
    ),
    (
        "one operation of a VM at a time, in order",
        "select format('%s began before %s had ended', b.number, a.number) from operation a
          join operation b on b.vm_id = a.vm_id and b.seq > a.seq
          where b.started_at < coalesce(a.finished_at, 'infinity')",
    ),
    (
        "each operation tells once that it begins and once how it ended",
        "select format('operation %s of R-%s: %s beginnings, %s ends', o.number, r.number, i.n, e.n)
           from operation o join request r on r.id = o.cause_id
          cross join lateral (select count(*) n from audit_event where request_id = r.id and action = o.operation
                                 and outcome = 'intent' and after -> 'operation' = to_jsonb(o.number)) i
          cross join lateral (select count(*) n from audit_event where request_id = r.id and outcome <> 'intent'
                                 and (action = o.operation or action = 'request.send_back')
                                 and after -> 'operation' = to_jsonb(o.number)) e
          where e.n <> 1 or i.n > 1 or (i.n = 0 and o.state = 'succeeded')",
    ),
    (
        "a request ends once, and its end is told once",
        "select format('R-%s is %s: %s', r.number, r.state, a.ends) from request r
          cross join lateral (select count(*) n, string_agg(action, ', ') ends from audit_event
             where request_id = r.id and outcome = 'success'
               and action in ('request.reject', 'request.cancel', 'request.expire')) a
          where r.batch_size is null and r.batch_id is null and a.n <> case when r.state in ('rejected', 'cancelled') or (r.state = 'expired' and r.decided_at is null)
                            then 1 else 0 end",
    ),
    (
        "an ended request says when, an open one does not",
        "select format('R-%s is %s', number, state) from request where (closed_at is null)
           <> (state in ('draft', 'pending', 'changes_requested', 'approved', 'executing'))",
    ),
    (
        "every approval that counted was needed, and all that were needed were given",
        "select format('R-%s is %s with %s of %s', r.number, r.state, d.n, s.n) from request r
          cross join lateral (select array_agg(stage_id) stages from decision
                               where request_id = r.id and not void and sets_aside) w
          cross join lateral (select count(*) n from decision g where request_id = r.id and not void
                                 and verdict = 'approve' and (w.stages is null or g.stage_id <> all (w.stages))
                                 and (spec_hash = r.spec_hash or spec_hash in (select e.effective_hash from decision e
                                       where e.request_id = r.id and not e.void and e.effective_hash is not null))) d
          cross join lateral (select coalesce(sum(needed), 0) n from request_stage g where g.request_id = r.id
                                 and g.revision = r.revision and (w.stages is null or g.id <> all (w.stages))) s
          where d.n > s.n or (r.decided_at is not null and r.state <> 'rejected' and d.n <> s.n)",
    ),
    (
        "nobody decides twice, nor on what is theirs",
        "select format('%s on %s', person_id, request_id) from decision where not void
          group by person_id, request_id having count(*) > 1
         union all select format('their own R-%s', r.number) from decision d
          join request r on r.id = d.request_id and r.requester_id = d.person_id
         union all select format('R-%s, which they edited', r.number) from decision d
          join request r on r.id = d.request_id join request_edit x on x.request_id = r.id and x.person_id = d.person_id
          where not d.void",
    ),
    (
        "an edit voids every word said before it, and is told once",
        "select format('R-%s, %s', r.number, x.revision) from request_edit x join request r on r.id = x.request_id
          where exists (select from decision d where d.request_id = r.id and not d.void and d.at < x.at)
         union all select format('R-%s is wording %s after %s edits, %s told', r.number, r.revision, e.n, a.n) from request r
          cross join lateral (select count(*) n from request_edit where request_id = r.id) e
          cross join lateral (select count(*) n from audit_event where request_id = r.id and outcome = 'success'
                                 and action = 'request.edit') a
          where r.revision <> 1 + e.n or e.n <> a.n",
    ),
    (
        "every word that counted is in the trail, and none besides",
        "select format('R-%s: %s words, %s told', r.number, d.n, a.n) from request r
          cross join lateral (select count(*) n from decision where request_id = r.id) d
          cross join lateral (select count(*) n from audit_event where request_id = r.id and outcome = 'success'
                                 and action in ('request.approve', 'request.reject', 'request.request_changes')) a
          where d.n <> a.n",
    ),
    (
        "every comment is in the trail, and none besides",
        "select format('R-%s: %s comments, %s told', r.number, c.n, a.n) from request r
          cross join lateral (select count(*) n from request_comment where request_id = r.id) c
          cross join lateral (select count(*) n from audit_event where request_id = r.id and outcome = 'success'
                                 and action = 'request.comment') a
          where c.n <> a.n",
    ),
    (
        "every request was submitted once",
        "select format('R-%s: %s', r.number, a.n) from request r
          cross join lateral (select count(*) n from audit_event where request_id = r.id and outcome = 'success'
                                 and action in ('request.submit', 'console.open') and after ? 'spec') a
          where a.n <> case when r.batch_id is null then 1 else 0 end",
    ),
    (
        "a VM belongs to the request that was approved for it",
        "select format('%s and R-%s', m.name, r.number) from vm m join request r on r.id = m.request_id
          where m.state <> 'deleted' and m.pool_id is null and r.vm_id is distinct from m.id
         union all select format('%s and the pool %s', m.name, p.name) from vm m join pool p on p.id = m.pool_id
          where m.request_id <> p.request_id",
    ),
    (
        "a pool has no more VMs than are reserved for it, and ends with the last",
        "select format('%s has %s', p.name, m.n) from pool p
          cross join lateral (select count(*) n from vm where pool_id = p.id and deleted_at is null) m
          where m.n > (p.spec ->> 'max')::bigint + (p.spec #>> '{upkeep,rollout,surge}')::bigint
             or (p.state = 'deleted' and m.n > 0)",
    ),
    (
        "each operation of a pool tells once that it begins and once how it ended",
        "select format('operation %s of %s: %s beginnings, %s ends', o.number, p.name, i.n, e.n)
           from operation o join pool p on p.id = o.cause_id and o.cause_kind = 'pool'
          cross join lateral (select count(*) n from audit_event where vm_id = o.vm_id and action = o.operation
                                 and outcome = 'intent' and after -> 'operation' = to_jsonb(o.number)) i
          cross join lateral (select count(*) n from audit_event where vm_id = o.vm_id and action = o.operation
                                 and outcome <> 'intent' and after -> 'operation' = to_jsonb(o.number)) e
          where i.n <> 1 or e.n <> case when o.state = 'superseded' then 0 else 1 end",
    ),
    (
        "every act of a pool is in the trail with its reason, and none besides",
        "select format('%s: %s acts, %s told', p.name, a.n, t.n) from pool p
          cross join lateral (select count(*) n from pool_act where pool_id = p.id and code <> '') a
          cross join lateral (select count(*) n from audit_event where resource_id = p.id::text and action = 'pool.act'
                                 and code <> '') t
          where a.n <> t.n",
    ),
    (
        "a batch ends with its last child, as its children ended",
        "select format('R-%s is %s: %s of %s, %s failed, %s done', b.number, b.state, c.n, b.batch_size, c.failed, c.done)
           from request b
          cross join lateral (select count(*) n, count(*) filter (where state in ('failed', 'expired')) failed,
                    count(*) filter (where state = 'succeeded') done,
                    count(*) filter (where state in ('pending', 'approved', 'executing')) live
               from request c where c.batch_id = b.id) c
          where b.batch_size is not null and (c.n <> b.batch_size
            or (b.closed_at is null) <> (c.live > 0)
            or (b.state = 'succeeded' and (c.failed > 0 or c.done = 0))
            or (b.state = 'failed' and c.failed = 0)
            or (b.state in ('rejected', 'cancelled', 'expired') and c.done + c.failed > 0))",
    ),
];
