/** The typed filters of the lists, as they stand in the address bar. */
import type { AuditOutcome, InboxSubject, PowerState, RequestOperation, RequestState } from "~/api/types";
import * as read from "./search";

export const powerStates: readonly PowerState[] = [
  "running",
  "stopped",
  "starting",
  "stopping",
  "paused",
  "migrating",
  "deleting",
  "crash_loop",
  "failed",
  "missing",
  "unknown",
];

export const requestStates: readonly RequestState[] = [
  "pending",
  "changes_requested",
  "approved",
  "executing",
  "succeeded",
  "failed",
  "rejected",
  "cancelled",
  "expired",
];

export const operations: readonly RequestOperation[] = [
  "vm.create",
  "vm.start",
  "vm.stop",
  "vm.restart",
  "vm.pause",
  "vm.unpause",
  "vm.modify",
  "vm.delete",
  "vm.restore",
  "vm.purge",
  "vm.console",
  "system.join",
  "pool.create",
  "pool.change",
  "pool.delete",
];

export const inboxSubjects: readonly InboxSubject[] = ["request", "role", "vm"];

export const outcomes: readonly AuditOutcome[] = ["success", "denied", "failed", "intent"];

export const vmsSearch = (raw: read.RawSearch) =>
  read.defined({
    q: read.text(raw, "q"),
    power: read.oneOf(raw, "power", powerStates),
    system: read.id(raw, "system"),
    service: read.id(raw, "service"),
    cluster: read.id(raw, "cluster"),
    deleted: read.flag(raw, "deleted"),
    trashed: read.flag(raw, "trashed"),
  });

export const unmanagedSearch = (raw: read.RawSearch) =>
  read.defined({
    q: read.text(raw, "q"),
    power: read.oneOf(raw, "power", powerStates),
    cluster: read.id(raw, "cluster"),
  });

export const inboxSearch = (raw: read.RawSearch) =>
  read.defined({ show: read.oneOf(raw, "show", ["all"]), about: read.oneOf(raw, "about", inboxSubjects) });

export const requestsSearch = (raw: read.RawSearch) =>
  read.defined({
    q: read.text(raw, "q"),
    whose: read.oneOf(raw, "whose", ["mine", "all", "drafts"]),
    state: read.oneOf(raw, "state", requestStates),
    operation: read.oneOf(raw, "operation", operations),
    system: read.id(raw, "system"),
    vm: read.id(raw, "vm"),
  });

export const accessSearch = (raw: read.RawSearch) =>
  read.defined({
    person: read.id(raw, "person"),
    permission: read.text(raw, "permission", 60),
    system: read.id(raw, "system"),
    service: read.id(raw, "service"),
    vm: read.id(raw, "vm"),
  });

export const policiesSearch = (raw: read.RawSearch) =>
  read.defined({
    operation: read.oneOf(raw, "operation", operations),
    retired: read.flag(raw, "retired"),
  });

export const auditSearch = (raw: read.RawSearch) =>
  read.defined({
    action: read.text(raw, "action", 60),
    outcome: read.oneOf(raw, "outcome", outcomes),
    q: read.text(raw, "q", 100),
    kind: read.text(raw, "kind", 60),
    resource: read.text(raw, "resource", 100),
    actor: read.id(raw, "actor"),
    vm: read.id(raw, "vm"),
    system: read.id(raw, "system"),
    request: read.id(raw, "request"),
    since: read.moment(raw, "since"),
    until: read.moment(raw, "until"),
    event: read.whole(raw, "event"),
  });
