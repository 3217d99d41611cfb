/** Says why a page only shows: what could be changed here needs a permission that the person does not hold. */
import { Lock } from "lucide-react";
import { useTranslation } from "react-i18next";
import { useMay } from "~/app/session";

export function ReadOnlyNote({ permission }: { permission: string }) {
  const { t } = useTranslation();
  if (useMay(permission)) return null;
  return (
    <p className="read-only soft">
      <Lock size={13} aria-hidden="true" />
      <span>{t("common.readOnly", { permission })}</span>
    </p>
  );
}
