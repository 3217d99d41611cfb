/** Variables of a template, between the form and the contract: each kind keeps only what belongs to it. */
import type { TemplateVersion } from "~/api/types";

export type Variable = TemplateVersion["variables"][number];
export type VariableKind = NonNullable<Variable["kind"]>;
export const variableKinds: readonly VariableKind[] = ["text", "integer", "choice", "boolean", "secret"];

/** What the form leaves of it: fields of another kind that were filled in before are dropped, empty ones mean none. */
export function tidyVariable(variable: Variable): Variable {
  const kind = variable.kind ?? "text";
  const base = { name: variable.name, title: variable.title, kind };
  const chosen = variable.default || null;
  switch (kind) {
    case "integer":
      return {
        ...base,
        default: chosen,
        pattern: null,
        min: variable.min ?? null,
        max: variable.max ?? null,
      };
    case "choice": {
      const choices = variable.choices ?? [];
      return {
        ...base,
        default: chosen !== null && choices.includes(chosen) ? chosen : null,
        pattern: null,
        choices,
      };
    }
    case "boolean":
      return { ...base, default: chosen === "true" || chosen === "false" ? chosen : null, pattern: null };
    case "secret":
      return { ...base, default: null, pattern: variable.pattern || null };
    default:
      return { ...base, default: chosen, pattern: variable.pattern || null };
  }
}

/** What bounds a variable, as one line. */
export function boundsOf(variable: Variable): string {
  if (variable.kind === "integer" && (variable.min != null || variable.max != null))
    return `${variable.min ?? "…"} – ${variable.max ?? "…"}`;
  if (variable.kind === "choice") return (variable.choices ?? []).join(" | ");
  return variable.pattern ?? "";
}
