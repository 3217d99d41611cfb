/** Two wordings of a request side by side, in people's words. */
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { namespacesQuery, sizesQuery, templatesQuery } from "~/api/queries/catalogue";
import { ChangeTable } from "~/parts/ChangeTable";
import { bytes, vcpu } from "~/parts/units";
import { type FieldKind, specDiff } from "./spec-diff";

interface Props {
  before: Record<string, unknown>;
  after: Record<string, unknown>;
  /** The reasons, where they may differ too. */
  reasons?: { before: string; after: string };
}

export function SpecChanges({ before, after, reasons }: Props) {
  const { t } = useTranslation();
  const label = useFieldLabel();
  const show = useFieldValue();
  const diff = specDiff(before, after);
  const lines = diff.map((one) => ({
    key: one.field,
    label: label(one.field),
    before: show(one.kind, one.before),
    after: show(one.kind, one.after),
  }));
  if (reasons && reasons.before !== reasons.after)
    lines.push({
      key: "reason",
      label: t("common.reason"),
      before: reasons.before || t("common.none"),
      after: reasons.after || t("common.none"),
    });
  if (lines.length === 0) return <p className="soft">{t("changes.nothing")}</p>;
  return <ChangeTable lines={lines} label={t("changes.title")} />;
}

export function useFieldLabel(): (field: string) => ReactNode {
  const { t } = useTranslation();
  return (field) => {
    const [group, name] = [field.split(/[./]/)[0] ?? field, field.split(/[./]/).slice(1).join(".")];
    const known = t(`changes.fields.${group}` as "changes.fields.disk_bytes", { defaultValue: group });
    return name ? (
      <>
        {known} <span className="mono">{name}</span>
      </>
    ) : (
      known
    );
  };
}

export function useFieldValue(): (kind: FieldKind, value: unknown) => ReactNode {
  const { t, i18n } = useTranslation();
  const names = useNames();
  return (kind, value) => {
    if (value === undefined || value === null || value === "") return <NoValue />;
    if (kind === "vcpu" && typeof value === "number") return vcpu(t, value, i18n.language);
    if (kind === "bytes" && typeof value === "number") return bytes(t, value, i18n.language);
    if (kind === "seconds" && typeof value === "number") return t("common.seconds", { count: value });
    if (kind === "flag") return t(value ? "common.yes" : "common.no");
    if (kind === "lines" && Array.isArray(value))
      return value.length === 0 ? (
        <NoValue />
      ) : (
        value.map((line) => (
          <span key={String(line)} className="mono truncate changes-line" title={String(line)}>
            {String(line)}
          </span>
        ))
      );
    const text = typeof value === "string" ? value : JSON.stringify(value);
    return <span className="mono">{names.get(text) ?? text}</span>;
  };
}

function NoValue() {
  const { t } = useTranslation();
  return <span className="dim">{t("common.none")}</span>;
}

/** Names for the ids in a spec, from what is read for the form anyway; an unknown id stays an id. */
function useNames(): Map<string, string> {
  const { t } = useTranslation();
  const templates = useQuery(templatesQuery);
  const sizes = useQuery(sizesQuery);
  const namespaces = useQuery(namespacesQuery({}));
  const names = new Map<string, string>();
  for (const item of [...(templates.data?.items ?? []), ...(sizes.data?.items ?? [])])
    for (const version of item.versions)
      names.set(version.id, `${item.name} ${t("common.version", { version: version.version })}`);
  for (const namespace of namespaces.data?.items ?? []) names.set(namespace.id, namespace.name);
  return names;
}
