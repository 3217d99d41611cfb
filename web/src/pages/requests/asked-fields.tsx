/**
 * The fields that an organisation asks for with an operation on a VM, for a dialog that has no form of its own: what
 * stands in the dialog, what was answered, and whether something is still missing. The server judges in any case.
 */
import { useQuery } from "@tanstack/react-query";
import { Form } from "antd";
import type { ReactNode } from "react";
import { requestFieldsQuery } from "~/api/queries/requests";
import type { RequestOperation } from "~/api/types";
import { Failure } from "~/parts/states";
import { AnswerFields } from "./AnswerFields";

type Answers = Record<string, unknown>;

interface Asked {
  block: ReactNode;
  /** As the body of the call wants it: nothing where nothing was answered. */
  said: { fields?: Answers };
  missing: boolean;
}

const given = (value: unknown) => value !== undefined && value !== null && value !== "";

export function useAskedFields(
  operation: RequestOperation,
  environmentId: string | undefined,
  begin?: Answers,
): Asked {
  const [form] = Form.useForm<{ fields?: Answers }>();
  const asked = useQuery(requestFieldsQuery(environmentId, operation));
  const answers = Form.useWatch("fields", form) ?? {};
  // What lies in no environment is asked only for what is asked everywhere.
  const items = (asked.data?.items ?? []).filter((one) => environmentId || one.environment_ids.length === 0);
  const fields = Object.fromEntries(Object.entries(answers).filter(([, value]) => given(value)));
  return {
    block: asked.isError ? (
      <Failure error={asked.error} retry={() => void asked.refetch()} />
    ) : (
      // The dialog's own form sends it.
      <Form form={form} component={false} layout="vertical">
        <AnswerFields asked={items} begin={begin} />
      </Form>
    ),
    said: Object.keys(fields).length > 0 ? { fields } : {},
    missing: !asked.data || items.some(({ name, required }) => required && !given(fields[name])),
  };
}
