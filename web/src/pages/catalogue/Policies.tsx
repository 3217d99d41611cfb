import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { policiesQuery } from "~/api/queries/catalogue";
import { SimpleTable } from "~/parts/SimpleTable";

/** The rules that say who must agree; read-only here. */
export function Policies() {
  const { t } = useTranslation();
  const query = useQuery(policiesQuery);
  const where = (only: boolean | null | undefined) =>
    only === true
      ? t("catalogue.whereProtected")
      : only === false
        ? t("catalogue.whereOpen")
        : t("catalogue.whereAll");
  return (
    <SimpleTable
      what={t("catalogue.tab.policies")}
      query={query}
      rows={query.data?.items ?? []}
      rowKey={(row) => row.version_id}
      columns={[
        {
          title: t("catalogue.rule"),
          render: (row) => (
            <>
              <span className="mono">{row.name}</span>{" "}
              <span className="dim">
                {t("common.version", { version: row.version })}
                {row.builtin && ` · ${t("catalogue.builtin")}`}
              </span>
              <p className="soft">{row.title}</p>
              {row.condition && <code>{row.condition}</code>}
            </>
          ),
        },
        { title: t("catalogue.effect"), render: (row) => t(`requests.policy.effect.${row.effect}`) },
        {
          title: t("catalogue.operations"),
          render: (row) => row.operations.map((verb) => t(`states.verb.${verb}`)).join(t("common.listJoin")),
        },
        { title: t("catalogue.where"), render: (row) => where(row.protected) },
        {
          title: t("catalogue.enforcement"),
          render: (row) => t(`catalogue.enforcements.${row.enforcement}`),
        },
        {
          title: t("catalogue.stages"),
          render: (row) =>
            row.stages.map((stage) => (
              <div key={stage.position}>
                {stage.requirements.map((one) => (
                  <div key={one.kind + (one.name ?? "")}>
                    {t(`catalogue.wanted.${one.kind}`, { count: one.needed, name: one.name ?? "" })}
                  </div>
                ))}
              </div>
            )),
        },
      ]}
    />
  );
}
