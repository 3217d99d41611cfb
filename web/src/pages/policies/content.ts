/** A policy between the editor and the contract, and as words that two versions can be compared by. */
import type { TFunction } from "i18next";
import type { Policy, PolicyContent, PolicyRequirement } from "~/api/queries/policies";
import { roleName } from "~/parts/roles";
import { permissionWord } from "../people/PermissionWords";

export type Where = "everywhere" | "protected" | "open";
type Stage = NonNullable<PolicyContent["stages"]>[number];

/** Field names are those of the body, so that the server's faults find their place. */
export interface Values {
  name?: string;
  title: string;
  effect: PolicyContent["effect"];
  enforcement: NonNullable<PolicyContent["enforcement"]>;
  operations: PolicyContent["operations"];
  where: Where;
  condition?: string;
  stages?: Stage[];
  override_role?: string | undefined;
  reason_code?: string;
  pending?: { hours?: number | null; then?: "expire" | "reject" };
}

export const oneApprover: PolicyRequirement = { kind: "permission", name: "request:approve", needed: 1 };

export const emptyValues: Partial<Values> = {
  effect: "require",
  enforcement: "hard",
  where: "everywhere",
  stages: [{ position: 1, requirements: [oneApprover] }],
};

export const whereOf = (only: boolean | null | undefined): Where =>
  only === true ? "protected" : only === false ? "open" : "everywhere";

export function valuesOf(policy: Policy): Values {
  return {
    title: policy.title,
    effect: policy.effect,
    enforcement: policy.enforcement,
    operations: policy.operations,
    where: whereOf(policy.protected),
    condition: policy.condition ?? "",
    stages: policy.stages,
    override_role: policy.override_role ?? undefined,
    reason_code: policy.reason_code,
    pending: policy.pending ?? {},
  };
}

/** What the form holds, as the server takes it: what the chosen effect has no use for is left out. */
export function tidy(values: Values): PolicyContent {
  const hours = values.pending?.hours;
  return {
    title: values.title.trim(),
    effect: values.effect,
    enforcement: values.enforcement,
    operations: values.operations,
    protected: values.where === "everywhere" ? null : values.where === "protected",
    condition: values.condition?.trim() || null,
    ...(values.effect === "require" ? { stages: (values.stages ?? []).map(tidyStage) } : {}),
    reason_code: values.reason_code?.trim() || null,
    override_role: values.enforcement === "soft" ? (values.override_role ?? null) : null,
    // biome-ignore lint/suspicious/noThenProperty: the contract's word; it holds a text, so nothing can wait for it
    pending: hours && values.effect !== "allow" ? { hours, then: values.pending?.then ?? "expire" } : null,
  };
}

const tidyStage = (stage: Stage): Stage => ({
  position: stage.position,
  ask_again: stage.ask_again ?? false,
  requirements: stage.requirements.map((one) => ({
    kind: one.kind,
    name: one.kind === "owners" ? null : (one.name ?? null),
    needed: one.needed,
  })),
});

/** The number of the stage after these. */
export const nextPosition = (stages: readonly (Partial<Stage> | undefined)[]): number =>
  Math.min(100, Math.max(0, ...stages.map((stage) => stage?.position ?? 0)) + 1);

/** "Two people who may approve requests" */
export function requirementWords(t: TFunction, one: PolicyRequirement): string {
  const name = one.name ?? "";
  const shown =
    one.kind === "permission" ? permissionWord(t, name) : one.kind === "role" ? roleName(t, name) : name;
  return t(`policies.wanted.${one.kind}`, { count: one.needed, name: shown });
}

/** A version with the labels people know, for what changed between two of them. */
export function inWords(t: TFunction, policy: Policy): Record<string, string> {
  const join = (words: string[]) => words.join(t("common.listJoin"));
  const stages = [...policy.stages].sort((a, b) => a.position - b.position);
  return {
    [t("policies.says")]: policy.title,
    [t("policies.effect")]: t(`policies.effects.${policy.effect}`),
    [t("policies.for")]: join(policy.operations.map((verb) => t(`states.verb.${verb}`))),
    [t("policies.where")]: t(`policies.wheres.${whereOf(policy.protected)}`),
    ...(policy.condition ? { [t("policies.condition")]: policy.condition } : {}),
    [t("policies.enforcement")]: t(`policies.enforcements.${policy.enforcement}`),
    ...(policy.override_role ? { [t("policies.overrideRole")]: roleName(t, policy.override_role) } : {}),
    ...Object.fromEntries(
      stages.map((stage) => [
        t("policies.stage", { number: stage.position }),
        join([
          ...stage.requirements.map((one) => requirementWords(t, one)),
          ...(stage.ask_again ? [t("policies.askAgain")] : []),
        ]),
      ]),
    ),
    ...(policy.pending
      ? { [t("policies.pending")]: pendingWords(t, policy.pending.hours, policy.pending.then) }
      : {}),
    [t("policies.reasonCode")]: policy.reason_code,
  };
}

export function pendingWords(t: TFunction, hours: number, then: "expire" | "reject"): string {
  const whole = hours % 24 === 0 && hours >= 48;
  const time = whole ? t("policies.days", { count: hours / 24 }) : t("policies.hours", { count: hours });
  return t(`policies.then.${then}`, { time });
}
