/** One service account: its tokens, what it holds, and who answers for it. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { Button, Dropdown, Form, Input } from "antd";
import { Ellipsis } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { keys } from "~/api/keys";
import {
  accountQuery,
  accountTokensQuery,
  createAccountToken,
  revokeAccountToken,
  type ServiceAccount,
  updateAccount,
} from "~/api/queries/accounts";
import { personQuery } from "~/api/queries/people";
import { useMay, useSession } from "~/app/session";
import { ConfirmDialog } from "~/parts/ConfirmDialog";
import { IdChip } from "~/parts/Copyable";
import { FormDialog } from "~/parts/FormDialog";
import { ObjectPage } from "~/parts/ObjectPage";
import { PersonSelect } from "~/parts/PersonSelect";
import { RelativeTime } from "~/parts/RelativeTime";
import { Failure, PageFailure, SkeletonLines } from "~/parts/states";
import { TokenList } from "../me/TokenList";
import { AccountBadge } from "./AccountBadge";
import { PersonAccess } from "./PersonAccess";
import { PersonMay } from "./PersonMay";

export function AccountPage() {
  const { t } = useTranslation();
  const { accountId } = useParams({ from: "/shell/people/accounts/$accountId" });
  const account = useQuery(accountQuery(accountId));
  if (account.data) return <Loaded account={account.data} />;
  return (
    <div className="page-pad">
      {account.isError ? (
        <PageFailure error={account.error} retry={() => void account.refetch()} />
      ) : (
        <SkeletonLines lines={6} what={t("people.kind.service_account")} />
      )}
    </div>
  );
}

function Loaded({ account }: { account: ServiceAccount }) {
  const { t } = useTranslation();
  const { tab } = useSearch({ from: "/shell/people/accounts/$accountId" });
  const navigate = useNavigate();
  const mayRead = useMay("user:read");
  return (
    <ObjectPage
      above={
        mayRead ? (
          <Link to="/people/accounts" search={{}}>
            {t("people.nav.accounts")}
          </Link>
        ) : (
          <Link to="/me" search={{ tab: "accounts" }}>
            {t("me.tab.accounts")}
          </Link>
        )
      }
      title={account.display_name}
      state={<AccountBadge disabled={account.disabled || account.owner_disabled} />}
      facts={[
        { label: t("common.name"), value: <span className="mono">{account.name}</span> },
        { label: t("people.account.owner"), value: account.owner.display_name },
        { label: t("common.created"), value: <RelativeTime at={account.created_at} /> },
        { label: t("common.id"), value: <IdChip id={account.id} /> },
      ]}
      action={<Actions account={account} />}
      notes={
        account.owner_disabled && (
          <p className="note note-waiting" role="status">
            {t("people.account.ownerDisabled", { name: account.owner.display_name })}
          </p>
        )
      }
      tab={tab}
      onTab={(key) =>
        void navigate({
          to: "/people/accounts/$accountId",
          params: { accountId: account.id },
          search: { tab: key },
        })
      }
      tabs={[
        { key: "tokens", label: t("me.tab.tokens"), content: <AccountTokens account={account} /> },
        ...(mayRead
          ? [
              { key: "access", label: t("people.tab.access"), content: <Holds id={account.id} /> },
              { key: "may", label: t("people.account.may"), content: <PersonMay id={account.id} /> },
            ]
          : []),
      ]}
    />
  );
}

function AccountTokens({ account }: { account: ServiceAccount }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const mine = useSession().person.id === account.owner.id;
  const mayManage = useMay("user:manage");
  const query = accountTokensQuery(account.id);
  return (
    <TokenList
      text={t(mine ? "people.account.tokensMine" : "people.account.tokensOther", {
        name: account.owner.display_name,
      })}
      query={useQuery(query)}
      make={mine ? (body) => createAccountToken(account.id, body) : undefined}
      revoke={mine || mayManage ? (id) => revokeAccountToken(account.id, id) : undefined}
      onChanged={() => void client.invalidateQueries({ queryKey: query.queryKey })}
    />
  );
}

function Holds({ id }: { id: string }) {
  const { t } = useTranslation();
  const person = useQuery(personQuery(id));
  if (person.isError) return <Failure part error={person.error} retry={() => void person.refetch()} />;
  if (!person.data) return <SkeletonLines lines={4} what={t("people.roles")} />;
  return <PersonAccess person={person.data} />;
}

function Actions({ account }: { account: ServiceAccount }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const mayManage = useMay("user:manage");
  const [doing, setDoing] = useState<"rename" | "owner" | "state" | null>(null);
  const close = () => setDoing(null);
  const keep = (next: ServiceAccount) => {
    client.setQueryData(accountQuery(account.id).queryKey, next);
    void client.invalidateQueries({ queryKey: keys.lists("people") });
    void client.invalidateQueries({ queryKey: accountTokensQuery(account.id).queryKey });
    close();
  };
  if (!mayManage) return null;
  const state = account.disabled ? "enable" : "disable";
  return (
    <>
      <Button onClick={() => setDoing("rename")}>{t("people.rename.verb")}</Button>
      <Dropdown
        trigger={["click"]}
        placement="bottomRight"
        menu={{
          onClick: ({ key }) => setDoing(key as "owner"),
          items: [
            { key: "owner", label: t("people.account.ownerVerb") },
            { key: "state", label: t(`people.${state}.verb`), danger: !account.disabled },
          ],
        }}
      >
        <Button icon={<Ellipsis size={15} />} aria-label={t("common.more")} />
      </Dropdown>
      {doing === "rename" && (
        <FormDialog<{ display_name: string }, ServiceAccount>
          title={t("people.rename.title")}
          verb={t("common.save")}
          initial={{ display_name: account.display_name }}
          fields={["display_name"]}
          send={(values) => updateAccount(account.id, account.version, values)}
          onDone={keep}
          onClose={close}
        >
          <Form.Item name="display_name" label={t("people.displayName")} rules={[{ required: true }]}>
            <Input maxLength={100} autoComplete="off" />
          </Form.Item>
        </FormDialog>
      )}
      {doing === "owner" && (
        <FormDialog<{ owner_id: string }, ServiceAccount>
          title={t("people.account.ownerTitle", { name: account.display_name })}
          text={t("people.account.ownerText")}
          verb={t("people.account.ownerVerb")}
          fields={["owner_id"]}
          send={(values) => updateAccount(account.id, account.version, values)}
          onDone={keep}
          onClose={close}
        >
          <Form.Item name="owner_id" label={t("people.account.owner")} rules={[{ required: true }]}>
            <PersonSelect
              without={new Set([account.owner.id])}
              fits={(person) => person.kind === "person" && !person.disabled}
            />
          </Form.Item>
        </FormDialog>
      )}
      {doing === "state" && (
        <ConfirmDialog
          confirmation={{
            title: t(`people.${state}.title`, { name: account.display_name }),
            consequences: t(`people.account.${state}`),
            verb: t(`people.${state}.verb`),
            danger: !account.disabled,
          }}
          act={() => updateAccount(account.id, account.version, { disabled: !account.disabled })}
          onDone={keep}
          onClose={close}
        />
      )}
    </>
  );
}
