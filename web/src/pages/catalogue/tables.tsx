import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { environmentsQuery, namespacesQuery, sizesQuery, templatesQuery } from "~/api/queries/catalogue";
import type { components } from "~/api/schema";
import { useEnvironment } from "~/app/environment";
import { EnvironmentLabel } from "~/parts/EnvironmentLabel";
import { bytes, vcpu } from "~/parts/units";
import { SimpleTable } from "./SimpleTable";

export function Environments() {
  const { t } = useTranslation();
  const query = useQuery(environmentsQuery);
  return (
    <SimpleTable
      what={t("catalogue.tab.environments")}
      query={query}
      rows={query.data?.items ?? []}
      rowKey={(row) => row.id}
      columns={[
        { title: t("common.environment"), render: (row) => <EnvironmentLabel environment={row} /> },
        { title: t("catalogue.name"), render: (row) => <span className="mono">{row.name}</span> },
        {
          title: t("catalogue.protection"),
          render: (row) => t(row.protected ? "catalogue.protectedYes" : "catalogue.protectedNo"),
        },
        { title: t("catalogue.clusters"), render: (row) => row.cluster_count },
        { title: t("catalogue.namespaces"), render: (row) => row.namespace_count },
        { title: t("catalogue.vms"), render: (row) => row.vm_count },
      ]}
    />
  );
}

export function Namespaces() {
  const { t } = useTranslation();
  const environment = useEnvironment();
  const query = useQuery(namespacesQuery(environment ? { environment_id: environment.id } : {}));
  return (
    <SimpleTable
      what={t("catalogue.tab.namespaces")}
      query={query}
      rows={query.data?.items ?? []}
      rowKey={(row) => row.id}
      columns={[
        { title: t("catalogue.name"), render: (row) => <span className="mono strong">{row.name}</span> },
        {
          title: t("common.environment"),
          render: (row) => <EnvironmentLabel environment={row.environment} />,
        },
        {
          title: t("catalogue.systems"),
          render: (row) =>
            row.systems.length === 0
              ? t("catalogue.everySystem")
              : row.systems.map((system) => system.name).join(t("common.listJoin")),
        },
        { title: t("catalogue.vms"), render: (row) => row.vm_count },
      ]}
    />
  );
}

/** Where a root disk comes from, as one line. */
function sourceOf(source: components["schemas"]["TemplateSource"]): string {
  switch (source.kind) {
    case "image":
      return source.image;
    case "http":
      return source.url;
    case "pvc":
      return `${source.namespace}/${source.name}`;
  }
}

export function Templates() {
  const { t, i18n } = useTranslation();
  const query = useQuery(templatesQuery);
  const rows = (query.data?.items ?? []).flatMap((template) =>
    template.versions.map((version) => ({ template, version })),
  );
  return (
    <SimpleTable
      what={t("catalogue.tab.templates")}
      query={query}
      rows={rows}
      rowKey={(row) => row.version.id}
      columns={[
        {
          title: t("catalogue.name"),
          render: ({ template }) => (
            <>
              <span className="strong">{template.title}</span>{" "}
              <span className="mono dim">{template.name}</span>
            </>
          ),
        },
        {
          title: t("catalogue.versions"),
          render: (row) => t("common.version", { version: row.version.version }),
        },
        { title: t("catalogue.state"), render: (row) => t(`states.catalogue.${row.version.state}`) },
        { title: t("catalogue.family"), render: (row) => t(`catalogue.families.${row.version.family}`) },
        { title: t("catalogue.root"), render: (row) => t(`vms.root.${row.version.root}`) },
        {
          title: t("catalogue.image"),
          render: (row) => <span className="mono">{sourceOf(row.version.source)}</span>,
        },
        {
          title: t("catalogue.minDisk"),
          render: (row) =>
            row.version.min_disk_bytes > 0
              ? bytes(t, row.version.min_disk_bytes, i18n.language)
              : t("common.dash"),
        },
      ]}
    />
  );
}

export function Sizes() {
  const { t, i18n } = useTranslation();
  const query = useQuery(sizesQuery);
  const rows = (query.data?.items ?? []).flatMap((size) =>
    size.versions.map((version) => ({ size, version })),
  );
  return (
    <SimpleTable
      what={t("catalogue.tab.sizes")}
      query={query}
      rows={rows}
      rowKey={(row) => row.version.id}
      columns={[
        { title: t("catalogue.name"), render: (row) => <span className="strong">{row.size.name}</span> },
        {
          title: t("catalogue.versions"),
          render: (row) => t("common.version", { version: row.version.version }),
        },
        { title: t("catalogue.state"), render: (row) => t(`states.catalogue.${row.version.state}`) },
        { title: t("catalogue.cpu"), render: (row) => vcpu(t, row.version.milli_vcpu, i18n.language) },
        { title: t("catalogue.memory"), render: (row) => bytes(t, row.version.memory_bytes, i18n.language) },
        {
          title: t("catalogue.disk"),
          render: (row) =>
            row.version.disk_bytes > 0 ? bytes(t, row.version.disk_bytes, i18n.language) : t("common.dash"),
        },
      ]}
    />
  );
}
