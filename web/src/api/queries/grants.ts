/** Places: members of a System, and what people and groups are in one Service or VM. */
import { queryOptions } from "@tanstack/react-query";
import { api, call } from "~/api/client";
import { keys } from "~/api/keys";
import type { components } from "~/api/schema";

type Schemas = components["schemas"];
export type Grant = Schemas["Grant"];
export type CreateGrant = Schemas["CreateGrant"];
export type PlaceKind = "system" | "service" | "vm";

const resource = { system: "systems", service: "services", vm: "vms" } as const;

/** More than the first hundred are a matter for a group; the page says so. */
export const grantsQuery = (kind: PlaceKind, id: string) =>
  queryOptions({
    queryKey: keys.of(resource[kind], id, "grants"),
    queryFn: ({ signal }) => {
      const params = { path: { id }, query: { limit: 100 } };
      if (kind === "system") return call(api.GET("/systems/{id}/grants", { params, signal }));
      if (kind === "service") return call(api.GET("/services/{id}/grants", { params, signal }));
      return call(api.GET("/vms/{id}/grants", { params, signal }));
    },
  });

export const createGrant = (body: CreateGrant, key: string) =>
  call(api.POST("/grants", { params: { header: { "Idempotency-Key": key } }, body }));

export const removeGrant = (id: string) => call(api.DELETE("/grants/{id}", { params: { path: { id } } }));

export const setMember = (system: string, person: string, role: Schemas["MemberRole"]) =>
  call(
    api.PUT("/systems/{id}/members/{principal_id}", {
      params: { path: { id: system, principal_id: person } },
      body: { role },
    }),
  );

export const removeMember = (system: string, person: string) =>
  call(
    api.DELETE("/systems/{id}/members/{principal_id}", {
      params: { path: { id: system, principal_id: person } },
    }),
  );
