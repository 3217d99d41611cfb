/** All policies: what is refused, who must agree, what flows. In the order in which they weigh. */
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { Segmented } from "antd";
import { Plus } from "lucide-react";
import { useTranslation } from "react-i18next";
import { type Policy, policiesQuery } from "~/api/queries/policies";
import type { RequestOperation } from "~/api/types";
import { defined } from "~/app/search";
import { operations } from "~/app/searches";
import { useMay } from "~/app/session";
import { LinkButton } from "~/parts/LinkButton";
import { ChoiceFilter } from "~/parts/list/filters";
import { ReadOnlyNote } from "~/parts/NeedsPermission";
import { Page } from "~/parts/Page";
import { SimpleTable } from "~/parts/SimpleTable";
import { Empty } from "~/parts/states";
import { requirementWords, whereOf } from "./content";
import { EffectMark } from "./EffectMark";
import "~/parts/list/list.css";
import "./policies.css";

const weight: Record<Policy["effect"], number> = { deny: 0, require: 1, allow: 2 };

export function PolicyList() {
  const { t } = useTranslation();
  const search = useSearch({ from: "/shell/policies" });
  const navigate = useNavigate({ from: "/policies" });
  const mayManage = useMay("policy:manage");
  const retired = search.retired === true;
  const query = useQuery(policiesQuery(retired));
  const set = (change: Partial<typeof search>) =>
    void navigate({ search: (old) => defined({ ...old, ...change }) as never, replace: true });
  const rows = (query.data?.items ?? [])
    .filter((row) => !search.operation || row.operations.includes(search.operation))
    .sort((a, b) => weight[a.effect] - weight[b.effect] || a.name.localeCompare(b.name));
  const join = (words: string[]) => words.join(t("common.listJoin"));
  return (
    <Page
      title={t("policies.title")}
      lead={t("policies.lead")}
      action={
        <>
          <LinkButton to="/policies/explain" search={{}}>
            {t("policies.explain.verb")}
          </LinkButton>
          {mayManage && (
            <LinkButton primary icon={<Plus size={14} />} to="/policies/new" search={{}}>
              {t("policies.new.title")}
            </LinkButton>
          )}
        </>
      }
    >
      <ReadOnlyNote permission="policy:manage" />
      <div className="list-bar">
        <div className="row row-wrap grow">
          <Segmented
            value={retired ? "retired" : "force"}
            onChange={(value) => set({ retired: value === "retired" ? true : undefined } as never)}
            options={[
              { value: "force", label: t("policies.inForce") },
              { value: "retired", label: t("policies.retired") },
            ]}
          />
          <ChoiceFilter<RequestOperation>
            label={t("requests.anyOperation")}
            value={search.operation}
            options={operations.map((value) => ({ value, label: t(`states.verb.${value}`) }))}
            onChange={(operation) => set({ operation } as never)}
          />
        </div>
      </div>
      <SimpleTable
        what={t("policies.title")}
        query={query}
        rows={rows}
        rowKey={(row) => row.version_id}
        empty={
          search.operation || retired ? (
            <p className="soft list-nothing">{t("list.nothing")}</p>
          ) : (
            <Empty title={t("policies.empty.title")} text={t("policies.empty.text")} />
          )
        }
        columns={[
          {
            title: t("policies.one"),
            render: (row) => (
              <div className="policy-cell">
                <Link to="/policies/$policyId" params={{ policyId: row.id }} search={{}} className="strong">
                  {row.title}
                </Link>
                <p className="dim">
                  <span className="mono">{row.name}</span> {t("common.version", { version: row.version })}
                  {row.builtin && ` · ${t("policies.builtin")}`}
                </p>
                {row.condition && <code className="policy-when">{row.condition}</code>}
              </div>
            ),
          },
          {
            title: t("policies.effect"),
            render: (row) => <EffectMark effect={row.effect} enforcement={row.enforcement} />,
          },
          {
            title: t("policies.for"),
            render: (row) => join(row.operations.map((verb) => t(`states.verb.${verb}`))),
          },
          { title: t("policies.where"), render: (row) => t(`policies.wheres.${whereOf(row.protected)}`) },
          {
            title: t("policies.wants"),
            render: (row) =>
              row.stages.length === 0 ? (
                <span className="dim">{t("common.dash")}</span>
              ) : (
                row.stages.map((stage) => (
                  <p key={stage.position}>
                    {join(stage.requirements.map((one) => requirementWords(t, one)))}
                  </p>
                ))
              ),
          },
        ]}
      />
    </Page>
  );
}
