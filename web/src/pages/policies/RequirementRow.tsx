/** One requirement: how many, of whom. */
import { useQuery } from "@tanstack/react-query";
import { Button, Form, InputNumber, Select } from "antd";
import { Trash2 } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { fewGroupsQuery } from "~/api/queries/groups";
import { rolesQuery } from "~/api/queries/people";
import type { PolicyRequirement } from "~/api/queries/policies";
import { roleName } from "~/parts/roles";
import { usePaused } from "~/parts/use-paused";
import { permissionWord } from "../people/PermissionWords";
import type { Values } from "./content";

const kinds: PolicyRequirement["kind"][] = ["permission", "role", "group", "owners"];

interface Props {
  stage: number;
  at: number;
  label: string;
  onRemove?: () => void;
}

export function RequirementRow({ stage, at, label, onRemove }: Props) {
  const { t } = useTranslation();
  const form = Form.useFormInstance<Values>();
  const place = ["stages", stage, "requirements", at];
  const kind = Form.useWatch<PolicyRequirement["kind"] | undefined>([...place, "kind"]);
  return (
    <div className="requirement-row">
      <Form.Item name={[at, "needed"]} rules={[{ required: true }]}>
        <InputNumber min={1} max={20} precision={0} aria-label={`${label}: ${t("policies.needed")}`} />
      </Form.Item>
      <Form.Item name={[at, "kind"]}>
        <Select
          aria-label={`${label}: ${t("policies.ofWhom")}`}
          options={kinds.map((value) => ({ value, label: t(`policies.of.${value}`) }))}
          onChange={() =>
            form.setFieldValue([...place, "name"] as unknown as "name", undefined as unknown as string)
          }
        />
      </Form.Item>
      {kind === "group" && <Group at={at} label={label} />}
      {(kind === "permission" || kind === "role") && <Name at={at} kind={kind} label={label} />}
      {(!kind || kind === "owners") && <span />}
      {onRemove ? (
        <Button
          type="text"
          icon={<Trash2 size={14} />}
          aria-label={t("policies.requirementRemove", { label })}
          onClick={onRemove}
        />
      ) : (
        <span />
      )}
    </div>
  );
}

/** A group, found by what is typed of its name. */
function Group({ at, label }: { at: number; label: string }) {
  const { t } = useTranslation();
  const [text, setText] = useState("");
  const q = usePaused(text.trim());
  const groups = useQuery(fewGroupsQuery(q ? { q } : {}, 30));
  return (
    <Form.Item name={[at, "name"]} rules={[{ required: true }]}>
      <Select
        aria-label={`${label}: ${t("policies.of.group")}`}
        loading={groups.isFetching}
        showSearch={{ filterOption: false, onSearch: setText }}
        options={(groups.data?.items ?? []).map(({ name, title }) => ({ value: name, label: title }))}
      />
    </Form.Item>
  );
}

function Name({ at, kind, label }: { at: number; kind: "permission" | "role"; label: string }) {
  const { t } = useTranslation();
  const roles = useQuery(rolesQuery);
  const items = roles.data?.items ?? [];
  const permissions = [...new Set(items.flatMap((role) => role.permissions))].sort();
  const options =
    kind === "role"
      ? items.map((role) => ({
          value: role.name,
          label: roleName(t, role.builtin ? role.name : role.title),
        }))
      : permissions.map((value) => ({ value, label: permissionWord(t, value) }));
  return (
    <Form.Item name={[at, "name"]} rules={[{ required: true }]}>
      <Select
        aria-label={`${label}: ${t(`policies.of.${kind}`)}`}
        loading={roles.isPending}
        showSearch={{ optionFilterProp: "label" }}
        options={options}
      />
    </Form.Item>
  );
}
