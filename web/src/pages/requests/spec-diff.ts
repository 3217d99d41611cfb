/**
 * What differs between two canonical specs, field by field in the order people read them.
 * Ids are left as they are (`names` of the page resolves them); what only follows from another field is left out.
 */
type Unknown = Record<string, unknown>;

export type FieldKind = "id" | "vcpu" | "bytes" | "text" | "flag" | "seconds" | "lines";

export interface FieldDiff {
  /** `disk_bytes`, or `variables.greeting`. */
  field: string;
  kind: FieldKind;
  before: unknown;
  after: unknown;
}

/** Fields in the order shown. What is not here (hashes, versions of the layout) follows from these. */
const fields: [string, FieldKind][] = [
  ["namespace_id", "id"],
  ["template_version_id", "id"],
  ["size_version_id", "id"],
  ["milli_vcpu", "vcpu"],
  ["memory_bytes", "bytes"],
  ["disk_bytes", "bytes"],
  ["root", "text"],
  ["image", "text"],
  ["force", "flag"],
  ["grace_seconds", "seconds"],
  ["kind", "text"],
];
/** Said already by the vCPU, memory and disk that come with it, unless none of these differs. */
const sizeFields = ["milli_vcpu", "memory_bytes", "disk_bytes"];

function record(value: unknown): Unknown {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Unknown) : {};
}

const same = (a: unknown, b: unknown) => JSON.stringify(a ?? null) === JSON.stringify(b ?? null);

function keyPrints(spec: Unknown): string[] {
  const keys = Array.isArray(spec.ssh_keys) ? spec.ssh_keys : [];
  return keys.map((key) => String(record(key).fingerprint ?? "")).sort();
}

function ofMaps(name: string, before: Unknown, after: Unknown): FieldDiff[] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .sort()
    .filter((key) => !same(before[key], after[key]))
    .map((key) => ({ field: `${name}.${key}`, kind: "text", before: before[key], after: after[key] }));
}

export function specDiff(before: Unknown, after: Unknown): FieldDiff[] {
  const found: FieldDiff[] = fields
    .filter(([field]) => !same(before[field], after[field]))
    .map(([field, kind]) => ({ field, kind, before: before[field], after: after[field] }));
  const amounts = found.some(({ field }) => sizeFields.includes(field));
  const [keysBefore, keysAfter] = [keyPrints(before), keyPrints(after)];
  return [
    ...found.filter(({ field }) => field !== "size_version_id" || !amounts),
    ...ofMaps("variables", record(before.variables), record(after.variables)),
    ...ofMaps("secrets", record(before.secrets), record(after.secrets)),
    ...ofMaps("labels", record(before.labels), record(after.labels)),
    ...(same(keysBefore, keysAfter)
      ? []
      : [{ field: "ssh_keys", kind: "lines" as const, before: keysBefore, after: keysAfter }]),
  ];
}
