/** All roles against all permissions: what each allows, at one look. */
import { useQuery } from "@tanstack/react-query";
import { Check } from "lucide-react";
import { Fragment } from "react";
import { useTranslation } from "react-i18next";
import { rolesQuery } from "~/api/queries/people";
import type { Role } from "~/api/types";
import { Page } from "~/parts/Page";
import { roleName } from "~/parts/roles";
import { Failure, SkeletonLines } from "~/parts/states";
import { PeopleNav } from "./PeopleNav";
import { permissionWord } from "./PermissionWords";
import { byNoun } from "./permissions";

export function Roles() {
  const { t } = useTranslation();
  const roles = useQuery(rolesQuery);
  return (
    <Page title={t("people.title")} lead={t("people.lead")}>
      <PeopleNav />
      <p className="soft page-text">{t("people.rolesLead")}</p>
      {roles.isPending && <SkeletonLines lines={12} what={t("people.roles")} />}
      {roles.isError && <Failure part error={roles.error} retry={() => void roles.refetch()} />}
      {roles.data && <Matrix roles={roles.data.items} />}
    </Page>
  );
}

function Matrix({ roles }: { roles: Role[] }) {
  const { t } = useTranslation();
  const groups = byNoun(roles.flatMap((role) => role.permissions));
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a table that scrolls must be reachable by keyboard
    <section className="table-scroll" tabIndex={0} aria-label={t("people.roles")}>
      <table className="matrix" aria-label={t("people.roles")}>
        <thead>
          <tr>
            <th scope="col">
              <span className="sr-only">{t("people.allows")}</span>
            </th>
            {roles.map((role) => (
              <th key={role.id} scope="col">
                {roleName(t, role.builtin ? role.name : role.title)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {groups.map(({ noun, permissions }) => (
            <Fragment key={noun}>
              <tr className="matrix-group">
                <th scope="rowgroup" colSpan={roles.length + 1}>
                  {t(`people.noun.${noun}` as "people.noun.vm", { defaultValue: noun })}
                </th>
              </tr>
              {permissions.map((permission) => (
                <tr key={permission}>
                  <th scope="row" title={permission}>
                    {permissionWord(t, permission)}
                  </th>
                  {roles.map((role) => (
                    <td key={role.id}>
                      {role.permissions.includes(permission) ? (
                        <Check size={14} className="mark-yes" aria-label={t("common.yes")} />
                      ) : (
                        <span className="sr-only">{t("common.no")}</span>
                      )}
                    </td>
                  ))}
                </tr>
              ))}
            </Fragment>
          ))}
        </tbody>
      </table>
    </section>
  );
}
