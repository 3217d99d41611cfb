/** The two small forms that make a named thing: a system, and a service under it. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Form, Input, type InputRef, Modal } from "antd";
import { useRef } from "react";
import { useTranslation } from "react-i18next";
import { useSubmitKey } from "~/api/idempotency";
import { keys } from "~/api/keys";
import { createService, createSystem, type NewSystem as Fields } from "~/api/queries/systems";
import { FormProblem, useServerErrors } from "~/parts/form";
import { nameLength, nameRule } from "~/parts/names";

interface NamedProps {
  title: string;
  text: string;
  verb: string;
  create: (fields: Fields, key: string) => Promise<{ id: string }>;
  onDone: (id: string) => void;
  onClose: () => void;
}

function NewNamed(props: NamedProps) {
  const { t } = useTranslation();
  const [form] = Form.useForm<Fields>();
  const key = useSubmitKey();
  const client = useQueryClient();
  const first = useRef<InputRef>(null);
  const { show, clear, problem } = useServerErrors(form, ["name", "description"]);
  const submit = useMutation({
    mutationFn: (fields: Fields) => props.create(fields, key.for(fields)),
    onMutate: clear,
    onError: show,
    onSuccess: async ({ id }) => {
      key.finish();
      await Promise.all([
        client.invalidateQueries({ queryKey: keys.all("systems") }),
        client.invalidateQueries({ queryKey: keys.all("services") }),
      ]);
      props.onDone(id);
    },
  });
  return (
    <Modal
      open
      title={props.title}
      okText={props.verb}
      cancelText={t("common.cancel")}
      onCancel={props.onClose}
      onOk={form.submit}
      okButtonProps={{ loading: submit.isPending }}
      afterOpenChange={(open) => open && first.current?.focus()}
      width={480}
    >
      <p className="soft dialog-text">{props.text}</p>
      <Form
        form={form}
        layout="vertical"
        requiredMark={false}
        onFinish={(fields) => submit.mutate(tidy(fields))}
      >
        <Form.Item
          name="name"
          label={t("common.name")}
          extra={t("systems.new.nameRule")}
          rules={[
            { required: true },
            { pattern: nameRule, message: t("systems.new.nameRule") },
            { max: nameLength, message: t("systems.new.nameRule") },
          ]}
        >
          <Input ref={first} className="mono" autoComplete="off" spellCheck={false} maxLength={63} />
        </Form.Item>
        <Form.Item name="description" label={`${t("common.description")} (${t("common.optional")})`}>
          <Input.TextArea rows={3} maxLength={1000} />
        </Form.Item>
        <FormProblem problem={problem} />
      </Form>
    </Modal>
  );
}

function tidy(fields: Fields): Fields {
  const description = fields.description?.trim();
  return { name: fields.name, ...(description ? { description } : {}) };
}

export function NewSystem(props: { onDone: (id: string) => void; onClose: () => void }) {
  const { t } = useTranslation();
  return (
    <NewNamed
      title={t("systems.new.title")}
      text={t("systems.new.text")}
      verb={t("systems.new.create")}
      create={createSystem}
      {...props}
    />
  );
}

export function NewService(props: { systemId: string; onDone: (id: string) => void; onClose: () => void }) {
  const { t } = useTranslation();
  return (
    <NewNamed
      title={t("systems.newService.title")}
      text={t("systems.newService.text")}
      verb={t("systems.newService.create")}
      create={(fields, key) => createService({ ...fields, system_id: props.systemId }, key)}
      onDone={props.onDone}
      onClose={props.onClose}
    />
  );
}
