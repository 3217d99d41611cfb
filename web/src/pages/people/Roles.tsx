/** All roles against all permissions: what each allows, at one look. Roles made here can be changed and deleted. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Button, Dropdown } from "antd";
import { Check, Ellipsis, Plus } from "lucide-react";
import { Fragment, useState } from "react";
import { useTranslation } from "react-i18next";
import { keys } from "~/api/keys";
import { deleteRole } from "~/api/queries/access";
import { rolesQuery } from "~/api/queries/people";
import type { Role } from "~/api/types";
import { useMay } from "~/app/session";
import { ConfirmDialog } from "~/parts/ConfirmDialog";
import { Page } from "~/parts/Page";
import { roleName } from "~/parts/roles";
import { Failure, SkeletonLines } from "~/parts/states";
import { PeopleNav } from "./PeopleNav";
import { permissionWord } from "./PermissionWords";
import { byNoun } from "./permissions";
import { RoleDialog } from "./RoleDialog";

export function Roles() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const mayGrant = useMay("role:grant");
  const search = useSearch({ from: "/shell/people/roles" });
  const navigate = useNavigate({ from: "/people/roles" });
  const roles = useQuery(rolesQuery);
  const [changing, setChanging] = useState<Role | null>(null);
  const [deleting, setDeleting] = useState<Role | null>(null);
  const making = mayGrant && search.new === true;
  const make = (open: boolean) => void navigate({ search: open ? { new: true } : {}, replace: true });
  const close = () => {
    setChanging(null);
    setDeleting(null);
    if (making) make(false);
  };
  const done = () => {
    for (const branch of ["roles", "people", "session"] as const)
      void client.invalidateQueries({ queryKey: keys.all(branch) });
    close();
  };
  return (
    <Page
      title={t("people.title")}
      lead={t("people.lead")}
      action={
        mayGrant && (
          <Button type="primary" icon={<Plus size={14} />} onClick={() => make(true)}>
            {t("people.ownRole.new")}
          </Button>
        )
      }
    >
      <PeopleNav />
      <p className="soft page-text">{t("people.rolesLead")}</p>
      {roles.isPending && <SkeletonLines lines={12} what={t("people.roles")} />}
      {roles.isError && <Failure part error={roles.error} retry={() => void roles.refetch()} />}
      {roles.data && (
        <Matrix
          roles={roles.data.items}
          {...(mayGrant ? { onChange: setChanging, onDelete: setDeleting } : {})}
        />
      )}
      {(making || changing) && (
        <RoleDialog key={changing?.id ?? "new"} role={changing ?? undefined} onDone={done} onClose={close} />
      )}
      {deleting && (
        <ConfirmDialog
          confirmation={{
            title: t("people.ownRole.delete.title", { name: deleting.title }),
            consequences: t("people.ownRole.delete.text"),
            verb: t("people.ownRole.delete.verb"),
            danger: true,
          }}
          act={() => deleteRole(deleting.id)}
          onDone={done}
          onClose={close}
        />
      )}
    </Page>
  );
}

interface MatrixProps {
  roles: Role[];
  onChange?: (role: Role) => void;
  onDelete?: (role: Role) => void;
}

function Matrix({ roles, onChange, onDelete }: MatrixProps) {
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
                {!role.builtin && onChange && onDelete && (
                  <RoleMenu role={role} onChange={onChange} onDelete={onDelete} />
                )}
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

function RoleMenu({ role, onChange, onDelete }: Required<Omit<MatrixProps, "roles">> & { role: Role }) {
  const { t } = useTranslation();
  return (
    <Dropdown
      trigger={["click"]}
      placement="bottomRight"
      menu={{
        items: [
          { key: "change", label: t("people.ownRole.verb"), onClick: () => onChange(role) },
          {
            key: "delete",
            label: t("people.ownRole.delete.verb"),
            danger: true,
            onClick: () => onDelete(role),
          },
        ],
      }}
    >
      <Button
        type="text"
        size="small"
        icon={<Ellipsis size={14} />}
        aria-label={t("people.ownRole.menu", { name: role.title })}
      />
    </Dropdown>
  );
}
