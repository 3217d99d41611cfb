import { useMutation } from "@tanstack/react-query";
import { Button, Form, Input } from "antd";
import { useTranslation } from "react-i18next";
import { changePassword } from "~/api/queries/me";
import { FormProblem, useServerErrors } from "~/parts/form";

interface Fields {
  current: string;
  new: string;
  repeat: string;
}

export function PasswordForm({ initial = false, onDone }: { initial?: boolean; onDone: () => void }) {
  const { t } = useTranslation();
  const [form] = Form.useForm<Fields>();
  const { show, problem, clear } = useServerErrors(form, ["current", "new"]);
  const submit = useMutation({
    mutationFn: (fields: Fields) => changePassword({ current: fields.current, new: fields.new }),
    onMutate: clear,
    onError: show,
    onSuccess: () => {
      form.resetFields();
      onDone();
    },
  });
  return (
    <Form form={form} layout="vertical" requiredMark={false} onFinish={submit.mutate} className="narrow-form">
      <Form.Item
        name="current"
        label={t(initial ? "session.change.current" : "session.change.currentOwn")}
        rules={[{ required: true }]}
      >
        <Input.Password autoComplete="current-password" maxLength={1024} />
      </Form.Item>
      <Form.Item
        name="new"
        label={t("session.change.new")}
        extra={t("session.change.rule")}
        rules={[{ required: true }, { min: 12, message: t("session.change.rule") }]}
        validateTrigger="onBlur"
      >
        <Input.Password autoComplete="new-password" maxLength={1024} />
      </Form.Item>
      <Form.Item
        name="repeat"
        label={t("session.change.repeat")}
        dependencies={["new"]}
        validateTrigger="onBlur"
        rules={[
          { required: true },
          ({ getFieldValue }) => ({
            validator: (_, value) =>
              !value || value === getFieldValue("new")
                ? Promise.resolve()
                : Promise.reject(new Error(t("session.change.mismatch"))),
          }),
        ]}
      >
        <Input.Password autoComplete="new-password" maxLength={1024} />
      </Form.Item>
      <FormProblem problem={problem} />
      <Button type="primary" htmlType="submit" loading={submit.isPending}>
        {t("session.change.submit")}
      </Button>
    </Form>
  );
}
