/** Permissions in the order people look for them: by what they are about, reading before changing. */
const order = [
  "vm",
  "request",
  "service",
  "system",
  "catalogue",
  "cluster",
  "policy",
  "user",
  "role",
  "audit",
];

export interface PermissionGroup {
  noun: string;
  permissions: string[];
}

export function byNoun(permissions: readonly string[]): PermissionGroup[] {
  const groups = new Map<string, Set<string>>();
  for (const permission of permissions) {
    const noun = permission.split(":")[0] ?? permission;
    groups.set(noun, (groups.get(noun) ?? new Set()).add(permission));
  }
  const rank = (noun: string) => (order.includes(noun) ? order.indexOf(noun) : order.length);
  const reads = (permission: string) => (/:read/.test(permission) ? 0 : 1);
  return [...groups]
    .map(([noun, found]) => ({
      noun,
      permissions: [...found].sort((a, b) => reads(a) - reads(b)),
    }))
    .sort((a, b) => rank(a.noun) - rank(b.noun));
}
