/**
 * Server answers in forms. A problem's field errors carry JSON pointers into the body; each is shown at its field.
 * What has no field on this form is shown above the button, with its code.
 */
import type { FormInstance } from "antd";
import { CircleAlert } from "lucide-react";
import { useCallback, useState } from "react";
import { useTranslation } from "react-i18next";
import {
  type ApiProblem,
  type Coded,
  type FieldProblem,
  problemText,
  toProblem,
  translateCoded,
} from "~/api/problem";
import { Copyable } from "./Copyable";

/** `/variables/motd~1text` becomes `["variables", "motd/text"]` (RFC 6901). */
export function pointerPath(pointer: string): string[] {
  if (!pointer.startsWith("/")) return [pointer.replace(/^[?{]|}$/g, "")];
  return pointer
    .slice(1)
    .split("/")
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
}

/** The name of a field of the form: rows of a list are counted by numbers there. */
const fieldName = (path: string[]): (string | number)[] =>
  path.map((part) => (/^\d+$/.test(part) ? Number(part) : part));

/** Splits field errors into those a form can show at a field and the rest. */
export function splitErrors(errors: FieldProblem[], fields: readonly string[]) {
  const at: { path: string[]; error: FieldProblem }[] = [];
  const rest: FieldProblem[] = [];
  for (const error of errors) {
    const path = pointerPath(error.pointer);
    if (path[0] !== undefined && fields.includes(path[0])) at.push({ path, error });
    else rest.push(error);
  }
  return { at, rest };
}

/** Where the form's content is only one member of the body: the pointers from there on. */
function inside(errors: FieldProblem[], under: string | undefined): FieldProblem[] {
  if (!under) return errors;
  return errors.map((error) =>
    error.pointer.startsWith(`/${under}/`)
      ? { ...error, pointer: error.pointer.slice(under.length + 1) }
      : error,
  );
}

/** The fault that is told at the top is told with its values; at its field it has them as well. */
function codedOf(field: FieldProblem, problem: ApiProblem): Coded {
  const coded = { code: field.code, fallback: field.detail };
  return field.code === problem.code ? { ...coded, params: problem.body.params } : coded;
}

// biome-ignore lint/suspicious/noExplicitAny: a form of any shape; antd's instance is invariant in it
export function useServerErrors(form: FormInstance<any>, fields: readonly string[], under?: string) {
  const { t } = useTranslation();
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  const clear = useCallback(() => setProblem(null), []);
  const show = (error: unknown) => {
    const found = toProblem(error);
    const { at } = splitErrors(inside(found.body.errors, under), fields);
    form.setFields(
      at.map(({ path, error: field }) => ({
        name: fieldName(path),
        errors: [translateCoded(t, codedOf(field, found))],
      })),
    );
    const first = at[0];
    if (first) form.scrollToField(fieldName(first.path), { block: "center", focus: true });
    const allShown = at.length > 0 && at.length === found.body.errors.length;
    setProblem(allShown ? null : found);
  };
  return { show, clear, problem };
}

export function FormProblem({ problem }: { problem: ApiProblem | null }) {
  const { t } = useTranslation();
  if (!problem) return null;
  return (
    <div className="form-problem" role="alert">
      <CircleAlert size={14} aria-hidden="true" />
      <div className="grow">
        <p>{problemText(t, problem)}</p>
        {problem.body.errors.map((error) => (
          <p key={`${error.pointer} ${error.code}`} className="soft">
            <span className="mono">{error.pointer}</span> {translateCoded(t, codedOf(error, problem))}
          </p>
        ))}
        <Copyable value={problem.code} quiet />
      </div>
    </div>
  );
}
