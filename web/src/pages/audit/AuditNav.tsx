import { useTranslation } from "react-i18next";
import { SubNav } from "~/parts/SubNav";

export function AuditNav() {
  const { t } = useTranslation();
  return (
    <SubNav
      label={t("audit.title")}
      places={[
        { to: "/audit", label: t("audit.nav.events") },
        { to: "/audit/checkpoints", label: t("audit.nav.checkpoints") },
      ]}
    />
  );
}
