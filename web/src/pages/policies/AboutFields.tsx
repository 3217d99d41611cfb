/** What a policy says, what it does, and what it is about. */
import { useQuery } from "@tanstack/react-query";
import { Form, Input, Radio, Select } from "antd";
import { useTranslation } from "react-i18next";
import { rolesQuery } from "~/api/queries/people";
import { operations } from "~/app/searches";
import { roleName } from "~/parts/roles";
import type { Values } from "./content";
import { EffectMark } from "./EffectMark";

export const nameRule = /^[a-z][a-z0-9-]*$/;

export function AboutFields({ named }: { named: boolean }) {
  const { t } = useTranslation();
  const enforcement = Form.useWatch<Values["enforcement"] | undefined>("enforcement");
  return (
    <>
      <Form.Item
        name="title"
        label={t("policies.says")}
        extra={t("policies.saysHint")}
        rules={[{ required: true, whitespace: true }]}
      >
        <Input maxLength={200} autoComplete="off" />
      </Form.Item>
      {named && (
        <Form.Item
          name="name"
          label={t("policies.name")}
          extra={t("policies.nameRule")}
          rules={[
            { required: true, min: 2 },
            { pattern: nameRule, message: t("policies.nameRule") },
          ]}
        >
          <Input className="mono" maxLength={60} autoComplete="off" spellCheck={false} />
        </Form.Item>
      )}
      <Form.Item name="effect" label={t("policies.effect")}>
        <Radio.Group
          options={(["deny", "require", "allow"] as const).map((value) => ({
            value,
            label: <EffectMark effect={value} />,
          }))}
        />
      </Form.Item>
      <Form.Item
        name="enforcement"
        label={t("policies.enforcement")}
        extra={enforcement && t(`policies.enforcementText.${enforcement}`)}
      >
        <Radio.Group
          options={(["hard", "soft", "advisory"] as const).map((value) => ({
            value,
            label: t(`policies.enforcements.${value}`),
          }))}
        />
      </Form.Item>
      {enforcement === "soft" && <OverrideRole />}
      <div className="policy-pair">
        <Form.Item name="operations" label={t("policies.for")} rules={[{ required: true }]}>
          <Select
            mode="multiple"
            showSearch={{ optionFilterProp: "label" }}
            options={operations.map((value) => ({ value, label: t(`states.verb.${value}`) }))}
          />
        </Form.Item>
        <Form.Item name="where" label={t("policies.where")}>
          <Select
            options={(["everywhere", "protected", "open"] as const).map((value) => ({
              value,
              label: t(`policies.wheres.${value}`),
            }))}
          />
        </Form.Item>
      </div>
    </>
  );
}

function OverrideRole() {
  const { t } = useTranslation();
  const roles = useQuery(rolesQuery);
  return (
    <Form.Item
      name="override_role"
      label={t("policies.overrideRole")}
      extra={t("policies.overrideHint")}
      rules={[{ required: true }]}
    >
      <Select
        loading={roles.isPending}
        showSearch={{ optionFilterProp: "label" }}
        options={(roles.data?.items ?? []).map((role) => ({
          value: role.name,
          label: roleName(t, role.builtin ? role.name : role.title),
        }))}
      />
    </Form.Item>
  );
}
