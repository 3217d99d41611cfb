import { useTranslation } from "react-i18next";
import { StateBadge } from "~/parts/StateBadge";

export function AccountBadge({ disabled }: { disabled: boolean }) {
  const { t } = useTranslation();
  return (
    <StateBadge
      tone={disabled ? "stopped" : "running"}
      label={t(disabled ? "people.disabled" : "people.active")}
    />
  );
}
