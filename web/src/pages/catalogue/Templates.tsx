import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Plus } from "lucide-react";
import { useTranslation } from "react-i18next";
import { templatesQuery } from "~/api/queries/catalogue";
import { useMay } from "~/app/session";
import { LinkButton } from "~/parts/LinkButton";
import { SimpleTable } from "~/parts/SimpleTable";
import { AllowedPaths } from "./AllowedPaths";
import { CatalogueBadge } from "./CatalogueBadge";
import { Usable } from "./EditAbout";
import { offered } from "./versions";
import "./catalogue.css";

export function Templates() {
  const { t } = useTranslation();
  const query = useQuery(templatesQuery);
  const may = useMay("catalogue:manage");
  const rows = (query.data?.items ?? []).map((template) => ({
    template,
    version: offered(template.versions),
  }));
  return (
    <>
      {may && (
        <div className="row tab-actions">
          <AllowedPaths />
          <LinkButton icon={<Plus size={14} />} to="/catalogue/templates/new">
            {t("catalogue.newTemplate.title")}
          </LinkButton>
        </div>
      )}
      <SimpleTable
        what={t("catalogue.tab.templates")}
        query={query}
        rows={rows}
        rowKey={(row) => row.template.id}
        columns={[
          {
            title: t("catalogue.name"),
            render: ({ template }) => (
              <>
                <Link
                  to="/catalogue/templates/$templateId"
                  params={{ templateId: template.id }}
                  search={{}}
                  className="strong"
                >
                  {template.title}
                </Link>{" "}
                <span className="mono dim">{template.name}</span>
              </>
            ),
          },
          {
            title: t("catalogue.offered"),
            render: ({ version }) =>
              version ? (
                t("common.version", { version: version.version })
              ) : (
                <span className="dim">{t("catalogue.offeredNone")}</span>
              ),
          },
          {
            title: t("catalogue.state"),
            render: ({ version }) => <CatalogueBadge state={version?.state ?? "withdrawn"} />,
          },
          {
            title: t("catalogue.usable"),
            render: ({ template }) => <Usable environments={template.environments} />,
          },
          {
            title: t("catalogue.family"),
            render: ({ version }) => version && t(`catalogue.families.${version.family}`),
          },
          {
            title: t("catalogue.root"),
            render: ({ version }) => version && t(`catalogue.roots.${version.root}`),
          },
          { title: t("catalogue.versionsCount"), render: ({ template }) => template.versions.length },
        ]}
      />
    </>
  );
}
