/** One submit of a form: its idempotency key, its server errors at their fields, and what follows when it is done. */
import { useMutation } from "@tanstack/react-query";
import type { FormInstance } from "antd";
import { useSubmitKey } from "~/api/idempotency";
import { useServerErrors } from "./form";

interface Options<Values, Result> {
  /** The top-level fields of the body that have a place on the form; errors elsewhere are shown above the button. */
  fields: readonly string[];
  send: (values: Values, key: string) => Promise<Result>;
  onDone: (result: Result) => void;
}

export function useSubmit<Values, Result>(form: FormInstance<Values>, options: Options<Values, Result>) {
  const key = useSubmitKey();
  const { show, clear, problem } = useServerErrors(form, options.fields);
  const submit = useMutation({
    mutationFn: (values: Values) => options.send(values, key.for(values)),
    onMutate: clear,
    onError: show,
    onSuccess: (result) => {
      key.finish();
      options.onDone(result);
    },
  });
  return { submit: submit.mutate, pending: submit.isPending, problem };
}
