/** What can be done with an account: rename, new first password, disable, enable. */
import { useQueryClient } from "@tanstack/react-query";
import { Button, Dropdown, Form, Input } from "antd";
import { Ellipsis } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { keys } from "~/api/keys";
import { resetPassword, updatePerson } from "~/api/queries/people";
import type { Person } from "~/api/types";
import { useMay, useSession } from "~/app/session";
import { ConfirmDialog } from "~/parts/ConfirmDialog";
import { FormDialog } from "~/parts/FormDialog";
import { InitialPassword } from "./InitialPassword";

export function PersonActions({ person }: { person: Person }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const me = useSession().person.id === person.id;
  const mayManage = useMay("user:manage");
  const [doing, setDoing] = useState<"rename" | "password" | "state" | null>(null);
  const [password, setPassword] = useState<string | null>(null);
  const keep = (next: Person) => {
    client.setQueryData(keys.one("people", person.id), next);
    void client.invalidateQueries({ queryKey: keys.lists("people") });
    setDoing(null);
  };
  if (!mayManage) return null;
  return (
    <>
      <Button onClick={() => setDoing("rename")}>{t("people.rename.verb")}</Button>
      <Dropdown
        trigger={["click"]}
        placement="bottomRight"
        menu={{
          onClick: ({ key }) => setDoing(key as "password"),
          items: [
            { key: "password", label: t("people.password.verb"), disabled: person.kind !== "person" },
            // Nobody locks themselves out.
            {
              key: "state",
              label: t(person.disabled ? "people.enable.verb" : "people.disable.verb"),
              danger: !person.disabled,
              disabled: me,
            },
          ],
        }}
      >
        <Button icon={<Ellipsis size={15} />} aria-label={t("common.more")} />
      </Dropdown>
      {doing === "rename" && (
        <FormDialog<{ display_name: string }, Person>
          title={t("people.rename.title")}
          verb={t("common.save")}
          initial={{ display_name: person.display_name }}
          fields={["display_name"]}
          send={(values) => updatePerson(person.id, person.version, values)}
          onDone={keep}
          onClose={() => setDoing(null)}
        >
          <Form.Item name="display_name" label={t("people.displayName")} rules={[{ required: true }]}>
            <Input maxLength={100} autoComplete="off" />
          </Form.Item>
        </FormDialog>
      )}
      {doing === "password" && (
        <ConfirmDialog
          confirmation={{
            title: t("people.password.confirmTitle", { name: person.display_name }),
            consequences: t("people.password.confirmText"),
            verb: t("people.password.verb"),
          }}
          act={() => resetPassword(person.id)}
          onDone={(answer) => {
            setDoing(null);
            setPassword(answer.password);
          }}
          onClose={() => setDoing(null)}
        />
      )}
      {doing === "state" && (
        <ConfirmDialog
          confirmation={{
            title: t(person.disabled ? "people.enable.title" : "people.disable.title", {
              name: person.display_name,
            }),
            consequences: t(person.disabled ? "people.enable.text" : "people.disable.text"),
            verb: t(person.disabled ? "people.enable.verb" : "people.disable.verb"),
            danger: !person.disabled,
          }}
          act={() => updatePerson(person.id, person.version, { disabled: !person.disabled })}
          onDone={keep}
          onClose={() => setDoing(null)}
        />
      )}
      {password && (
        <InitialPassword name={person.name} password={password} onClose={() => setPassword(null)} />
      )}
    </>
  );
}
