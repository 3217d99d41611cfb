/** The fields of KubeVirt that a template sets: rows in the form, an object by path in the contract. */
import { ApiProblem } from "~/api/problem";

export type AdvancedKind = "text" | "number" | "boolean" | "object";
export const advancedKinds: readonly AdvancedKind[] = ["text", "number", "boolean", "object"];

export interface AdvancedRow {
  path: string;
  kind: AdvancedKind;
  /** As typed; an object as JSON. */
  value: string;
}

export function rowsOf(fields: Record<string, unknown> | undefined): AdvancedRow[] {
  return Object.entries(fields ?? {}).map(([path, value]) => {
    if (typeof value === "object") return { path, kind: "object", value: JSON.stringify(value) };
    const kind = typeof value === "number" ? "number" : typeof value === "boolean" ? "boolean" : "text";
    return { path, kind, value: String(value) };
  });
}

/** The value that is meant, or nothing if the text is not of its kind. */
export function meant({ kind, value }: Pick<AdvancedRow, "kind" | "value">): unknown {
  const text = (value ?? "").trim();
  if (kind === "text") return text === "" ? undefined : text;
  if (kind === "boolean") return text === "true" ? true : text === "false" ? false : undefined;
  if (kind === "number") {
    const number = Number(text);
    return /^-?\d+$/.test(text) && Number.isSafeInteger(number) ? number : undefined;
  }
  try {
    const found: unknown = JSON.parse(text);
    return typeof found === "object" && found !== null && !Array.isArray(found) ? found : undefined;
  } catch {
    return undefined;
  }
}

export function fieldsOf(rows: readonly AdvancedRow[]): Record<string, unknown> {
  return Object.fromEntries(rows.map((row) => [row.path, meant(row)]));
}

/** The server names a field by its path; on the form it is a row. */
export function placed(error: unknown, rows: readonly AdvancedRow[]): unknown {
  if (!(error instanceof ApiProblem)) return error;
  const start = "/content/advanced/";
  const errors = error.body.errors.map((fault) => {
    const row = rows.findIndex(({ path }) => fault.pointer === start + path);
    return row < 0 ? fault : { ...fault, pointer: `/advanced/${row}/path` };
  });
  return new ApiProblem({ ...error.body, errors });
}

/** Whether a path is on the list, or below something that is. */
export const allows = (allowed: readonly string[], path: string): boolean =>
  allowed.some((entry) => path === entry || path.startsWith(`${entry}.`));
