/** A small form in a dialog: opens in its first field, Enter sends, errors stand at their fields, nothing typed is lost. */
import { Form, type FormInstance, Modal } from "antd";
import { type ReactNode, useRef } from "react";
import { useTranslation } from "react-i18next";
import { FormProblem } from "./form";
import { useSubmit } from "./use-submit";

interface Props<Values, Result> {
  title: string;
  text?: ReactNode;
  verb: string;
  width?: number;
  initial?: Partial<Values>;
  fields: readonly string[];
  send: (values: Values, key: string) => Promise<Result>;
  onDone: (result: Result) => void;
  onClose: () => void;
  children: ReactNode | ((form: FormInstance<Values>) => ReactNode);
}

export function FormDialog<Values extends object, Result>(props: Props<Values, Result>) {
  const { t } = useTranslation();
  const [form] = Form.useForm<Values>();
  const box = useRef<HTMLDivElement>(null);
  const { submit, pending, problem } = useSubmit(form, props);
  const settleFocus = (open: boolean) => {
    // Opening takes a moment, in which a quick person is in a field already.
    if (!open || box.current?.contains(document.activeElement)) return;
    box.current?.querySelector<HTMLElement>("input:not([disabled]), textarea")?.focus();
  };
  return (
    <Modal
      open
      title={props.title}
      okText={props.verb}
      cancelText={t("common.cancel")}
      onCancel={pending ? () => {} : props.onClose}
      onOk={form.submit}
      okButtonProps={{ loading: pending }}
      afterOpenChange={settleFocus}
      width={props.width ?? 480}
      mask={{ closable: false }}
    >
      <div ref={box}>
        {props.text && <div className="soft dialog-text">{props.text}</div>}
        <Form
          form={form}
          layout="vertical"
          requiredMark={false}
          initialValues={props.initial ?? {}}
          onFinish={(values) => submit(values as Values)}
        >
          {typeof props.children === "function" ? props.children(form) : props.children}
          <FormProblem problem={problem} />
          <button type="submit" hidden />
        </Form>
      </div>
    </Modal>
  );
}
