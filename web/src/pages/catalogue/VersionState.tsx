/** Changes the state of a version; says first what that means for those who ask and for what runs already. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Button, Dropdown, Select } from "antd";
import { Ellipsis } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { keys } from "~/api/keys";
import { sizesQuery, templatesQuery } from "~/api/queries/catalogue";
import { setVersionState, type VersionKind } from "~/api/queries/catalogue-admin";
import type { CatalogueState } from "~/api/types";
import { ConfirmDialog } from "~/parts/ConfirmDialog";
import { nextStates } from "./versions";

interface Props {
  kind: VersionKind;
  name: string;
  version: { id: string; version: number; state: CatalogueState };
}

export function VersionState({ kind, name, version }: Props) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [next, setNext] = useState<CatalogueState | null>(null);
  const [replacement, setReplacement] = useState<string | undefined>();
  const label = `${name} ${t("common.version", { version: version.version })}`;
  const choose = (state: CatalogueState | null) => {
    setReplacement(undefined);
    setNext(state);
  };
  return (
    <>
      <Dropdown
        trigger={["click"]}
        placement="bottomRight"
        menu={{
          onClick: ({ key }) => choose(key as CatalogueState),
          items: nextStates(version.state).map((state) => ({
            key: state,
            label: t(`catalogue.setState.${state}.verb`),
          })),
        }}
      >
        <Button
          type="text"
          size="small"
          icon={<Ellipsis size={15} />}
          aria-label={t("catalogue.stateMenu", { name: label })}
        />
      </Dropdown>
      {next && (
        <ConfirmDialog
          confirmation={{
            title: t(`catalogue.setState.${next}.title`, { name: label }),
            consequences: t(`catalogue.setState.${next}.text`),
            verb: t(`catalogue.setState.${next}.verb`),
            danger: next === "withdrawn",
            ...(next === "active"
              ? {}
              : {
                  reason: "optional" as const,
                  extra: (
                    <Replacement kind={kind} not={version.id} value={replacement} onChange={setReplacement} />
                  ),
                }),
          }}
          act={({ reason }) =>
            setVersionState(kind, version.id, {
              state: next,
              ...(reason && next !== "active" ? { message: reason.slice(0, 500) } : {}),
              ...(replacement ? { replacement_id: replacement } : {}),
            })
          }
          onDone={() => {
            choose(null);
            void client.invalidateQueries({ queryKey: keys.all("catalogue") });
          }}
          onClose={() => choose(null)}
        />
      )}
    </>
  );
}

interface ReplacementProps {
  kind: VersionKind;
  not: string;
  value: string | undefined;
  onChange: (id: string | undefined) => void;
}

/** The active version that people are pointed to instead. */
function Replacement({ kind, not, value, onChange }: ReplacementProps) {
  const { t } = useTranslation();
  const templates = useQuery({ ...templatesQuery, enabled: kind === "template" });
  const sizes = useQuery({ ...sizesQuery, enabled: kind === "size" });
  const items = (kind === "template" ? templates.data : sizes.data)?.items ?? [];
  const options = items.flatMap((item) =>
    (item.versions as { id: string; version: number; state: CatalogueState }[])
      .filter((version) => version.state === "active" && version.id !== not)
      .map((version) => ({
        value: version.id,
        label: `${item.name} ${t("common.version", { version: version.version })}`,
      })),
  );
  if (options.length === 0) return null;
  return (
    <div className="stack gap-1">
      <span id="replacement-choice">
        {t("catalogue.replacement")} <span className="dim">({t("common.optional")})</span>
      </span>
      <Select
        aria-labelledby="replacement-choice"
        allowClear
        {...(value ? { value } : {})}
        onChange={(id?: string) => onChange(id)}
        options={options}
      />
    </div>
  );
}
