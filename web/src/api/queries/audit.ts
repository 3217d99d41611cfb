import { queryOptions } from "@tanstack/react-query";
import { api, call } from "~/api/client";
import { keys } from "~/api/keys";
import type { paths } from "~/api/schema";
import { pagedQuery, pageSize } from "./paging";

export type AuditFilters = Omit<
  NonNullable<paths["/audit"]["get"]["parameters"]["query"]>,
  "cursor" | "limit"
>;

export const auditQuery = (filters: AuditFilters = {}) =>
  pagedQuery("audit", filters, (cursor, signal) =>
    call(
      api.GET("/audit", {
        params: { query: { ...filters, limit: pageSize, ...(cursor ? { cursor } : {}) } },
        signal,
      }),
    ),
  );

export const auditEventQuery = (id: number) =>
  queryOptions({
    queryKey: keys.one("audit", String(id)),
    queryFn: ({ signal }) => call(api.GET("/audit/{id}", { params: { path: { id } }, signal })),
    staleTime: Number.POSITIVE_INFINITY,
  });

/** The proof that an event is in the sealed log; refused with a code until it is sealed. */
export const auditProofQuery = (id: number) =>
  queryOptions({
    queryKey: keys.of("audit", String(id), "proof"),
    queryFn: ({ signal }) => call(api.GET("/audit/{id}/proof", { params: { path: { id } }, signal })),
    retry: false,
    staleTime: 60_000,
  });

export const checkpointsQuery = pagedQuery("audit", { part: "checkpoints" }, (cursor, signal) =>
  call(
    api.GET("/audit/checkpoints", {
      params: { query: { limit: 50, ...(cursor ? { cursor } : {}) } },
      signal,
    }),
  ),
);

export const auditKeysQuery = queryOptions({
  queryKey: [...keys.all("audit"), "keys"] as const,
  queryFn: ({ signal }) => call(api.GET("/audit/key", { signal })),
  staleTime: 60_000,
});

export const sealAudit = () => call(api.POST("/audit/checkpoints", {}));
