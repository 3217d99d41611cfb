/** Approving for less than was asked: a smaller size, a smaller disk. Never more; the form offers nothing else. */
import { useQuery } from "@tanstack/react-query";
import { InputNumber, Select } from "antd";
import { useId } from "react";
import { useTranslation } from "react-i18next";
import { sizesQuery } from "~/api/queries/catalogue";
import type { Overrides } from "~/api/queries/requests";
import type { Request } from "~/api/types";
import { bytes, gibibyte, vcpu } from "~/parts/units";
import { specView } from "../requests/spec";
import { smallerSizes } from "./smaller";

interface Props {
  request: Request;
  value: Overrides;
  onChange: (value: Overrides) => void;
}

export function Less({ request, value, onChange }: Props) {
  const { t, i18n } = useTranslation();
  const id = useId();
  const sizes = useQuery(sizesQuery);
  const asked = specView(request.spec);
  const amounts = { milli_vcpu: request.spec.milli_vcpu, memory_bytes: request.spec.memory_bytes };
  const smaller = smallerSizes(sizes.data?.items ?? [], amounts);
  const words = (cpu: number, memory: number) =>
    `${vcpu(t, cpu, i18n.language)}, ${bytes(t, memory, i18n.language)}`;
  const hasDisk = asked.root === "persistent" && asked.diskBytes !== undefined && asked.diskBytes > gibibyte;
  if (smaller.length === 0 && !hasDisk) return null;
  return (
    <details className="fold">
      <summary>{t("approvals.less.title")}</summary>
      <div className="stack gap-3">
        <p className="dim">{t("approvals.less.hint")}</p>
        {smaller.length > 0 && (
          <div className="stack gap-1">
            <span id={`${id}-size`}>{t("approvals.less.size")}</span>
            <Select
              aria-labelledby={`${id}-size`}
              value={value.size_version_id ?? ""}
              onChange={(chosen) => {
                const { size_version_id: _, ...rest } = value;
                onChange(chosen === "" ? rest : { ...rest, size_version_id: chosen });
              }}
              options={[
                { value: "", label: t("approvals.less.sizeSame", { size: request.size?.name ?? "" }) },
                ...smaller.map(({ name, version }) => ({
                  value: version.id,
                  label: `${name} · ${words(version.milli_vcpu, version.memory_bytes)}`,
                })),
              ]}
            />
          </div>
        )}
        {hasDisk && asked.diskBytes !== undefined && (
          <div className="stack gap-1">
            <label htmlFor={`${id}-disk`}>{t("approvals.less.disk")}</label>
            <InputNumber
              id={`${id}-disk`}
              min={1}
              max={asked.diskBytes / gibibyte}
              value={value.disk_bytes ? value.disk_bytes / gibibyte : null}
              placeholder={String(asked.diskBytes / gibibyte)}
              aria-describedby={`${id}-hint`}
              onChange={(gib) => {
                const { disk_bytes: _, ...rest } = value;
                onChange(gib ? { ...rest, disk_bytes: Math.round(gib * gibibyte) } : rest);
              }}
              style={{ width: 160 }}
            />
            <span id={`${id}-hint`} className="dim">
              {t("approvals.less.diskHint", { size: bytes(t, asked.diskBytes, i18n.language) })}
            </span>
          </div>
        )}
      </div>
    </details>
  );
}
