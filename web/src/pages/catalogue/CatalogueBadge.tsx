import { useTranslation } from "react-i18next";
import type { CatalogueState } from "~/api/types";
import { StateBadge } from "~/parts/StateBadge";

const tone = { active: "running", deprecated: "waiting", withdrawn: "stopped" } as const;

export function CatalogueBadge({ state }: { state: CatalogueState }) {
  const { t } = useTranslation();
  return <StateBadge tone={tone[state] ?? "unknown"} label={t(`states.catalogue.${state}`)} />;
}
