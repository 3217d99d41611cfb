/** `redis-06` for `shop-team-shop-redis-06`: under its service, the last two parts are enough to tell VMs apart. */
export function shortVmName(full: string, service: string): string {
  const at = full.lastIndexOf(`-${service}-`);
  return at > 0 ? full.slice(at + 1) : full;
}

/** The rule for names of systems and services: an RFC 1035 label without `--`, at most 15 characters. */
export const nameRule = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
export const nameLength = 15;

/** The rule for names in the catalogue and of clusters: the same label, only longer. */
export const slugRule = nameRule;
/** The rule for sign-in names and names of groups. */
export const accountRule = /^[a-z][a-z0-9._-]*$/;
