import type { components } from "~/api/schema";

type Right = components["schemas"]["ClusterRight"];
type Node = components["schemas"]["ClusterNode"];

/** Rights that are refused: those the present mode needs first; those of governing are worth knowing before it begins. */
export function refusedRights(rights: Right[], mode: Right["mode"]): Right[] {
  const later = (right: Right) => (right.mode === "govern" && mode === "observe" ? 1 : 0);
  return rights.filter((right) => !right.allowed).sort((a, b) => later(a) - later(b));
}

/** What a node has that others may not: huge pages, devices, whole cores. */
export function specialOf(
  node: Pick<Node, "hugepages" | "devices" | "dedicated_cpu">,
  size: (bytes: number) => string,
  dedicated: string,
): string[] {
  const pages = Object.entries(node.hugepages).map(([page, all]) => `${page}: ${size(all)}`);
  const devices = Object.entries(node.devices).map(([name, count]) => `${count} × ${name}`);
  return [...devices, ...pages, ...(node.dedicated_cpu ? [dedicated] : [])];
}
