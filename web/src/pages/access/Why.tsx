/** Why somebody may do a thing somewhere, or what stands in the way. */
import { useTranslation } from "react-i18next";
import type { AccessVerdict } from "~/api/queries/access";
import { roleName } from "~/parts/roles";
import { Where } from "../people/BindingTable";

export function Why({ verdict }: { verdict: AccessVerdict }) {
  const { t } = useTranslation();
  return (
    <div className="why-access">
      {verdict.missing.map((one) => (
        <p key={one} className="soft">
          {t(`access.missing.${one}`)}
        </p>
      ))}
      {verdict.roles.map((binding) => (
        <p key={binding.id} className="row row-wrap gap-1">
          <span>{t("access.byRole", { role: roleName(t, binding.role) })}</span>
          <span className="soft">
            <Where binding={binding} />
          </span>
          {binding.group && (
            <span className="dim">{t("access.byGroup", { group: binding.group.title })}</span>
          )}
        </p>
      ))}
      {verdict.memberships.map((place) => (
        <p key={`${place.within} ${place.role} ${place.group?.id ?? ""}`}>
          {t(`access.place.${place.within}`, { role: t(`systems.members.roles.${place.role}`) })}
          {place.group && <span className="dim"> {t("access.byGroup", { group: place.group.title })}</span>}
        </p>
      ))}
      {verdict.without_place && <p className="dim">{t("access.withoutPlace")}</p>}
    </div>
  );
}
