/** Asking to belong to a system by its exact name: nobody is told whether there is one, so the words fit both. */
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Form, Input } from "antd";
import { useTranslation } from "react-i18next";
import { keys } from "~/api/keys";
import { joinSystem } from "~/api/queries/membership";
import type { MemberRole } from "~/api/types";
import { FormDialog } from "~/parts/FormDialog";
import { useAskedFields } from "../requests/asked-fields";
import { RoleChoice } from "./RoleChoice";

interface Values {
  system: string;
  role: MemberRole;
  reason?: string;
}

export function JoinSystem({ name, onClose }: { name?: string | undefined; onClose: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const navigate = useNavigate();
  const asked = useAskedFields("system.join", undefined);
  return (
    <FormDialog<Values, { id: string }>
      title={t("systems.join.title")}
      text={t("systems.join.text")}
      verb={t("systems.join.verb")}
      initial={{ role: "member", ...(name ? { system: name } : {}) }}
      fields={["system", "role", "reason"]}
      send={({ system, role, reason }, key) =>
        joinSystem({ system: system.trim(), role, ...(reason ? { reason } : {}), ...asked.said }, key)
      }
      onDone={({ id }) => {
        void client.invalidateQueries({ queryKey: keys.lists("requests") });
        void client.invalidateQueries({ queryKey: keys.all("home") });
        void navigate({ to: "/requests/$requestId", params: { requestId: id }, search: {} });
      }}
      onClose={onClose}
    >
      <Form.Item name="system" label={t("systems.join.name")} rules={[{ required: true }]}>
        <Input className="mono" maxLength={15} autoComplete="off" spellCheck={false} />
      </Form.Item>
      <Form.Item name="role" label={t("systems.members.role")}>
        <RoleChoice />
      </Form.Item>
      <Form.Item name="reason" label={t("common.reason")}>
        <Input.TextArea rows={2} maxLength={2000} />
      </Form.Item>
      {asked.block}
    </FormDialog>
  );
}
