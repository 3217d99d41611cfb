/** The editor of policies: a new one, or a new version that starts from the newest or an older one. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { Button, Form } from "antd";
import { useRef } from "react";
import { useTranslation } from "react-i18next";
import { keys } from "~/api/keys";
import { createPolicy, policyQuery, updatePolicy } from "~/api/queries/policies";
import type { components } from "~/api/schema";
import { FormProblem } from "~/parts/form";
import { keepWarnings } from "~/parts/kept-warnings";
import { Page } from "~/parts/Page";
import { PageFailure, SkeletonLines } from "~/parts/states";
import { useSubmit } from "~/parts/use-submit";
import { AboutFields } from "./AboutFields";
import { ConditionField, type ConditionHandle } from "./ConditionField";
import { ConditionHelp } from "./ConditionHelp";
import { emptyValues, tidy, type Values, valuesOf } from "./content";
import { PendingFields, ReasonCodeField } from "./PendingFields";
import { StageFields } from "./StageFields";
import "./policies.css";

export function NewPolicy() {
  const { t } = useTranslation();
  return (
    <Page
      title={t("policies.new.title")}
      lead={t("policies.new.lead")}
      above={
        <Link to="/policies" search={{}}>
          {t("policies.title")}
        </Link>
      }
    >
      <Editor
        initial={emptyValues}
        named
        verb={t("policies.new.verb")}
        send={(values, key) => createPolicy({ name: values.name ?? "", ...tidy(values) }, key)}
      />
    </Page>
  );
}

export function EditPolicy() {
  const { t } = useTranslation();
  const { policyId } = useParams({ from: "/shell/policies/$policyId/edit" });
  const { from } = useSearch({ from: "/shell/policies/$policyId/edit" });
  const policy = useQuery({ ...policyQuery(policyId), staleTime: Number.POSITIVE_INFINITY });
  const begin = policy.data?.versions.find(({ version }) => version === from) ?? policy.data?.versions[0];
  if (!policy.data || !begin)
    return (
      <div className="page-pad">
        {policy.isError ? (
          <PageFailure error={policy.error} retry={() => void policy.refetch()} />
        ) : (
          <SkeletonLines lines={8} what={t("policies.one")} />
        )}
      </div>
    );
  const { version, name, builtin } = policy.data;
  return (
    <Page
      title={t("policies.edit.title", { name })}
      lead={t(builtin ? "policies.edit.builtin" : "policies.edit.lead")}
      above={
        <Link to="/policies/$policyId" params={{ policyId }} search={{}}>
          {begin.title}
        </Link>
      }
    >
      <Editor
        initial={valuesOf(begin)}
        verb={t("policies.edit.save")}
        send={(values) => updatePolicy(policyId, version, tidy(values))}
      />
    </Page>
  );
}

interface EditorProps {
  initial: Partial<Values>;
  named?: boolean;
  verb: string;
  send: (values: Values, key: string) => Promise<components["schemas"]["SavedPolicy"]>;
}

function Editor({ initial, named, verb, send }: EditorProps) {
  const { t } = useTranslation();
  const [form] = Form.useForm<Values>();
  const navigate = useNavigate();
  const client = useQueryClient();
  const condition = useRef<ConditionHandle>(null);
  const effect = Form.useWatch("effect", form);
  const { submit, pending, problem } = useSubmit(form, {
    fields: [
      "name",
      "title",
      "effect",
      "enforcement",
      "operations",
      "condition",
      "stages",
      "override_role",
      "reason_code",
      "pending",
    ],
    send,
    onDone: ({ policy, warnings }) => {
      keepWarnings(policy.id, warnings);
      client.removeQueries({ queryKey: keys.one("policies", policy.id) });
      void client.invalidateQueries({ queryKey: keys.lists("policies") });
      void navigate({ to: "/policies/$policyId", params: { policyId: policy.id }, search: {} });
    },
  });
  return (
    <Form
      form={form}
      layout="vertical"
      requiredMark={false}
      initialValues={initial}
      onFinish={submit}
      scrollToFirstError={{ block: "center", focus: true }}
      className="policy-editor"
    >
      <div>
        <AboutFields named={named === true} />
        <ConditionField ref={condition} />
        {effect === "require" && <StageFields />}
        {effect !== "allow" && <PendingFields />}
        <ReasonCodeField />
        <FormProblem problem={problem} />
        <Button type="primary" htmlType="submit" loading={pending}>
          {verb}
        </Button>
      </div>
      <aside className="policy-side" aria-label={t("policies.help.title")}>
        <ConditionHelp onInsert={(text) => condition.current?.insert(text)} />
      </aside>
    </Form>
  );
}
