/** A field that requests are asked for, between the form and the contract: each kind keeps only what belongs to it. */
import type { CreateRequestField, RequestField } from "~/api/queries/fields";

export type FieldKind = RequestField["kind"];
export const fieldKinds: readonly FieldKind[] = ["text", "number", "choice", "boolean", "date"];

export interface FieldValues {
  name: string;
  kind: FieldKind;
  labels: Record<string, string | undefined>;
  help?: Record<string, string | undefined>;
  required?: boolean;
  pattern?: string;
  choices?: string[];
  environment_ids?: string[];
  operations: CreateRequestField["operations"];
  position?: number | null;
}

/** Texts by language without the empty ones: those languages fall back to English. */
function texts(values: Record<string, string | undefined> = {}): Record<string, string> {
  const filled = Object.entries(values).flatMap(([language, text]) =>
    text?.trim() ? [[language, text.trim()] as const] : [],
  );
  return Object.fromEntries(filled);
}

export function tidyField(values: FieldValues): CreateRequestField {
  const pattern = values.pattern?.trim();
  return {
    name: values.name,
    kind: values.kind,
    labels: texts(values.labels),
    help: texts(values.help),
    required: values.required === true,
    operations: values.operations,
    ...(values.kind === "text" && pattern ? { pattern } : {}),
    ...(values.kind === "choice" ? { choices: values.choices ?? [] } : {}),
    ...(values.environment_ids?.length ? { environment_ids: values.environment_ids } : {}),
    ...(values.position != null ? { position: values.position } : {}),
  };
}
