import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { Plus } from "lucide-react";
import { useTranslation } from "react-i18next";
import { templateQuery, updateTemplate } from "~/api/queries/catalogue-admin";
import type { Template, TemplateVersion } from "~/api/types";
import { useMay } from "~/app/session";
import { IdChip } from "~/parts/Copyable";
import { LinkButton } from "~/parts/LinkButton";
import { ObjectPage } from "~/parts/ObjectPage";
import { Section } from "~/parts/Page";
import { RelativeTime } from "~/parts/RelativeTime";
import { PageFailure, SkeletonLines } from "~/parts/states";
import { KeptWarnings } from "~/parts/Warnings";
import { CatalogueBadge } from "./CatalogueBadge";
import { EditAbout, Usable } from "./EditAbout";
import { TemplateContent } from "./TemplateContent";
import { VersionState } from "./VersionState";
import { offered } from "./versions";
import "./catalogue.css";

export function TemplatePage() {
  const { t } = useTranslation();
  const { templateId } = useParams({ from: "/shell/catalogue/templates/$templateId" });
  const template = useQuery(templateQuery(templateId));
  return template.isSuccess ? (
    <Loaded template={template.data} />
  ) : (
    <div className="page-pad">
      {template.isPending ? (
        <SkeletonLines lines={8} what={t("common.template")} />
      ) : (
        <PageFailure error={template.error} retry={() => void template.refetch()} />
      )}
    </div>
  );
}

function Loaded({ template }: { template: Template }) {
  const { t } = useTranslation();
  const search = useSearch({ from: "/shell/catalogue/templates/$templateId" });
  const may = useMay("catalogue:manage");
  const current = offered(template.versions);
  const shown =
    template.versions.find((version) => version.version === search.version) ??
    current ??
    template.versions[0];
  return (
    <ObjectPage
      above={
        <Link to="/catalogue" search={{ tab: "templates" }}>
          {t("catalogue.tab.templates")}
        </Link>
      }
      title={template.title}
      state={<CatalogueBadge state={current?.state ?? "withdrawn"} />}
      facts={[
        { label: t("catalogue.name"), value: <span className="mono">{template.name}</span> },
        {
          label: t("catalogue.offered"),
          value: current ? t("common.version", { version: current.version }) : t("catalogue.offeredNone"),
        },
        { label: t("catalogue.usable"), value: <Usable environments={template.environments} /> },
        { label: t("common.created"), value: <RelativeTime at={template.created_at} /> },
        { label: t("common.id"), value: <IdChip id={template.id} /> },
      ]}
      action={
        may && (
          <>
            <EditAbout
              name={template.title}
              about={{
                title: template.title,
                description: template.description,
                environments: template.environments,
              }}
              send={(values) => updateTemplate(template.id, template.version, values)}
            />
            <LinkButton
              primary
              icon={<Plus size={14} />}
              to="/catalogue/templates/$templateId/publish"
              params={{ templateId: template.id }}
            >
              {t("catalogue.newVersion.title")}
            </LinkButton>
          </>
        )
      }
      notes={
        <>
          {template.description && <p className="soft page-text">{template.description}</p>}
          <KeptWarnings id={template.id} title={t("catalogue.warnings")} />
        </>
      }
      tab={undefined}
      onTab={() => {}}
      tabs={[
        {
          key: "versions",
          label: "",
          content: (
            <>
              <Versions template={template} shown={shown} may={may} />
              {shown && <TemplateContent version={shown} />}
            </>
          ),
        },
      ]}
    />
  );
}

function Versions(props: { template: Template; shown: TemplateVersion | undefined; may: boolean }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const { template, shown, may } = props;
  const show = (version: number) =>
    void navigate({
      to: "/catalogue/templates/$templateId",
      params: { templateId: template.id },
      search: { version },
      replace: true,
    });
  return (
    <Section title={t("catalogue.versionsTitle")}>
      <table className="small-table versions" aria-label={t("catalogue.versionsTitle")}>
        <thead>
          <tr>
            <th scope="col">{t("catalogue.versions")}</th>
            <th scope="col">{t("catalogue.state")}</th>
            <th scope="col">{t("catalogue.root")}</th>
            <th scope="col">{t("common.created")}</th>
            {may && (
              <th scope="col">
                <span className="sr-only">{t("common.actions")}</span>
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {template.versions.map((version) => (
            <tr key={version.id} aria-current={version === shown ? "true" : undefined}>
              <td>
                <button
                  type="button"
                  className="plain-button link-button"
                  aria-pressed={version === shown}
                  onClick={() => show(version.version)}
                >
                  {t("common.version", { version: version.version })}
                </button>
              </td>
              <td>
                <CatalogueBadge state={version.state} />
              </td>
              <td>{t(`catalogue.roots.${version.root}`)}</td>
              <td>
                <RelativeTime at={version.created_at} />
              </td>
              {may && (
                <td className="right">
                  <VersionState kind="template" name={template.name} version={version} />
                </td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </Section>
  );
}
