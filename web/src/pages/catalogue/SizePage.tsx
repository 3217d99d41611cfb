import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { Button } from "antd";
import { Plus } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { keys } from "~/api/keys";
import { publishSize, sizeQuery, updateSize } from "~/api/queries/catalogue-admin";
import type { Reason, Size } from "~/api/types";
import { useMay } from "~/app/session";
import { IdChip } from "~/parts/Copyable";
import { ObjectPage } from "~/parts/ObjectPage";
import { Section } from "~/parts/Page";
import { RelativeTime } from "~/parts/RelativeTime";
import { PageFailure, SkeletonLines } from "~/parts/states";
import { bytes, vcpu } from "~/parts/units";
import { Warnings } from "~/parts/Warnings";
import { CatalogueBadge } from "./CatalogueBadge";
import { computeParts } from "./compute";
import { EditAbout, Usable } from "./EditAbout";
import { SizeDialog } from "./SizeDialog";
import { StateNote } from "./StateNote";
import { VersionState } from "./VersionState";
import { offered } from "./versions";
import "./catalogue.css";

export function SizePage() {
  const { t } = useTranslation();
  const { sizeId } = useParams({ from: "/shell/catalogue/sizes/$sizeId" });
  const size = useQuery(sizeQuery(sizeId));
  if (size.data) return <Loaded size={size.data} />;
  return (
    <div className="page-pad">
      {size.isError ? (
        <PageFailure error={size.error} retry={() => void size.refetch()} />
      ) : (
        <SkeletonLines lines={6} what={t("common.size")} />
      )}
    </div>
  );
}

function Loaded({ size }: { size: Size }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const may = useMay("catalogue:manage");
  const [publishing, setPublishing] = useState(false);
  const [warnings, setWarnings] = useState<Reason[]>([]);
  const current = offered(size.versions);
  const latest = size.versions[0];
  return (
    <>
      <ObjectPage
        above={
          <Link to="/catalogue" search={{ tab: "sizes" }}>
            {t("catalogue.tab.sizes")}
          </Link>
        }
        title={size.name}
        shown={<span className="mono object-name">{size.name}</span>}
        state={<CatalogueBadge state={current?.state ?? "withdrawn"} />}
        facts={[
          {
            label: t("catalogue.offered"),
            value: current ? t("common.version", { version: current.version }) : t("catalogue.offeredNone"),
          },
          { label: t("catalogue.usable"), value: <Usable environments={size.environments} /> },
          { label: t("common.created"), value: <RelativeTime at={size.created_at} /> },
          { label: t("common.id"), value: <IdChip id={size.id} /> },
        ]}
        action={
          may && (
            <>
              <EditAbout
                name={size.name}
                about={{ description: size.description, environments: size.environments }}
                send={(values) => updateSize(size.id, size.version, values)}
              />
              <Button type="primary" icon={<Plus size={14} />} onClick={() => setPublishing(true)}>
                {t("catalogue.newVersion.title")}
              </Button>
            </>
          )
        }
        notes={
          <>
            {size.description && <p className="soft page-text">{size.description}</p>}
            <Warnings title={t("catalogue.warnings")} warnings={warnings} onClose={() => setWarnings([])} />
            {current && <StateNote version={current} />}
          </>
        }
        tab={undefined}
        onTab={() => {}}
        tabs={[{ key: "versions", label: "", content: <Versions size={size} may={may} /> }]}
      />
      {publishing && latest && (
        <SizeDialog
          title={t("catalogue.newVersion.of", { name: size.name })}
          text={t("catalogue.newVersion.sizeText")}
          verb={t("catalogue.newVersion.verb")}
          from={latest}
          send={({ content }, key) => publishSize(size.id, content, key)}
          onDone={(next) => {
            setPublishing(false);
            setWarnings(next.warnings);
            void client.invalidateQueries({ queryKey: keys.all("catalogue") });
          }}
          onClose={() => setPublishing(false)}
        />
      )}
    </>
  );
}

function Versions({ size, may }: { size: Size; may: boolean }) {
  const { t, i18n } = useTranslation();
  return (
    <Section title={t("catalogue.versionsTitle")}>
      <div className="table-scroll">
        <table className="small-table" aria-label={t("catalogue.versionsTitle")}>
          <thead>
            <tr>
              <th scope="col">{t("catalogue.versions")}</th>
              <th scope="col">{t("catalogue.state")}</th>
              <th scope="col">{t("catalogue.cpu")}</th>
              <th scope="col">{t("catalogue.memory")}</th>
              <th scope="col">{t("catalogue.disk")}</th>
              <th scope="col">{t("catalogue.compute.title")}</th>
              <th scope="col">{t("common.created")}</th>
              {may && (
                <th scope="col">
                  <span className="sr-only">{t("common.actions")}</span>
                </th>
              )}
            </tr>
          </thead>
          <tbody>
            {size.versions.map((version) => (
              <tr key={version.id}>
                <td className="strong">{t("common.version", { version: version.version })}</td>
                <td>
                  <CatalogueBadge state={version.state} />
                  {version.message && <p className="dim">{version.message}</p>}
                </td>
                <td>{vcpu(t, version.milli_vcpu, i18n.language)}</td>
                <td>{bytes(t, version.memory_bytes, i18n.language)}</td>
                <td>
                  {version.disk_bytes > 0 ? bytes(t, version.disk_bytes, i18n.language) : t("common.dash")}
                </td>
                <td>
                  {computeParts(version.compute)
                    .map((part) => t(`catalogue.compute.${part}`))
                    .join(t("common.listJoin")) || t("common.dash")}
                </td>
                <td>
                  <RelativeTime at={version.created_at} />
                </td>
                {may && (
                  <td className="right">
                    <VersionState kind="size" name={size.name} version={version} />
                  </td>
                )}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Section>
  );
}
