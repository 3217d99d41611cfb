/** The form of a new VM, for asking and for changing what was asked, with the consequences beside it. */
import { type UseMutationResult, useQuery } from "@tanstack/react-query";
import { Button, Checkbox, Form, Input } from "antd";
import { type ReactNode, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { ApiProblem } from "~/api/problem";
import { preflightQuery } from "~/api/queries/requests";
import type { Preflight, Request, RequestVm } from "~/api/types";
import { useMay } from "~/app/session";
import { FormProblem, useServerErrors } from "~/parts/form";
import { environmentOf } from "~/parts/target";
import { AnswerFields } from "./AnswerFields";
import { DiskField, KeysField, NamespaceField, ServiceField, SizeField, TemplateField } from "./fields";
import { PlaceFields } from "./PlaceFields";
import { PreflightPanel } from "./PreflightPanel";
import "./request-vm.css";
import { type Choices, type FormValues, toBody, useDefaults, usePaused, variablesFit } from "./request-form";
import { VariableFields } from "./VariableFields";
import { WhyWish } from "./WhyWish";

interface Props<Body> {
  choices: Choices;
  submit: UseMutationResult<Request, Error, Body>;
  /** What is sent: the VM itself, or something that is made of such VMs. */
  bodyOf: (vm: RequestVm, values: FormValues) => Body;
  verb: string;
  /** What is asked beside the VM, in fields of the same form; their names take errors. */
  first?: ReactNode;
  names?: string[];
  /** The request that is changed: its service and environment stay. */
  editing?: Request;
  /** Other acts beside the one that sends. */
  others?: (values: () => FormValues) => ReactNode;
  /** What stands above the consequences. */
  aside?: (preflight: Preflight | undefined, reason: string) => ReactNode;
}

function isDuplicate(problem: ApiProblem | null): boolean {
  return problem?.code.includes("DUPLICATE") === true;
}

export function VmForm<Body>({
  choices,
  submit,
  bodyOf,
  verb,
  first,
  names,
  editing,
  others,
  aside,
}: Props<Body>) {
  const { t } = useTranslation();
  const [form] = Form.useForm<FormValues>();
  const values = Form.useWatch([], form) as FormValues | undefined;
  const { initial, namespaces } = useDefaults(choices, values, form);
  const mayExplain = useMay("policy:read");
  const [another, setAnother] = useState(false);
  // A request is like itself: while it is changed, that is no reason to stop.
  const body = values ? toBody(values, choices, another || editing !== undefined) : null;
  const version = choices.templates.find(
    (template) => template.version.id === values?.template_version_id,
  )?.version;
  // While a value does not fit, what the last fitting ones would mean stays in view.
  const fitting = useRef<typeof body>(null);
  if (!body || (values && variablesFit(values, version))) fitting.current = body;
  const wanted = usePaused(fitting.current && { ...fitting.current, reason: "" });
  const preflight = useQuery(preflightQuery(wanted));
  const { show, clear, problem } = useServerErrors(
    form,
    [
      "service_id",
      "namespace_id",
      "disk_bytes",
      "variables",
      "secret_ids",
      "place",
      "fields",
      "reason",
      ...(names ?? []),
    ],
    editing && "body",
  );
  const size = choices.sizes.find((candidate) => candidate.version.id === values?.size_version_id);
  const refused = (preflight.data?.problems.length ?? 0) > 0 || preflight.data?.outcome === "deny";
  const submitNow = () => {
    const filled = form.getFieldsValue(true) as FormValues;
    const complete = toBody(filled, choices, another);
    clear();
    if (complete) submit.mutate(bodyOf(complete, filled), { onError: show });
  };

  return (
    <div className="request-vm">
      <Form<FormValues>
        form={form}
        layout="vertical"
        requiredMark={false}
        initialValues={initial}
        onFinish={submitNow}
        className="request-form"
        scrollToFirstError={{ block: "center", focus: true }}
      >
        {first}
        <div className="request-pair">
          <ServiceField services={choices.services} fixed={editing !== undefined} />
          <NamespaceField
            namespaces={
              editing
                ? namespaces?.filter((namespace) => namespace.environment.id === environmentOf(editing)?.id)
                : namespaces
            }
          />
        </div>
        <TemplateField templates={choices.templates} />
        <SizeField sizes={choices.sizes} />
        <DiskField size={size?.version} version={version} />
        <VariableFields version={version} begin={choices.base?.variables} />
        <KeysField sshKeys={choices.sshKeys} />
        <PlaceFields
          environment={namespaces?.find(({ id }) => id === values?.namespace_id)?.environment.id}
          persistent={version?.root === "persistent"}
          chosen={values?.place}
        />
        <AnswerFields asked={preflight.data?.fields ?? []} begin={choices.base?.fields} />
        <Form.Item name="reason" label={t("requests.new.reason")} extra={t("requests.new.reasonHint")}>
          <Input.TextArea rows={3} maxLength={2000} />
        </Form.Item>
        <FormProblem problem={problem} />
        {!editing && (isDuplicate(problem) || another) && (
          <Checkbox
            checked={another}
            onChange={(event) => setAnother(event.target.checked)}
            className="request-another"
          >
            {t("requests.new.another")}
          </Checkbox>
        )}
        <div className="row">
          <Button type="primary" htmlType="submit" loading={submit.isPending} disabled={refused || !body}>
            {verb}
          </Button>
          {others?.(() => form.getFieldsValue(true) as FormValues)}
        </div>
      </Form>
      <div className="request-side">
        {aside?.(wanted ? preflight.data : undefined, values?.reason ?? "")}
        <PreflightPanel
          preflight={wanted ? preflight.data : undefined}
          error={wanted && preflight.isError ? preflight.error : null}
          checking={preflight.isFetching}
          retry={() => void preflight.refetch()}
          why={
            mayExplain &&
            wanted && (
              <WhyWish
                wish={wanted}
                refused={refused}
                onTake={({ kind, id }) =>
                  form.setFieldValue(kind === "size" ? "size_version_id" : "namespace_id", id)
                }
              />
            )
          }
        />
      </div>
    </div>
  );
}
