/**
 * Keys of cached answers: one branch per resource, so that a live event for a resource touches exactly its branch.
 * `[resource, "one", id]` is one object, `[resource, "list", filters]` a list, `[resource, "of", id, part]` a part.
 */
export type Resource =
  | "audit"
  | "catalogue"
  | "clusters"
  | "drafts"
  | "groups"
  | "home"
  | "inbox"
  | "me"
  | "operations"
  | "people"
  | "policies"
  | "pools"
  | "requests"
  | "roles"
  | "services"
  | "session"
  | "systems"
  | "unmanaged"
  | "vms";

export const keys = {
  all: (resource: Resource) => [resource] as const,
  lists: (resource: Resource) => [resource, "list"] as const,
  list: (resource: Resource, filters: object = {}) => [resource, "list", filters] as const,
  one: (resource: Resource, id: string) => [resource, "one", id] as const,
  of: (resource: Resource, id: string, part: string) => [resource, "of", id, part] as const,
};

/** Which branches an event of a kind (`vm.changed`) makes stale. `own` also names the object itself. */
interface Effect {
  own: Resource | null;
  lists: Resource[];
}

const effects: Record<string, Effect> = {
  vm: { own: "vms", lists: ["vms", "home", "services"] },
  operation: { own: "operations", lists: ["vms", "home"] },
  request: { own: "requests", lists: ["requests", "home"] },
  decision: { own: null, lists: ["requests", "home"] },
  stage: { own: null, lists: ["requests", "home"] },
  // Whoever decides only through a group hears of a request by their inbox alone.
  inbox: { own: null, lists: ["inbox", "home", "requests"] },
  cluster: { own: "clusters", lists: ["clusters", "home", "unmanaged"] },
  system: { own: "systems", lists: ["systems"] },
  member: { own: "systems", lists: ["systems", "session"] },
  service: { own: "services", lists: ["services", "systems"] },
  environment: { own: null, lists: ["catalogue"] },
  network: { own: null, lists: ["catalogue"] },
  namespace: { own: null, lists: ["catalogue"] },
  template: { own: null, lists: ["catalogue"] },
  size: { own: null, lists: ["catalogue"] },
  pool: { own: "pools", lists: ["pools"] },
  policy: { own: "policies", lists: ["policies"] },
  binding: { own: null, lists: ["people", "session"] },
  group: { own: "groups", lists: ["groups", "people", "session"] },
  role: { own: null, lists: ["roles", "session"] },
  principal: { own: "people", lists: ["people", "session"] },
  person: { own: "people", lists: ["people", "session"] },
};

export function effectOf(kind: string): Effect | null {
  return effects[kind.split(".")[0] ?? ""] ?? null;
}

/** Prefixes of cached answers that one event makes stale. */
export function staleKeys(kind: string, id: string): (readonly unknown[])[] {
  const effect = effectOf(kind);
  if (!effect) return [];
  const stale: (readonly unknown[])[] = effect.lists.map((resource) =>
    resource === "home" || resource === "inbox" || resource === "session"
      ? keys.all(resource)
      : keys.lists(resource),
  );
  if (effect.own) stale.push(keys.one(effect.own, id), [effect.own, "of", id]);
  return stale;
}
