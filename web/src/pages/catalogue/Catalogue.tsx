import { useNavigate, useSearch } from "@tanstack/react-router";
import { Tabs } from "antd";
import { useTranslation } from "react-i18next";
import { ReadOnlyNote } from "~/parts/NeedsPermission";
import { Page } from "~/parts/Page";
import { Environments } from "./Environments";
import { Namespaces } from "./Namespaces";
import { Networks } from "./Networks";
import { RequestFields } from "./RequestFields";
import { Sizes } from "./Sizes";
import { Templates } from "./Templates";

export function Catalogue() {
  const { t } = useTranslation();
  const { tab } = useSearch({ from: "/shell/catalogue" });
  const navigate = useNavigate();
  const tabs = [
    { key: "templates", label: t("catalogue.tab.templates"), children: <Templates /> },
    { key: "sizes", label: t("catalogue.tab.sizes"), children: <Sizes /> },
    { key: "networks", label: t("catalogue.tab.networks"), children: <Networks /> },
    { key: "namespaces", label: t("catalogue.tab.namespaces"), children: <Namespaces /> },
    { key: "environments", label: t("catalogue.tab.environments"), children: <Environments /> },
    { key: "fields", label: t("catalogue.tab.fields"), children: <RequestFields /> },
  ];
  return (
    <Page title={t("catalogue.title")} lead={t("catalogue.lead")}>
      <ReadOnlyNote permission="catalogue:manage" />
      <Tabs
        activeKey={tabs.some(({ key }) => key === tab) ? (tab ?? "") : "templates"}
        onChange={(key) => void navigate({ to: "/catalogue", search: { tab: key } })}
        destroyOnHidden
        items={tabs}
      />
    </Page>
  );
}
