import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Tabs } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { myAccountsQuery } from "~/api/queries/accounts";
import { Page } from "~/parts/Page";
import { PasswordForm } from "../session/PasswordForm";
import { MyAccounts } from "./MyAccounts";
import { Profile } from "./Profile";
import { Sessions } from "./Sessions";
import { SshKeys } from "./SshKeys";
import { Tokens } from "./Tokens";

export function Me() {
  const { t } = useTranslation();
  const { tab } = useSearch({ from: "/shell/me" });
  const navigate = useNavigate();
  const mine = useQuery(myAccountsQuery).data?.items ?? [];
  const tabs = [
    { key: "profile", label: t("me.tab.profile"), children: <Profile /> },
    { key: "keys", label: t("me.tab.keys"), children: <SshKeys /> },
    { key: "tokens", label: t("me.tab.tokens"), children: <Tokens /> },
    ...(mine.length > 0
      ? [{ key: "accounts", label: t("me.tab.accounts"), children: <MyAccounts accounts={mine} /> }]
      : []),
    { key: "password", label: t("me.tab.password"), children: <Password /> },
    { key: "sessions", label: t("me.tab.sessions"), children: <Sessions /> },
  ];
  return (
    <Page title={t("me.title")}>
      <Tabs
        activeKey={tabs.some(({ key }) => key === tab) ? (tab ?? "") : "profile"}
        onChange={(key) => void navigate({ to: "/me", search: { tab: key } })}
        destroyOnHidden
        items={tabs}
      />
    </Page>
  );
}

function Password() {
  const { t } = useTranslation();
  const [done, setDone] = useState(false);
  return done ? (
    <p role="status">{t("session.change.done")}</p>
  ) : (
    <PasswordForm onDone={() => setDone(true)} />
  );
}
