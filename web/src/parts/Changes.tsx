/** What a change of a VM changes, field by field: before, after, and what a running guest gets only with a restart. */
import { useTranslation } from "react-i18next";
import type { FieldChange } from "~/api/types";
import { ChangeTable } from "./ChangeTable";
import { bytes, vcpu } from "./units";

export function Changes({ changes }: { changes: FieldChange[] }) {
  const { t } = useTranslation();
  const say = useFieldValue();
  return (
    <ChangeTable
      label={t("vms.changes.title")}
      lines={changes.map((change) => ({
        key: change.field,
        label: t(`vms.changes.name.${change.field}` as "vms.changes.name.labels", {
          defaultValue: change.field,
        }),
        before: say(change.field, change.before),
        after: say(change.field, change.after),
        note: t(`vms.changes.${change.effect}`),
      }))}
    />
  );
}

function useFieldValue() {
  const { t, i18n } = useTranslation();
  return (field: string, value: unknown): string => {
    if (value === null || value === undefined) return t("common.none");
    if (typeof value === "number" && field === "milli_vcpu") return vcpu(t, value, i18n.language);
    if (typeof value === "number" && field.endsWith("_bytes")) return bytes(t, value, i18n.language);
    if (Array.isArray(value))
      return value
        .map((item: { fingerprint?: string }) => item.fingerprint ?? JSON.stringify(item))
        .join(", ");
    if (typeof value === "object")
      return (
        Object.entries(value)
          .map(([name, text]) => `${name}=${String(text)}`)
          .join(", ") || t("common.none")
      );
    return String(value);
  };
}
