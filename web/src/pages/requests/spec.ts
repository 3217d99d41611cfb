/** The few parts of a canonical spec that people want to read; anything of another shape is left to the raw view. */
export interface SpecView {
  diskBytes: number | undefined;
  root: "ephemeral" | "persistent" | undefined;
  variables: Record<string, string>;
  sshKeys: string[];
  force: boolean;
  kind: "serial" | "vnc" | undefined;
  role: "owner" | "member" | "viewer" | undefined;
}

type Unknown = Record<string, unknown>;

function record(value: unknown): Unknown {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Unknown) : {};
}

export function specView(raw: Unknown): SpecView {
  const keys = Array.isArray(raw.ssh_keys) ? raw.ssh_keys : [];
  const variables = Object.entries(record(raw.variables)).filter(
    (entry): entry is [string, string] => typeof entry[1] === "string",
  );
  return {
    diskBytes: typeof raw.disk_bytes === "number" ? raw.disk_bytes : undefined,
    root: raw.root === "ephemeral" || raw.root === "persistent" ? raw.root : undefined,
    variables: Object.fromEntries(variables),
    sshKeys: keys
      .map((key) => record(key).fingerprint)
      .filter((print): print is string => typeof print === "string"),
    force: raw.force === true,
    kind: raw.kind === "serial" || raw.kind === "vnc" ? raw.kind : undefined,
    role: raw.role === "owner" || raw.role === "member" || raw.role === "viewer" ? raw.role : undefined,
  };
}
