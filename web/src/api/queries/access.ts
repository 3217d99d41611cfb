/** Who may do what where, and why; roles, and Systems that need a new owner. */
import { queryOptions } from "@tanstack/react-query";
import { api, call } from "~/api/client";
import { keys } from "~/api/keys";
import type { components, paths } from "~/api/schema";
import { pagedQuery } from "./paging";
import { etag } from "./vms";

type Schemas = components["schemas"];
export type AccessVerdict = Schemas["AccessVerdict"];
export type AccessHolder = Schemas["AccessHolder"];
export type PermissionInfo = Schemas["PermissionInfo"];
export type Transfer = Schemas["Transfer"];

export type Asked = NonNullable<paths["/access/explain"]["get"]["parameters"]["query"]>;

/** Answers change with roles, groups and places of anybody: never old. */
export const explainAccessQuery = (asked: Asked) =>
  queryOptions({
    queryKey: [...keys.lists("people"), "access", asked] as const,
    queryFn: ({ signal }) => call(api.GET("/access/explain", { params: { query: asked }, signal })),
    staleTime: 0,
  });

export const whoQuery = (asked: Omit<Asked, "principal_id"> & { permission: string }) => {
  const query = pagedQuery("people", asked, (cursor, signal) =>
    call(
      api.GET("/access/who", {
        params: { query: { ...asked, limit: 50, ...(cursor ? { cursor } : {}) } },
        signal,
      }),
    ),
  );
  const queryKey = [...keys.lists("people"), "who", asked];
  return { ...query, queryKey: queryKey as unknown as typeof query.queryKey };
};

export const permissionsQuery = queryOptions({
  queryKey: keys.list("roles", { part: "permissions" }),
  queryFn: ({ signal }) => call(api.GET("/permissions", { signal })),
  staleTime: Number.POSITIVE_INFINITY,
});

export const createRole = (body: Schemas["CreateRole"], key: string) =>
  call(api.POST("/roles", { params: { header: { "Idempotency-Key": key } }, body }));

export const updateRole = (id: string, version: number, body: Schemas["UpdateRole"]) =>
  call(api.PATCH("/roles/{id}", { params: { path: { id }, header: { "If-Match": etag(version) } }, body }));

export const deleteRole = (id: string) => call(api.DELETE("/roles/{id}", { params: { path: { id } } }));

export const transfersQuery = (open: boolean) =>
  queryOptions({
    queryKey: [...keys.lists("systems"), "transfers", { open }] as const,
    queryFn: ({ signal }) =>
      call(api.GET("/ownership_transfers", { params: { query: { open, limit: 100 } }, signal })),
  });

export const resolveTransfer = (id: string, owner_id: string, key: string) =>
  call(
    api.POST("/ownership_transfers/{id}/resolve", {
      params: { path: { id }, header: { "Idempotency-Key": key } },
      body: { owner_id },
    }),
  );
