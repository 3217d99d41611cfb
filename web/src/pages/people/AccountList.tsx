/** Service accounts, each with the person who answers for it. */
import { useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { Button, Form, Input } from "antd";
import { Plus } from "lucide-react";
import { useCallback, useMemo } from "react";
import { useTranslation } from "react-i18next";
import { keys } from "~/api/keys";
import { accountsQuery, createAccount, type ServiceAccount } from "~/api/queries/accounts";
import { defined } from "~/app/search";
import { useMay, useSession } from "~/app/session";
import { FormDialog } from "~/parts/FormDialog";
import { TextFilter } from "~/parts/list/filters";
import { type Column, ResourceList } from "~/parts/list/ResourceList";
import { accountRule } from "~/parts/names";
import { Page } from "~/parts/Page";
import { PersonSelect } from "~/parts/PersonSelect";
import { RelativeTime } from "~/parts/RelativeTime";
import { Empty } from "~/parts/states";
import { AccountBadge } from "./AccountBadge";
import { PeopleNav } from "./PeopleNav";

export function AccountList() {
  const { t } = useTranslation();
  const search = useSearch({ from: "/shell/people/accounts" });
  const navigate = useNavigate({ from: "/people/accounts" });
  const mayManage = useMay("user:manage");
  const set = useCallback(
    (change: Partial<typeof search>) =>
      void navigate({ search: (old) => defined({ ...old, ...change }) as never, replace: true }),
    [navigate],
  );
  const onText = useCallback((q: string | undefined) => set({ q } as never), [set]);
  const open = (id: string) =>
    void navigate({ to: "/people/accounts/$accountId", params: { accountId: id }, search: {} });
  const create = mayManage && (
    <Button type="primary" icon={<Plus size={14} />} onClick={() => set({ new: true })}>
      {t("people.account.new")}
    </Button>
  );
  return (
    <Page title={t("people.title")} lead={t("people.lead")} action={create}>
      <PeopleNav />
      <ResourceList<ServiceAccount>
        name="accounts"
        label={t("people.nav.accounts")}
        query={accountsQuery(search.q ? { q: search.q } : {})}
        columns={useColumns()}
        onOpen={(account) => open(account.id)}
        filtered={Boolean(search.q)}
        filters={<TextFilter label={t("people.filter")} value={search.q} onChange={onText} />}
        empty={
          <Empty title={t("people.account.empty")} text={t("people.account.emptyText")} action={create} />
        }
      />
      {search.new && mayManage && (
        <NewAccount onDone={open} onClose={() => set({ new: undefined } as never)} />
      )}
    </Page>
  );
}

function NewAccount({ onDone, onClose }: { onDone: (id: string) => void; onClose: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const me = useSession().person.id;
  return (
    <FormDialog<{ display_name: string; name: string; owner_id: string }, ServiceAccount>
      title={t("people.account.new")}
      text={t("people.account.newText")}
      verb={t("people.account.create")}
      fields={["display_name", "name", "owner_id"]}
      initial={{ owner_id: me }}
      send={createAccount}
      onDone={(account) => {
        void client.invalidateQueries({ queryKey: keys.lists("people") });
        onDone(account.id);
      }}
      onClose={onClose}
    >
      <Form.Item
        name="display_name"
        label={t("people.displayName")}
        rules={[{ required: true, whitespace: true }]}
      >
        <Input maxLength={100} autoComplete="off" />
      </Form.Item>
      <Form.Item
        name="name"
        label={t("common.name")}
        extra={t("people.nameRule")}
        rules={[
          { required: true },
          { pattern: accountRule, message: t("people.nameRule") },
          { min: 2, message: t("people.nameRule") },
        ]}
      >
        <Input className="mono" maxLength={60} autoComplete="off" spellCheck={false} />
      </Form.Item>
      <Form.Item name="owner_id" label={t("people.account.owner")} rules={[{ required: true }]}>
        <PersonSelect fits={(person) => person.kind === "person" && !person.disabled} />
      </Form.Item>
    </FormDialog>
  );
}

function useColumns(): Column<ServiceAccount>[] {
  const { t } = useTranslation();
  return useMemo(
    () => [
      {
        key: "name",
        title: t("common.name"),
        fixed: true,
        render: (account) => (
          <>
            <Link
              to="/people/accounts/$accountId"
              params={{ accountId: account.id }}
              search={{}}
              tabIndex={-1}
            >
              {account.display_name}
            </Link>{" "}
            <span className="mono dim">{account.name}</span>
          </>
        ),
      },
      {
        key: "owner",
        title: t("people.account.owner"),
        width: "26%",
        render: (account) => account.owner.display_name,
      },
      {
        key: "state",
        title: t("common.state"),
        width: "140px",
        render: (account) => <AccountBadge disabled={account.disabled || account.owner_disabled} />,
      },
      {
        key: "created",
        title: t("common.created"),
        width: "150px",
        render: (account) => <RelativeTime at={account.created_at} />,
      },
    ],
    [t],
  );
}
