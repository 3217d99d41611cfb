/** What is said of a template or a size, and where it may be used: changed in place, unlike its versions. */
import { useQueryClient } from "@tanstack/react-query";
import { Button, Form, Input } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { keys } from "~/api/keys";
import type { EnvironmentRef } from "~/api/types";
import { EnvironmentLabel } from "~/parts/EnvironmentLabel";
import { FormDialog } from "~/parts/FormDialog";
import { AboutFields } from "./AboutFields";

interface Values {
  title?: string;
  description: string;
  environment_ids: string[];
}

interface Props {
  name: string;
  about: { title?: string; description: string; environments: EnvironmentRef[] };
  send: (values: Values) => Promise<unknown>;
}

export function EditAbout({ name, about, send }: Props) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [open, setOpen] = useState(false);
  const titled = about.title !== undefined;
  return (
    <>
      <Button onClick={() => setOpen(true)}>{t("catalogue.edit.verb")}</Button>
      {open && (
        <FormDialog<Values, unknown>
          title={t("catalogue.edit.title", { name })}
          text={t("catalogue.edit.text")}
          verb={t("common.save")}
          fields={["title", "description", "environment_ids"]}
          initial={{
            ...(titled ? { title: about.title ?? "" } : {}),
            description: about.description,
            environment_ids: about.environments.map((environment) => environment.id),
          }}
          send={(values) => send({ ...values, description: values.description ?? "" })}
          onDone={() => {
            setOpen(false);
            void client.invalidateQueries({ queryKey: keys.all("catalogue") });
          }}
          onClose={() => setOpen(false)}
        >
          {titled && (
            <Form.Item name="title" label={t("catalogue.title2")} rules={[{ required: true }]}>
              <Input maxLength={100} autoComplete="off" />
            </Form.Item>
          )}
          <AboutFields />
        </FormDialog>
      )}
    </>
  );
}

/** Where an item may be used. */
export function Usable({ environments }: { environments: EnvironmentRef[] }) {
  const { t } = useTranslation();
  if (environments.length === 0) return <>{t("catalogue.everywhere")}</>;
  return (
    <span className="row row-wrap gap-1">
      {environments.map((environment) => (
        <EnvironmentLabel key={environment.id} environment={environment} />
      ))}
    </span>
  );
}
