/** The places of people administration, side by side: who, in which groups, with which roles. */
import { useTranslation } from "react-i18next";
import { SubNav } from "~/parts/SubNav";

export function PeopleNav() {
  const { t } = useTranslation();
  return (
    <SubNav
      label={t("people.title")}
      places={[
        { to: "/people", label: t("people.nav.people") },
        { to: "/people/groups", label: t("people.nav.groups") },
        { to: "/people/accounts", label: t("people.nav.accounts") },
        { to: "/people/roles", label: t("people.nav.roles") },
        { to: "/people/access", label: t("people.nav.access") },
        { to: "/people/transfers", label: t("people.nav.transfers") },
        { to: "/people/limits", label: t("people.nav.limits") },
      ]}
    />
  );
}
