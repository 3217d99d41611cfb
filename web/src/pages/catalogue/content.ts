/** The content of a template version, between the form and the contract. */
import type { components } from "~/api/schema";
import type { TemplateVersion } from "~/api/types";
import { type AdvancedRow, fieldsOf } from "./advanced";
import { tidyVariable } from "./variables";

type Content = components["schemas"]["TemplateContent"];

export interface Values {
  name?: string;
  title?: string;
  description?: string;
  environment_ids?: string[];
  content: Content;
  /** The fields of KubeVirt in it, as rows. */
  advanced?: AdvancedRow[];
}

export const emptyContent: Content = {
  family: "linux",
  root: "persistent",
  source: { kind: "image", image: "" },
  user_data: "#cloud-config\n",
  variables: [],
  min_disk_bytes: 0,
};

/** A new version begins with what the newest one holds. */
export function contentOf(version: TemplateVersion): Content {
  const { family, root, source, user_data, variables, min_disk_bytes, advanced } = version;
  return { family, root, source, user_data, variables, min_disk_bytes, ...(advanced ? { advanced } : {}) };
}

/** What the form holds, as the server takes it: an ephemeral root has no disk to size. */
export function tidyContent(content: Content, advanced: AdvancedRow[] = []): Content {
  const { advanced: _, ...rest } = content;
  return {
    ...rest,
    ...(advanced.length > 0 ? { advanced: fieldsOf(advanced) } : {}),
    source: tidySource(content.source),
    user_data: content.user_data ?? "",
    min_disk_bytes: content.root === "ephemeral" ? 0 : (content.min_disk_bytes ?? 0),
    variables: (content.variables ?? []).map(tidyVariable),
  };
}

/** Only the fields of the chosen kind; an empty one that may be left out is left out. */
function tidySource(source: Content["source"]): Content["source"] {
  switch (source.kind) {
    case "image":
      return { kind: "image", image: source.image?.trim() ?? "" };
    case "http":
      return {
        kind: "http",
        url: source.url?.trim() ?? "",
        checksum: source.checksum?.trim() || null,
        cert_config_map: source.cert_config_map?.trim() || null,
      };
    case "pvc":
      return {
        kind: "pvc",
        namespace: source.namespace?.trim() ?? "",
        name: source.name?.trim() ?? "",
      };
  }
}
