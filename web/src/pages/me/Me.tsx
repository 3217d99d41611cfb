import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Tabs } from "antd";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { myAccountsQuery } from "~/api/queries/accounts";
import { moreMessages } from "~/i18n/languages";
import { Page } from "~/parts/Page";
import { PasswordForm } from "../session/PasswordForm";
import { MyAccounts } from "./MyAccounts";
import { Profile } from "./Profile";
import { Sessions } from "./Sessions";
import { SshKeys } from "./SshKeys";
import { Tokens } from "./Tokens";

/** Its words are those of people administration: they load when somebody asks. */
const MyAccess = lazy(async () => {
  const [{ PersonMay }] = await Promise.all([import("../people/PersonMay"), moreMessages()]);
  return { default: PersonMay };
});

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
    {
      key: "may",
      label: t("me.tab.may"),
      children: (
        <Suspense>
          <MyAccess />
        </Suspense>
      ),
    },
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
