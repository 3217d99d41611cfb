/** What is under way with a cluster: permits, breaker, and the operations that wait for it. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { workQuery } from "~/api/queries/capability";
import { Details, Section } from "~/parts/Page";
import { RelativeTime } from "~/parts/RelativeTime";
import { SimpleTable } from "~/parts/SimpleTable";

export function Work({ clusterId }: { clusterId: string }) {
  const { t } = useTranslation();
  const query = useQuery(workQuery(clusterId));
  const work = query.data;
  return (
    <Section title={t("clusters.work.title")}>
      {work && (
        <>
          <Details
            facts={[
              { label: t("clusters.calls"), value: t(`states.breaker.${work.breaker}`) },
              {
                label: t("clusters.work.permits"),
                value: t("clusters.work.permitsOf", {
                  busy: work.permits - work.permits_free,
                  all: work.permits,
                }),
              },
              ...(work.failures > 0 ? [{ label: t("clusters.work.failures"), value: work.failures }] : []),
              ...(work.retry_in_seconds === null
                ? []
                : [
                    {
                      label: t("clusters.work.retry"),
                      value: t("clusters.work.seconds", { count: work.retry_in_seconds }),
                    },
                  ]),
            ]}
          />
          <p className="dim">{t("clusters.work.replica")}</p>
        </>
      )}
      <SimpleTable
        what={t("clusters.work.waiting")}
        query={query}
        rows={work?.waiting ?? []}
        rowKey={(row) => String(row.number)}
        empty={<p className="soft">{t("clusters.work.none")}</p>}
        columns={[
          { title: t("clusters.work.operation"), render: (row) => t(`operations.${row.operation}`) },
          {
            title: t("clusters.work.vm"),
            render: (row) => (
              <Link to="/vms/$vmId" params={{ vmId: row.vm.id }} search={{}} className="mono">
                {row.vm.name}
              </Link>
            ),
          },
          { title: t("clusters.work.since"), render: (row) => <RelativeTime at={row.since} /> },
          { title: t("clusters.work.notAfter"), render: (row) => <RelativeTime at={row.not_after} /> },
        ]}
      />
      {work && work.waiting_count > work.waiting.length && (
        <p className="dim">
          {t("clusters.work.more", { shown: work.waiting.length, count: work.waiting_count })}
        </p>
      )}
      {work && work.outside.length > 0 && (
        <>
          <h3>{t("clusters.outside.title")}</h3>
          <p className="dim">{t("clusters.outside.lead")}</p>
          <SimpleTable
            what={t("clusters.outside.title")}
            query={query}
            rows={work.outside}
            rowKey={(row) => row.vm.id}
            columns={[
              {
                title: t("clusters.outside.vm"),
                render: (row) => (
                  <Link to="/vms/$vmId" params={{ vmId: row.vm.id }} search={{}} className="mono">
                    {row.vm.name}
                  </Link>
                ),
              },
              {
                title: t("clusters.outside.writers"),
                render: (row) => <span className="mono">{row.writers.join(", ")}</span>,
              },
            ]}
          />
        </>
      )}
    </Section>
  );
}
