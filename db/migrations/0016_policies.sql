-- Policies that people write, stages with several requirements, and decisions that narrow what they approve.

-- A condition in CEL beside `protected`; both must hold.
ALTER TABLE policy_version ADD COLUMN condition text CHECK (octet_length(condition) <= 2000);
-- Whose holders may set a soft policy aside.
ALTER TABLE policy_version ADD COLUMN override_role text;
-- How long a request it matches waits for its people, and what follows; silence never approves.
ALTER TABLE policy_version ADD COLUMN pending_hours integer CHECK (pending_hours BETWEEN 1 AND 8760);
ALTER TABLE policy_version ADD COLUMN pending_then text CHECK (pending_then IN ('expire', 'reject'));
ALTER TABLE policy_version ADD CONSTRAINT policy_version_pending CHECK ((pending_hours IS NULL) = (pending_then IS NULL));

-- All requirements of the stage. `who` repeats whose words they ask for, as a list of requests is filtered by it:
-- permission:NAME, role:NAME, group:ID, owners.
ALTER TABLE request_stage ADD COLUMN requirements jsonb NOT NULL DEFAULT '[]';
ALTER TABLE request_stage ADD COLUMN who text[] NOT NULL DEFAULT '{}';
ALTER TABLE request_stage ADD COLUMN ask_again boolean NOT NULL DEFAULT false;
UPDATE request_stage
   SET who = ARRAY['permission:' || permission],
       requirements = jsonb_build_array(jsonb_build_object(
           'who', jsonb_build_object('kind', 'permission', 'name', permission), 'needed', needed));

-- Which requirements of its stage the person qualified for when they spoke; a person counts for one of them.
ALTER TABLE decision ADD COLUMN fulfils integer[] NOT NULL DEFAULT '{0}';
ALTER TABLE decision ADD COLUMN sets_aside boolean NOT NULL DEFAULT false;
-- What an approver made of the request: the bytes later decisions and the execution go by, and their hash.
ALTER TABLE decision ADD COLUMN effective_spec bytea;
ALTER TABLE decision ADD COLUMN effective_hash bytea CHECK (octet_length(effective_hash) = 32);
ALTER TABLE decision ADD CONSTRAINT decision_effective CHECK ((effective_spec IS NULL) = (effective_hash IS NULL));

ALTER TABLE request ADD COLUMN pending_hours integer NOT NULL DEFAULT 336;
ALTER TABLE request ADD COLUMN pending_then text NOT NULL DEFAULT 'expire' CHECK (pending_then IN ('expire', 'reject'));
