/** What requests are asked for beside the VM, where, and for which operations. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Button, Checkbox } from "antd";
import { Plus } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { keys } from "~/api/keys";
import { environmentsQuery } from "~/api/queries/catalogue";
import { type RequestField, requestFieldsQuery, retireRequestField } from "~/api/queries/fields";
import { useEnvironment } from "~/app/environment";
import { ConfirmDialog } from "~/parts/ConfirmDialog";
import { EnvironmentLabel } from "~/parts/EnvironmentLabel";
import { SimpleTable } from "~/parts/SimpleTable";
import { Empty } from "~/parts/states";
import { inLanguage } from "../requests/AnswerFields";
import { NewRequestField } from "./NewRequestField";
import { useNew } from "./use-new";
import "./catalogue.css";

export function RequestFields() {
  const { t, i18n } = useTranslation();
  const client = useQueryClient();
  const environment = useEnvironment();
  const [withRetired, setWithRetired] = useState(false);
  const query = useQuery(requestFieldsQuery(withRetired));
  const { may, shown, open, close } = useNew();
  const [retiring, setRetiring] = useState<RequestField | null>(null);
  const refresh = () => client.invalidateQueries({ queryKey: keys.all("catalogue") });
  const label = (row: RequestField) => inLanguage(row.labels, i18n.language) ?? row.name;
  const rows = (query.data?.items ?? []).filter(
    (row) => !environment || row.environment_ids.length === 0 || row.environment_ids.includes(environment.id),
  );
  return (
    <>
      <div className="row row-wrap spread tab-actions">
        <Checkbox checked={withRetired} onChange={(event) => setWithRetired(event.target.checked)}>
          {t("catalogue.fields.withRetired")}
        </Checkbox>
        {may && (
          <Button icon={<Plus size={14} />} onClick={open}>
            {t("catalogue.fields.new.title")}
          </Button>
        )}
      </div>
      <SimpleTable
        what={t("catalogue.tab.fields")}
        query={query}
        rows={rows}
        rowKey={(row) => row.id}
        empty={<Empty title={t("catalogue.fields.empty")} text={t("catalogue.fields.emptyText")} />}
        columns={[
          {
            title: t("catalogue.fields.label"),
            render: (row) => (
              <>
                <span className={row.retired_at ? "soft" : "strong"}>{label(row)}</span>{" "}
                <span className="mono dim">{row.name}</span>
                {inLanguage(row.help, i18n.language) && (
                  <p className="soft">{inLanguage(row.help, i18n.language)}</p>
                )}
              </>
            ),
          },
          {
            title: t("catalogue.kind.title"),
            render: (row) => (
              <>
                {t(`catalogue.fields.kind.${row.kind}`)}
                {row.required && <span className="dim"> · {t("catalogue.fields.required")}</span>}
                {(row.pattern || row.choices.length > 0) && (
                  <p className="mono dim">{row.pattern ?? row.choices.join(" | ")}</p>
                )}
              </>
            ),
          },
          {
            title: t("catalogue.fields.operations"),
            render: (row) =>
              row.operations.map((verb) => t(`states.verb.${verb}`)).join(t("common.listJoin")),
          },
          { title: t("catalogue.fields.where"), render: (row) => <Where ids={row.environment_ids} /> },
          ...(may
            ? [
                {
                  title: t("common.actions"),
                  quiet: true,
                  render: (row: RequestField) =>
                    row.retired_at ? (
                      <span className="dim">{t("catalogue.fields.retired")}</span>
                    ) : (
                      <Button
                        type="text"
                        size="small"
                        aria-label={`${t("catalogue.fields.retire.verb")} ${label(row)}`}
                        onClick={() => setRetiring(row)}
                      >
                        {t("catalogue.fields.retire.verb")}
                      </Button>
                    ),
                },
              ]
            : []),
        ]}
      />
      {shown && (
        <NewRequestField
          onClose={close}
          onDone={() => {
            void refresh();
            close();
          }}
        />
      )}
      {retiring && (
        <ConfirmDialog
          confirmation={{
            title: t("catalogue.fields.retire.title", { name: label(retiring) }),
            consequences: t("catalogue.fields.retire.text"),
            verb: t("catalogue.fields.retire.verb"),
          }}
          act={(_, key) => retireRequestField(retiring.id, key)}
          onDone={() => {
            setRetiring(null);
            void refresh();
          }}
          onClose={() => setRetiring(null)}
        />
      )}
    </>
  );
}

function Where({ ids }: { ids: string[] }) {
  const { t } = useTranslation();
  const environments = useQuery(environmentsQuery);
  if (ids.length === 0) return t("catalogue.everywhere");
  const shown = (environments.data?.items ?? []).filter((one) => ids.includes(one.id));
  return (
    <span className="row row-wrap gap-1">
      {shown.map((one) => (
        <EnvironmentLabel key={one.id} environment={one} />
      ))}
    </span>
  );
}
