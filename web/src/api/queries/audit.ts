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
