/** Giving a role: which one, what it allows, and in which environments. */
import { useQuery } from "@tanstack/react-query";
import { Form, Select } from "antd";
import { useTranslation } from "react-i18next";
import { rolesQuery } from "~/api/queries/people";
import type { Role } from "~/api/types";
import { EnvironmentsField } from "~/parts/EnvironmentsField";
import { FormDialog } from "~/parts/FormDialog";
import { roleName } from "~/parts/roles";
import { Failure } from "~/parts/states";
import { PermissionWords } from "./PermissionWords";

interface Values {
  role: string;
  environment_ids: string[];
}

interface Props {
  name: string;
  send: (values: Values, key: string) => Promise<unknown>;
  onDone: () => void;
  onClose: () => void;
}

export function GiveRole(props: Props) {
  const { t } = useTranslation();
  const roles = useQuery(rolesQuery);
  return (
    <FormDialog<Values, unknown>
      title={t("people.give.title", { name: props.name })}
      verb={t("people.give.verb")}
      width={560}
      fields={["role", "environment_ids"]}
      initial={{ environment_ids: [] }}
      send={props.send}
      onDone={props.onDone}
      onClose={props.onClose}
    >
      {roles.isError && <Failure part error={roles.error} retry={() => void roles.refetch()} />}
      <Form.Item name="role" label={t("people.role")} rules={[{ required: true }]}>
        <Select
          loading={roles.isPending}
          showSearch={{ optionFilterProp: "label" }}
          options={(roles.data?.items ?? []).map((role) => ({
            value: role.name,
            label: roleName(t, role.builtin ? role.name : role.title),
          }))}
        />
      </Form.Item>
      <RolePreview roles={roles.data?.items ?? []} />
      <EnvironmentsField
        label={t("people.where")}
        hint={t("people.give.whereHint")}
        placeholder={t("people.everywhere")}
      />
    </FormDialog>
  );
}

function RolePreview({ roles }: { roles: Role[] }) {
  const { t } = useTranslation();
  const chosen = Form.useWatch<string | undefined>("role");
  const role = roles.find((candidate) => candidate.name === chosen);
  if (!role) return null;
  return (
    <div className="role-preview">
      <p className="dim">{t("people.allows")}</p>
      <PermissionWords permissions={role.permissions} />
    </div>
  );
}
