/**
 * Errors as the server sends them (RFC 9457 `application/problem+json`) and as the console shows them.
 * A problem is shown by its stable `code` in the person's language; a code this build does not know falls back to
 * the server's English. Every failure carries a code that can be quoted, also those that never reached the server.
 */
import type { TFunction } from "i18next";

export interface FieldProblem {
  pointer: string;
  code: string;
  detail: string;
}

export interface ProblemBody {
  status: number;
  code: string;
  title: string;
  detail?: string;
  params: Record<string, unknown>;
  errors: FieldProblem[];
  request_id?: string;
}

export class ApiProblem extends Error {
  readonly body: ProblemBody;

  constructor(body: ProblemBody) {
    super(`${body.code}: ${body.detail ?? body.title}`);
    this.name = "ApiProblem";
    this.body = body;
  }

  get status(): number {
    return this.body.status;
  }

  get code(): string {
    return this.body.code;
  }
}

function isProblem(value: unknown): value is ProblemBody {
  return typeof value === "object" && value !== null && typeof (value as ProblemBody).code === "string";
}

/** Makes an `ApiProblem` of whatever a failed call gave: a problem document, another body, or nothing at all. */
export function toProblem(error: unknown, status = 0): ApiProblem {
  if (error instanceof ApiProblem) return error;
  if (isProblem(error)) {
    const truth = status === 0 ? error.status : status;
    return new ApiProblem({
      ...error,
      status: truth,
      params: error.params ?? {},
      errors: error.errors ?? [],
    });
  }
  const code = status === 0 ? "SERVER_UNREACHABLE" : "UNEXPECTED_ANSWER";
  return new ApiProblem({ status, code, title: code, params: { status }, errors: [] });
}

/** The one page for both cases: the caller cannot tell "does not exist" from "not shared with you". */
export function isNotFound(error: unknown): boolean {
  return error instanceof ApiProblem && error.status === 404;
}

/** Any coded statement of the server: a problem, a field error, a policy reason. */
export interface Coded {
  code: string;
  params?: Record<string, unknown>;
  fallback: string;
}

/** Whether words ask for a value that was not sent: the server's English says more than a sentence with a hole. */
function hasGap(words: unknown, params: Record<string, unknown> = {}): boolean {
  if (typeof words !== "string") return false;
  const names = [...words.matchAll(/{{\s*(\w+)/g)].map(([, name]) => name ?? "");
  return names.some((name) => name !== "count" && params[name] == null);
}

/** The sentence for a code in the current language, or the server's own English. */
export function translateCoded(t: TFunction, coded: Coded): string {
  // Codes that only later pages can meet have their words there; until those are loaded the server's English stands in.
  const key = [`codes.${coded.code}`, `moreCodes.${coded.code}`];
  const needed = coded.params?.needed;
  const say = (options: object): unknown =>
    (t as (key: string[], options: object) => unknown)(key, {
      ...coded.params,
      // "One person" and "two people" are two forms of one message.
      ...(typeof needed === "number" ? { count: needed } : {}),
      defaultValue: coded.fallback,
      ...options,
    });
  const text = say({});
  if (typeof text !== "string" || key.includes(text)) return coded.fallback;
  return hasGap(say({ skipInterpolation: true }), coded.params) ? coded.fallback : text;
}

export function problemText(t: TFunction, problem: ApiProblem): string {
  const { code, params, detail, title } = problem.body;
  return translateCoded(t, { code, params, fallback: detail ?? title });
}
