import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { Button } from "antd";
import { Plus } from "lucide-react";
import { useTranslation } from "react-i18next";
import { keys } from "~/api/keys";
import { sizesQuery } from "~/api/queries/catalogue";
import { createSize } from "~/api/queries/catalogue-admin";
import { SimpleTable } from "~/parts/SimpleTable";
import { bytes, vcpu } from "~/parts/units";
import { CatalogueBadge } from "./CatalogueBadge";
import { Usable } from "./EditAbout";
import { SizeDialog } from "./SizeDialog";
import { useNew } from "./use-new";
import { offered } from "./versions";
import "./catalogue.css";

export function Sizes() {
  const { t, i18n } = useTranslation();
  const query = useQuery(sizesQuery);
  const client = useQueryClient();
  const navigate = useNavigate();
  const { may, shown, open, close } = useNew();
  const rows = (query.data?.items ?? [])
    .map((size) => ({ size, version: offered(size.versions) ?? size.versions[0] }))
    .sort((a, b) => (a.version?.memory_bytes ?? 0) - (b.version?.memory_bytes ?? 0));
  return (
    <>
      {may && (
        <div className="row tab-actions">
          <Button icon={<Plus size={14} />} onClick={open}>
            {t("catalogue.newSize.title")}
          </Button>
        </div>
      )}
      <SimpleTable
        what={t("catalogue.tab.sizes")}
        query={query}
        rows={rows}
        rowKey={(row) => row.size.id}
        columns={[
          {
            title: t("catalogue.name"),
            render: ({ size }) => (
              <Link to="/catalogue/sizes/$sizeId" params={{ sizeId: size.id }} className="strong">
                {size.name}
              </Link>
            ),
          },
          {
            title: t("catalogue.offered"),
            render: ({ version }) => version && t("common.version", { version: version.version }),
          },
          {
            title: t("catalogue.state"),
            render: ({ version }) => version && <CatalogueBadge state={version.state} />,
          },
          {
            title: t("catalogue.usable"),
            render: ({ size }) => <Usable environments={size.environments} />,
          },
          {
            title: t("catalogue.cpu"),
            render: ({ version }) => version && vcpu(t, version.milli_vcpu, i18n.language),
          },
          {
            title: t("catalogue.memory"),
            render: ({ version }) => version && bytes(t, version.memory_bytes, i18n.language),
          },
          {
            title: t("catalogue.disk"),
            render: ({ version }) =>
              version && version.disk_bytes > 0
                ? bytes(t, version.disk_bytes, i18n.language)
                : t("common.dash"),
          },
        ]}
      />
      {shown && (
        <SizeDialog
          title={t("catalogue.newSize.title")}
          text={t("catalogue.newSize.text")}
          verb={t("catalogue.newSize.verb")}
          named
          send={({ name, description, environment_ids, content }, key) =>
            createSize(
              {
                name: name ?? "",
                description: description ?? "",
                environment_ids: environment_ids ?? [],
                content,
              },
              key,
            )
          }
          onDone={async (size) => {
            await client.invalidateQueries({ queryKey: keys.all("catalogue") });
            void navigate({ to: "/catalogue/sizes/$sizeId", params: { sizeId: size.id } });
          }}
          onClose={close}
        />
      )}
    </>
  );
}
