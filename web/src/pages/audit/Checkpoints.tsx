/** The signed checkpoints of the log, its keys, and how to prove that nothing was changed. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Button } from "antd";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { keys } from "~/api/keys";
import { toProblem } from "~/api/problem";
import { auditKeysQuery, checkpointsQuery, sealAudit } from "~/api/queries/audit";
import type { components } from "~/api/schema";
import { Copyable } from "~/parts/Copyable";
import { FormProblem } from "~/parts/form";
import { type Column, ResourceList } from "~/parts/list/ResourceList";
import { Page, Section } from "~/parts/Page";
import { RelativeTime } from "~/parts/RelativeTime";
import { SimpleTable } from "~/parts/SimpleTable";
import { Empty } from "~/parts/states";
import { AuditNav } from "./AuditNav";
import "./audit.css";

type Checkpoint = components["schemas"]["AuditCheckpoint"];
type Row = Checkpoint & { id: number };

/** Typed as they are: the same in every language. */
const commands = [
  { word: "key", command: "shepherd audit key > audit.key" },
  { word: "export", command: "shepherd audit export --file audit.jsonl" },
  { word: "verify", command: "shepherd audit verify audit.jsonl --key audit.key" },
] as const;

export function Checkpoints() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const seal = useMutation({
    mutationFn: sealAudit,
    onSuccess: () => client.invalidateQueries({ queryKey: keys.lists("audit") }),
  });
  const query = useMemo(
    () => ({
      ...checkpointsQuery,
      select: (data: { pages: { items: Checkpoint[] }[]; pageParams: unknown[] }) => ({
        ...data,
        pages: data.pages.map((page) => ({
          ...page,
          // A checkpoint is known by how much it covers.
          items: page.items.map((item) => ({ ...item, id: item.size })),
        })),
      }),
    }),
    [],
  );
  return (
    <Page
      title={t("audit.title")}
      lead={t("audit.lead")}
      action={
        <Button loading={seal.isPending} onClick={() => seal.mutate()}>
          {t("audit.seal")}
        </Button>
      }
    >
      <AuditNav />
      <FormProblem problem={seal.isError ? toProblem(seal.error) : null} />
      <div className="checkpoints">
        <div>
          <p className="soft page-text">{t("audit.checkpoints.lead")}</p>
          <ResourceList<Row>
            name="checkpoints"
            label={t("audit.nav.checkpoints")}
            query={query as never}
            columns={useColumns()}
            onOpen={() => {}}
            empty={<Empty title={t("audit.checkpoints.empty")} text={t("audit.checkpoints.emptyText")} />}
          />
        </div>
        <aside>
          <Section title={t("audit.verify.title")}>
            <ol className="stack gap-3">
              {commands.map(({ word, command }) => (
                <li key={word} className="stack gap-1">
                  <span>{t(`audit.verify.${word}`)}</span>
                  <Copyable value={command} />
                </li>
              ))}
            </ol>
            <p className="soft verify-note">{t("audit.verify.text")}</p>
          </Section>
          <Keys />
        </aside>
      </div>
    </Page>
  );
}

function useColumns(): Column<Row>[] {
  const { t, i18n } = useTranslation();
  return useMemo(
    () => [
      {
        key: "size",
        title: t("audit.checkpoints.size"),
        fixed: true,
        width: "130px",
        align: "right" as const,
        render: (row: Row) => new Intl.NumberFormat(i18n.language).format(row.size),
      },
      {
        key: "new",
        title: t("audit.checkpoints.added"),
        width: "110px",
        align: "right" as const,
        render: (row: Row) => new Intl.NumberFormat(i18n.language).format(row.size - row.previous),
      },
      {
        key: "root",
        title: t("audit.checkpoints.root"),
        render: (row: Row) => <Copyable quiet value={row.root} shown={`${row.root.slice(0, 20)}…`} />,
      },
      {
        key: "note",
        title: t("audit.checkpoints.note"),
        width: "150px",
        render: (row: Row) => <Copyable quiet value={row.note} shown={t("audit.checkpoints.copyNote")} />,
      },
      {
        key: "at",
        title: t("audit.when"),
        width: "140px",
        render: (row: Row) => <RelativeTime at={row.created_at} />,
      },
    ],
    [t, i18n.language],
  );
}

function Keys() {
  const { t } = useTranslation();
  const query = useQuery(auditKeysQuery);
  return (
    <Section title={t("audit.keys.title")}>
      <SimpleTable
        what={t("audit.keys.title")}
        query={query}
        rows={query.data?.items ?? []}
        rowKey={(row) => row.id}
        empty={<p className="soft">{t("audit.keys.none")}</p>}
        columns={[
          { title: t("audit.keys.key"), render: (row) => <Copyable value={row.key} shown={row.id} /> },
          {
            title: t("common.state"),
            render: (row) =>
              row.retired_at ? (
                <span className="dim">
                  {t("audit.keys.retired")} <RelativeTime at={row.retired_at} />
                </span>
              ) : (
                t("audit.keys.signing")
              ),
          },
        ]}
      />
      {query.data && (
        <p className="soft verify-note">
          {t("audit.keys.origin")} <Copyable quiet value={query.data.origin} />
        </p>
      )}
    </Section>
  );
}
