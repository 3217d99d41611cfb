import { useNavigate, useSearch } from "@tanstack/react-router";
import { Tabs } from "antd";
import { useTranslation } from "react-i18next";
import { useMay } from "~/app/session";
import { Page } from "~/parts/Page";
import { Policies } from "./Policies";
import { Environments, Namespaces, Sizes, Templates } from "./tables";

export function Catalogue() {
  const { t } = useTranslation();
  const { tab } = useSearch({ from: "/shell/catalogue" });
  const navigate = useNavigate();
  const mayReadPolicies = useMay("policy:read");
  const tabs = [
    { key: "templates", label: t("catalogue.tab.templates"), children: <Templates /> },
    { key: "sizes", label: t("catalogue.tab.sizes"), children: <Sizes /> },
    { key: "namespaces", label: t("catalogue.tab.namespaces"), children: <Namespaces /> },
    { key: "environments", label: t("catalogue.tab.environments"), children: <Environments /> },
    ...(mayReadPolicies
      ? [{ key: "policies", label: t("catalogue.tab.policies"), children: <Policies /> }]
      : []),
  ];
  return (
    <Page title={t("catalogue.title")} lead={t("catalogue.lead")}>
      <Tabs
        activeKey={tabs.some(({ key }) => key === tab) ? (tab ?? "") : "templates"}
        onChange={(key) => void navigate({ to: "/catalogue", search: { tab: key } })}
        destroyOnHidden
        items={tabs}
      />
    </Page>
  );
}
