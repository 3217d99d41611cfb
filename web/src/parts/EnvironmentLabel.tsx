/**
 * The environment of a thing, always the same label: tinted where it is ordinary, solid with a shield where it is
 * protected. The server gives any colour; lightness is fixed here, so the text on it is always readable.
 */
import { Shield } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { EnvironmentRef } from "~/api/types";
import "./environment-label.css";

const hexColour = /^#[0-9a-f]{6}$/i;

export function EnvironmentLabel({ environment }: { environment: EnvironmentRef }) {
  const { t } = useTranslation();
  const colour = hexColour.test(environment.colour) ? environment.colour : "#808080";
  const name = environment.title || environment.name;
  return (
    <span
      className={environment.protected ? "env env-protected" : "env"}
      style={{ "--env": colour } as React.CSSProperties}
      title={environment.protected ? t("common.protectedEnvironment", { name }) : name}
    >
      {environment.protected && <Shield size={11} strokeWidth={2.4} aria-hidden="true" />}
      {name}
      {environment.protected && <span className="sr-only">, {t("common.protected")}</span>}
    </span>
  );
}
