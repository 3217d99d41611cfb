import { useQueryClient } from "@tanstack/react-query";
import { Form, Input } from "antd";
import { useTranslation } from "react-i18next";
import { keys } from "~/api/keys";
import { createPerson } from "~/api/queries/people";
import type { Person } from "~/api/types";
import { FormDialog } from "~/parts/FormDialog";
import { accountRule } from "~/parts/names";

interface Values {
  name: string;
  display_name: string;
  email?: string;
}

interface Props {
  onDone: (made: { person: Person; password: string }) => void;
  onClose: () => void;
}

export function NewPerson({ onDone, onClose }: Props) {
  const { t } = useTranslation();
  const client = useQueryClient();
  return (
    <FormDialog<Values, { person: Person; password: string }>
      title={t("people.new.title")}
      text={t("people.new.text")}
      verb={t("people.new.verb")}
      fields={["display_name", "name", "email"]}
      send={({ email, ...rest }) =>
        createPerson({ ...rest, ...(email?.trim() ? { email: email.trim() } : {}) })
      }
      onDone={(made) => {
        void client.invalidateQueries({ queryKey: keys.lists("people") });
        onDone(made);
      }}
      onClose={onClose}
    >
      <Form.Item name="display_name" label={t("people.displayName")} rules={[{ required: true }]}>
        <Input maxLength={100} autoComplete="off" />
      </Form.Item>
      <Form.Item
        name="name"
        label={t("me.userName")}
        extra={t("people.nameRule")}
        rules={[
          { required: true },
          { pattern: accountRule, message: t("people.nameRule") },
          { min: 2, message: t("people.nameRule") },
        ]}
      >
        <Input className="mono" maxLength={60} autoComplete="off" spellCheck={false} />
      </Form.Item>
      <Form.Item
        name="email"
        label={`${t("me.email")} (${t("common.optional")})`}
        rules={[{ type: "email", message: t("codes.FORMAT") }]}
      >
        <Input maxLength={200} autoComplete="off" />
      </Form.Item>
    </FormDialog>
  );
}
