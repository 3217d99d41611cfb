/**
 * What a request is about: a VM at its place, or a system as a whole, which lies in no environment. The two are told apart
 * by what they have.
 */
import type { EnvironmentRef, Request, RequestSummary } from "~/api/types";
import { EnvironmentLabel } from "./EnvironmentLabel";

type Asked = Request | RequestSummary;

/** Where the VM is, or is to be made. */
export function placeOf({ target }: Asked) {
  return "service" in target ? target : null;
}

/** The system somebody asks to belong to; `system` in it is there for whoever may know of it. */
export function joinedOf({ target }: Asked) {
  return "service" in target ? null : target;
}

export function environmentOf(request: Asked): EnvironmentRef | null {
  return placeOf(request)?.environment ?? null;
}

/** The environment, where there is one. */
export function RequestEnvironment({ request }: { request: Asked }) {
  const environment = environmentOf(request);
  return environment && <EnvironmentLabel environment={environment} />;
}
