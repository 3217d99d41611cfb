/** Asking for a VM: one screen, filled in where the system knows, with the consequences beside it as one chooses. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Button, Checkbox, Form, Input } from "antd";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useSubmitKey } from "~/api/idempotency";
import { keys } from "~/api/keys";
import type { ApiProblem } from "~/api/problem";
import { preflightQuery, submitVm } from "~/api/queries/requests";
import { FormProblem, useServerErrors } from "~/parts/form";
import { Page } from "~/parts/Page";
import { Empty, Failure, SkeletonLines } from "~/parts/states";
import {
  DiskField,
  KeysField,
  NamespaceField,
  ServiceField,
  SizeField,
  TemplateField,
  VariableFields,
} from "./fields";
import { PreflightPanel } from "./PreflightPanel";
import "./request-vm.css";
import {
  type Choices,
  type FormValues,
  lastService,
  toBody,
  useChoices,
  useDefaults,
  usePaused,
  variablesFit,
} from "./request-form";

export function RequestVm() {
  const { t } = useTranslation();
  const search = useSearch({ from: "/shell/requests/new" });
  const choices = useChoices(search);
  return (
    <Page title={t("requests.new.title")} lead={t("requests.new.lead")}>
      {choices.error ? (
        <Failure error={choices.error} retry={choices.retry} />
      ) : choices.data ? (
        choices.data.services.length === 0 ? (
          <Empty
            title={t("requests.new.noServices")}
            action={<Button href="/systems">{t("systems.title")}</Button>}
          />
        ) : (
          <RequestForm choices={choices.data} />
        )
      ) : (
        <SkeletonLines lines={10} what={t("requests.new.title")} />
      )}
    </Page>
  );
}

function isDuplicate(problem: ApiProblem | null): boolean {
  return problem?.code.includes("DUPLICATE") === true;
}

function RequestForm({ choices }: { choices: Choices }) {
  const { t } = useTranslation();
  const [form] = Form.useForm<FormValues>();
  const values = Form.useWatch([], form) as FormValues | undefined;
  const { initial, namespaces } = useDefaults(choices, values, form);
  const [another, setAnother] = useState(false);
  const body = values ? toBody(values, choices, another) : null;
  const version = choices.templates.find(
    (template) => template.version.id === values?.template_version_id,
  )?.version;
  // While a value does not fit, what the last fitting ones would mean stays in view.
  const fitting = useRef<typeof body>(null);
  if (!body || (values && variablesFit(values, version))) fitting.current = body;
  const wanted = usePaused(fitting.current && { ...fitting.current, reason: "" });
  const preflight = useQuery(preflightQuery(wanted));
  const key = useSubmitKey();
  const client = useQueryClient();
  const navigate = useNavigate();
  const { show, clear, problem } = useServerErrors(form, [
    "service_id",
    "namespace_id",
    "disk_bytes",
    "variables",
    "reason",
  ]);
  const submit = useMutation({
    mutationFn: (content: NonNullable<typeof body>) => submitVm(content, key.for(content)),
    onMutate: clear,
    onError: show,
    onSuccess: (request) => {
      key.finish();
      lastService.keep(request.service.id);
      client.setQueryData(keys.one("requests", request.id), request);
      void client.invalidateQueries({ queryKey: keys.lists("requests") });
      void client.invalidateQueries({ queryKey: keys.all("home") });
      void navigate({ to: "/requests/$requestId", params: { requestId: request.id }, search: {} });
    },
  });
  const size = choices.sizes.find((candidate) => candidate.version.id === values?.size_version_id);
  const refused = (preflight.data?.problems.length ?? 0) > 0 || preflight.data?.outcome === "deny";
  const submitNow = () => {
    const complete = toBody(form.getFieldsValue(true) as FormValues, choices, another);
    if (complete) submit.mutate(complete);
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
        <div className="request-pair">
          <ServiceField services={choices.services} />
          <NamespaceField namespaces={namespaces} />
        </div>
        <TemplateField templates={choices.templates} />
        <SizeField sizes={choices.sizes} />
        <DiskField size={size?.version} version={version} />
        <VariableFields version={version} />
        <KeysField sshKeys={choices.sshKeys} />
        <Form.Item name="reason" label={t("requests.new.reason")} extra={t("requests.new.reasonHint")}>
          <Input.TextArea rows={3} maxLength={2000} />
        </Form.Item>
        <FormProblem problem={problem} />
        {(isDuplicate(problem) || another) && (
          <Checkbox
            checked={another}
            onChange={(event) => setAnother(event.target.checked)}
            className="request-another"
          >
            {t("requests.new.another")}
          </Checkbox>
        )}
        <Button type="primary" htmlType="submit" loading={submit.isPending} disabled={refused || !body}>
          {t("requests.new.submit")}
        </Button>
      </Form>
      <PreflightPanel
        preflight={wanted ? preflight.data : undefined}
        error={wanted && preflight.isError ? preflight.error : null}
        checking={preflight.isFetching}
        retry={() => void preflight.refetch()}
      />
    </div>
  );
}
