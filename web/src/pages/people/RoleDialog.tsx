/** A role of one's own: a name and the permissions it is made of, each with what it needs besides the role. */
import { useQuery } from "@tanstack/react-query";
import { Checkbox, Form, Input } from "antd";
import { useTranslation } from "react-i18next";
import { createRole, permissionsQuery, updateRole } from "~/api/queries/access";
import type { Role } from "~/api/types";
import { FormDialog } from "~/parts/FormDialog";
import { Failure, SkeletonLines } from "~/parts/states";
import { permissionWord } from "./PermissionWords";
import { byNoun } from "./permissions";

interface Values {
  title: string;
  name: string;
  permissions: string[];
}

interface Props {
  /** The role that is changed; without one, a new one is made. */
  role?: Role | undefined;
  onDone: (role: Role) => void;
  onClose: () => void;
}

export function RoleDialog({ role, onDone, onClose }: Props) {
  const { t } = useTranslation();
  return (
    <FormDialog<Values, Role>
      title={role ? t("people.ownRole.change", { name: role.title }) : t("people.ownRole.new")}
      text={t(role ? "people.ownRole.changeText" : "people.ownRole.newText")}
      verb={role ? t("common.save") : t("people.ownRole.create")}
      width={680}
      initial={role ? { title: role.title, permissions: role.permissions } : { permissions: [] }}
      fields={["title", "name", "permissions"]}
      send={({ title, name, permissions }, key) =>
        role
          ? updateRole(role.id, role.version, { title, permissions })
          : createRole({ title, name, permissions }, key)
      }
      onDone={onDone}
      onClose={onClose}
    >
      <Form.Item name="title" label={t("catalogue.title2")} rules={[{ required: true, whitespace: true }]}>
        <Input maxLength={100} autoComplete="off" />
      </Form.Item>
      {!role && (
        <Form.Item
          name="name"
          label={t("common.name")}
          extra={t("catalogue.slugRule")}
          rules={[
            { required: true, min: 2 },
            { pattern: /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/, message: t("catalogue.slugRule") },
          ]}
        >
          <Input className="mono" maxLength={60} autoComplete="off" spellCheck={false} />
        </Form.Item>
      )}
      <Form.Item
        name="permissions"
        label={t("people.allows")}
        rules={[{ required: true, type: "array", min: 1, message: t("people.ownRole.none") }]}
      >
        <Permissions />
      </Form.Item>
    </FormDialog>
  );
}

function Permissions(props: { id?: string; value?: string[]; onChange?: (value: string[]) => void }) {
  const { t } = useTranslation();
  const known = useQuery(permissionsQuery);
  if (known.isError) return <Failure part error={known.error} retry={() => void known.refetch()} />;
  if (!known.data) return <SkeletonLines lines={8} what={t("people.allows")} />;
  const info = new Map(known.data.items.map((one) => [one.name, one]));
  return (
    <Checkbox.Group
      value={props.value ?? []}
      onChange={(value) => props.onChange?.(value as string[])}
      className="permission-choice"
    >
      {byNoun(known.data.items.map(({ name }) => name)).map(({ noun, permissions }) => (
        <fieldset key={noun}>
          <legend>{t(`people.noun.${noun}` as "people.noun.vm", { defaultValue: noun })}</legend>
          {permissions.map((permission) => (
            <Checkbox key={permission} value={permission}>
              {permissionWord(t, permission)}
              <Needs role={info.get(permission)?.member_role} people={info.get(permission)?.people_only} />
            </Checkbox>
          ))}
        </fieldset>
      ))}
    </Checkbox.Group>
  );
}

function Needs({
  role,
  people,
}: {
  role: "owner" | "member" | "viewer" | null | undefined;
  people?: boolean | undefined;
}) {
  const { t } = useTranslation();
  const needs = [
    ...(role ? [t("people.ownRole.place", { role: t(`systems.members.roles.${role}`) })] : []),
    ...(people ? [t("people.ownRole.peopleOnly")] : []),
  ];
  return needs.length === 0 ? null : <span className="dim"> · {needs.join(t("common.listJoin"))}</span>;
}
