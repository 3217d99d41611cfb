import { useNavigate } from "@tanstack/react-router";
import { Button } from "antd";
import { Plus } from "lucide-react";
import { useTranslation } from "react-i18next";

/** Leads to the request form, with a service chosen where the page is about one. */
export function RequestVmButton({ service }: { service?: string }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  return (
    <Button
      type="primary"
      icon={<Plus size={14} />}
      onClick={() => void navigate({ to: "/requests/new", search: service ? { service } : {} })}
    >
      {t("requests.new.title")}
    </Button>
  );
}
