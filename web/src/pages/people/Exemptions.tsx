/** For whom the limits do not hold, why, and until when. */
import { useQuery } from "@tanstack/react-query";
import { Button, Form, Input } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type Exemption, endExemption, exempt, exemptionsQuery } from "~/api/queries/limits";
import { useMay } from "~/app/session";
import { ConfirmDialog } from "~/parts/ConfirmDialog";
import { FormDialog } from "~/parts/FormDialog";
import { Section } from "~/parts/Page";
import { PersonSelect } from "~/parts/PersonSelect";
import { RelativeTime } from "~/parts/RelativeTime";
import { SimpleTable } from "~/parts/SimpleTable";

interface Values {
  principal_id: string;
  reason: string;
  /** A day, as the browser's own field gives it. */
  until?: string;
}

/** The end of a day where the person is. */
const endOf = (day: string) => new Date(`${day}T23:59:59`).toISOString();

export function Exemptions() {
  const { t } = useTranslation();
  const query = useQuery(exemptionsQuery);
  const may = useMay("limit:manage");
  const [adding, setAdding] = useState(false);
  const [ending, setEnding] = useState<Exemption | null>(null);
  const done = () => {
    setAdding(false);
    setEnding(null);
    void query.refetch();
  };
  return (
    <Section
      title={t("people.limits.exempt.title")}
      extra={
        may && (
          <Button size="small" onClick={() => setAdding(true)}>
            {t("people.limits.exempt.add")}
          </Button>
        )
      }
    >
      <SimpleTable
        what={t("people.limits.exempt.title")}
        query={query}
        rows={query.data?.items ?? []}
        rowKey={(row) => row.principal.id}
        empty={<p className="soft">{t("people.limits.exempt.nobody")}</p>}
        columns={[
          {
            title: t("common.person"),
            render: (row) => (
              <>
                {row.principal.display_name} <span className="dim">{row.principal.name}</span>
              </>
            ),
          },
          { title: t("common.reason"), render: (row) => row.reason },
          {
            title: t("people.limits.exempt.until"),
            render: (row) =>
              row.until ? (
                <RelativeTime at={row.until} />
              ) : (
                <span className="dim">{t("people.limits.exempt.open")}</span>
              ),
          },
          { title: t("people.limits.exempt.by"), render: (row) => row.created_by.display_name },
          {
            title: t("common.actions"),
            quiet: true,
            render: (row) =>
              may && (
                <Button size="small" onClick={() => setEnding(row)}>
                  {t("people.limits.exempt.end")}
                </Button>
              ),
          },
        ]}
      />
      {adding && (
        <FormDialog<Values, unknown>
          title={t("people.limits.exempt.add")}
          text={t("people.limits.exempt.text")}
          verb={t("people.limits.exempt.verb")}
          fields={["principal_id", "reason", "until"]}
          send={({ principal_id, reason, until }) =>
            exempt(principal_id, { reason, ...(until ? { until: endOf(until) } : {}) })
          }
          onDone={done}
          onClose={() => setAdding(false)}
        >
          <Form.Item name="principal_id" label={t("common.person")} rules={[{ required: true }]}>
            <PersonSelect />
          </Form.Item>
          <Form.Item name="reason" label={t("common.reason")} rules={[{ required: true, whitespace: true }]}>
            <Input maxLength={500} />
          </Form.Item>
          <Form.Item name="until" label={t("people.limits.exempt.until")}>
            <Input type="date" />
          </Form.Item>
        </FormDialog>
      )}
      {ending && (
        <ConfirmDialog
          confirmation={{
            title: t("people.limits.exempt.endTitle", { name: ending.principal.display_name }),
            consequences: t("people.limits.exempt.endText"),
            verb: t("people.limits.exempt.end"),
          }}
          act={() => endExemption(ending.principal.id)}
          onDone={done}
          onClose={() => setEnding(null)}
        />
      )}
    </Section>
  );
}
