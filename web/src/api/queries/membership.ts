import { api, call } from "~/api/client";
import type { MemberRole } from "~/api/types";

export interface Join {
  system: string;
  role: MemberRole;
  reason?: string;
  fields?: Record<string, unknown>;
}

/** Asks to belong to the system of exactly this name. The answer is the same whether there is one. */
export const joinSystem = (body: Join, key: string) =>
  call(api.POST("/memberships", { params: { header: { "Idempotency-Key": key } }, body }));

/** The one person or group of exactly this name, for whoever may not list them. */
export const lookupHolder = (kind: "person" | "group", name: string) =>
  call(api.POST("/holders/lookup", { body: { kind, name } }));
