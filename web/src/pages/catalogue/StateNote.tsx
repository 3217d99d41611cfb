/** Why a version is not offered any more, and what to take instead. */
import { Link } from "@tanstack/react-router";
import { CircleAlert } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { SizeVersion, TemplateVersion } from "~/api/types";

export function StateNote({ version }: { version: SizeVersion | TemplateVersion }) {
  const { t } = useTranslation();
  if (version.state === "active" || (!version.message && !version.replacement)) return null;
  const { replacement } = version;
  return (
    <div className="note note-waiting">
      <CircleAlert size={14} aria-hidden="true" />
      <div>
        <p>
          <span className="strong">{t(`states.catalogue.${version.state}`)}</span> {version.message}
        </p>
        {replacement && (
          <p>
            {t("catalogue.instead")}{" "}
            {"template_id" in replacement ? (
              <Link
                to="/catalogue/templates/$templateId"
                params={{ templateId: replacement.template_id }}
                search={{ version: replacement.version }}
              >
                {replacement.name} {t("common.version", { version: replacement.version })}
              </Link>
            ) : (
              <Link to="/catalogue/sizes/$sizeId" params={{ sizeId: replacement.size_id }}>
                {replacement.name} {t("common.version", { version: replacement.version })}
              </Link>
            )}
          </p>
        )}
      </div>
    </div>
  );
}
