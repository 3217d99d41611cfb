import { useTranslation } from "react-i18next";
import type { Vm } from "~/api/types";
import { JsonBlock } from "~/parts/JsonBlock";

/** The approved specification, exactly as it was agreed. */
export function VmSpec({ vm }: { vm: Vm }) {
  const { t } = useTranslation();
  return (
    <div className="stack gap-3">
      <p className="soft">{t("vms.specText")}</p>
      <JsonBlock value={vm.spec} label={t("vms.tab.spec")} />
    </div>
  );
}
