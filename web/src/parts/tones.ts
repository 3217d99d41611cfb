/** Which of the six tones a state of the contract has. A value this build does not know reads as unknown. */
import type { ClusterHealth, Operation, OperationStep, PowerState, RequestState, Stage } from "~/api/types";
import type { Tone } from "./StateBadge";

const power: Record<PowerState, Tone> = {
  running: "running",
  stopped: "stopped",
  paused: "stopped",
  starting: "changing",
  stopping: "changing",
  migrating: "changing",
  deleting: "changing",
  crash_loop: "failed",
  failed: "failed",
  missing: "failed",
  unknown: "unknown",
};

const request: Record<RequestState, Tone> = {
  draft: "unknown",
  pending: "waiting",
  changes_requested: "waiting",
  approved: "changing",
  executing: "changing",
  succeeded: "running",
  failed: "failed",
  rejected: "failed",
  cancelled: "stopped",
  expired: "stopped",
  unknown: "unknown",
};

const operation: Record<Operation["state"], Tone> = {
  queued: "changing",
  waiting: "changing",
  running: "changing",
  succeeded: "running",
  failed: "failed",
  superseded: "stopped",
  expired: "stopped",
  unknown: "unknown",
};

const step: Record<OperationStep["state"], Tone> = {
  waiting: "unknown",
  running: "changing",
  done: "running",
  failed: "failed",
};

const stage: Record<Stage["state"], Tone> = {
  waiting: "unknown",
  active: "waiting",
  satisfied: "running",
  rejected: "failed",
  void: "stopped",
};

const health: Record<ClusterHealth, Tone> = {
  healthy: "running",
  degraded: "waiting",
  unreachable: "failed",
  unknown: "unknown",
};

export const tones = {
  power: (state: PowerState): Tone => power[state] ?? "unknown",
  request: (state: RequestState): Tone => request[state] ?? "unknown",
  operation: (state: Operation["state"]): Tone => operation[state] ?? "unknown",
  step: (state: OperationStep["state"]): Tone => step[state] ?? "unknown",
  stage: (state: Stage["state"]): Tone => stage[state] ?? "unknown",
  health: (state: ClusterHealth): Tone => health[state] ?? "unknown",
};
