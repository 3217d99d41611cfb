import { Plus } from "lucide-react";
import { useTranslation } from "react-i18next";
import { LinkButton } from "~/parts/LinkButton";

/** Leads to the request form, with a service chosen where the page is about one. */
export function RequestVmButton({ service }: { service?: string }) {
  const { t } = useTranslation();
  return (
    <LinkButton primary icon={<Plus size={14} />} to="/requests/new" search={service ? { service } : {}}>
      {t("requests.new.title")}
    </LinkButton>
  );
}
