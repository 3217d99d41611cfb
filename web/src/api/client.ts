/**
 * The one HTTP client. Types come from the contract (`schema.d.ts`, generated); every failure leaves as an
 * `ApiProblem`, so callers see one kind of error whether the server refused, broke, or was not reached.
 */
import createClient from "openapi-fetch";
import { toProblem } from "./problem";
import type { paths } from "./schema";

export const api = createClient<paths>({
  baseUrl: "/api/v1",
  credentials: "same-origin",
  fetch: (request) => globalThis.fetch(request),
});

/** The answer of a call, or a thrown `ApiProblem`. */
export async function call<T>(
  pending: Promise<{ data?: T; error?: unknown; response: Response }>,
): Promise<T> {
  let result: { data?: T; error?: unknown; response: Response };
  try {
    result = await pending;
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === "AbortError") throw cause;
    throw toProblem(undefined, 0);
  }
  if (!result.response.ok) throw toProblem(result.error, result.response.status);
  return result.data as T;
}
