/** Which version of a catalogue item a new VM gets: the newest active one, else the newest not withdrawn. */
import type { CatalogueState, TemplateVersion } from "~/api/types";

export function offered<Version extends { state: CatalogueState }>(versions: Version[]): Version | undefined {
  return (
    versions.find((version) => version.state === "active") ??
    versions.find((version) => version.state === "deprecated")
  );
}

/** Where a root disk comes from, as one line. */
export function sourceOf(source: TemplateVersion["source"]): string {
  switch (source.kind) {
    case "image":
      return source.image;
    case "http":
      return source.url;
    case "pvc":
      return `${source.namespace}/${source.name}`;
  }
}

/** What a version can be made: never what it is already. */
export function nextStates(state: CatalogueState): CatalogueState[] {
  return (["active", "deprecated", "withdrawn"] as const).filter((candidate) => candidate !== state);
}
