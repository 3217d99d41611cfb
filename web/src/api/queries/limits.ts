/** How much people may ask for at a time, and for whom that does not hold. */
import { queryOptions } from "@tanstack/react-query";
import { api, call } from "~/api/client";
import { keys } from "~/api/keys";
import type { components } from "~/api/schema";
import { etag } from "./vms";

type Schemas = components["schemas"];
export type Limits = Schemas["Limits"];
export type LimitsBody = Schemas["UpdateLimits"];
export type Exemption = Schemas["LimitExemption"];

export const limitsQuery = queryOptions({
  queryKey: keys.list("policies", { part: "limits" }),
  queryFn: ({ signal }) => call(api.GET("/limits", { signal })),
});

export const exemptionsQuery = queryOptions({
  queryKey: keys.list("policies", { part: "exemptions" }),
  queryFn: ({ signal }) => call(api.GET("/limits/exemptions", { signal })),
});

/** Sets all of them, unless somebody else has set them since. */
export const updateLimits = (version: number, body: LimitsBody) =>
  call(api.PUT("/limits", { params: { header: { "If-Match": etag(version) } }, body }));

export const exempt = (id: string, body: Schemas["ExemptFromLimits"]) =>
  call(api.PUT("/limits/exemptions/{id}", { params: { path: { id } }, body }));

export const endExemption = (id: string) =>
  call(api.DELETE("/limits/exemptions/{id}", { params: { path: { id } } }));
