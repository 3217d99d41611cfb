/** Systems that lost their last active owner: somebody names the next. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Button, Form, Segmented } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { keys } from "~/api/keys";
import { resolveTransfer, type Transfer, transfersQuery } from "~/api/queries/access";
import { useMay, useSession } from "~/app/session";
import { FormDialog } from "~/parts/FormDialog";
import { Page } from "~/parts/Page";
import { PersonSelect } from "~/parts/PersonSelect";
import { RelativeTime } from "~/parts/RelativeTime";
import { SimpleTable } from "~/parts/SimpleTable";
import { Empty } from "~/parts/states";
import { PeopleNav } from "./PeopleNav";

export function Transfers() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const may = useMay("user:manage");
  const me = useSession().person.id;
  const [open, setOpen] = useState(true);
  const [naming, setNaming] = useState<Transfer | null>(null);
  const query = useQuery(transfersQuery(open));
  return (
    <Page title={t("people.title")} lead={t("people.lead")}>
      <PeopleNav />
      <p className="soft page-text">{t("people.transfer.lead")}</p>
      <div className="row tab-filter">
        <Segmented
          value={open ? "open" : "done"}
          onChange={(value) => setOpen(value === "open")}
          options={[
            { value: "open", label: t("people.transfer.open") },
            { value: "done", label: t("people.transfer.done") },
          ]}
        />
      </div>
      <SimpleTable
        what={t("people.nav.transfers")}
        query={query}
        rows={query.data?.items ?? []}
        rowKey={(row) => row.id}
        empty={<Empty title={t("people.transfer.empty")} text={t("people.transfer.emptyText")} />}
        columns={[
          {
            title: t("common.system"),
            render: (row) => (
              <Link
                to="/systems/$systemId"
                params={{ systemId: row.system.id }}
                search={{ tab: "members" }}
                className="mono"
              >
                {row.system.name}
              </Link>
            ),
          },
          {
            title: t("people.transfer.former"),
            render: (row) => (
              <>
                {row.former_owner.display_name}{" "}
                <span className="dim">{t(`people.transfer.cause.${row.cause}`)}</span>
              </>
            ),
          },
          { title: t("people.transfer.since"), render: (row) => <RelativeTime at={row.opened_at} /> },
          {
            title: t("people.transfer.next"),
            render: (row) =>
              row.new_owner ? (
                row.new_owner.display_name
              ) : may ? (
                <Button size="small" onClick={() => setNaming(row)}>
                  {t("people.transfer.verb")}
                </Button>
              ) : (
                <span className="dim">{t("common.dash")}</span>
              ),
          },
        ]}
      />
      {naming && (
        <FormDialog<{ owner_id: string }, unknown>
          title={t("people.transfer.title", { system: naming.system.name })}
          text={t("people.transfer.text")}
          verb={t("people.transfer.verb")}
          fields={["owner_id"]}
          send={({ owner_id }, key) => resolveTransfer(naming.id, owner_id, key)}
          onDone={() => {
            setNaming(null);
            void client.invalidateQueries({ queryKey: keys.all("systems") });
          }}
          onClose={() => setNaming(null)}
        >
          <Form.Item name="owner_id" label={t("people.transfer.next")} rules={[{ required: true }]}>
            <PersonSelect without={new Set([me])} fits={(one) => one.kind === "person" && !one.disabled} />
          </Form.Item>
        </FormDialog>
      )}
    </Page>
  );
}
