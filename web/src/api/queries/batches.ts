import { queryOptions } from "@tanstack/react-query";
import { api, call } from "~/api/client";
import { keys } from "~/api/keys";
import type { components } from "~/api/schema";
import { pagedQuery, pageSize } from "./paging";

export type Batch = components["schemas"]["Batch"];
export type BatchChild = components["schemas"]["BatchChild"];
export type RequestVms = components["schemas"]["RequestVms"];
export type BatchPreflight = components["schemas"]["BatchPreflight"];
export type PowerAction = components["schemas"]["PowerAction"];

/** How a batch stands; an event about it makes it stale together with its request. */
export const batchQuery = (id: string) =>
  queryOptions({
    queryKey: [...keys.one("requests", id), "batch"],
    queryFn: ({ signal }) => call(api.GET("/batches/{id}", { params: { path: { id } }, signal })),
  });

export const childrenQuery = (id: string) => {
  const query = pagedQuery("requests", { batch: id }, (cursor, signal) =>
    call(
      api.GET("/batches/{id}/children", {
        params: { path: { id }, query: { limit: pageSize, ...(cursor ? { cursor } : {}) } },
        signal,
      }),
    ),
  );
  const queryKey = [...keys.one("requests", id), "children"] as unknown as typeof query.queryKey;
  return { ...query, queryKey };
};

/** What would become of a batch: asked again on every change, the last answer stays in view meanwhile. */
export const batchPreflightQuery = (body: RequestVms | null) =>
  queryOptions({
    queryKey: ["preflight", "many", body],
    queryFn: ({ signal }) => call(api.POST("/batches/preflight", { body: body as RequestVms, signal })),
    enabled: body !== null,
    placeholderData: (previous) => previous,
    retry: false,
    staleTime: 0,
    gcTime: 60_000,
  });

const keyed = (key: string) => ({ header: { "Idempotency-Key": key } });
const headed = (id: string, key: string) => ({ path: { id }, ...keyed(key) });

export const orderVms = (body: RequestVms, key: string) =>
  call(api.POST("/batches/vms", { params: keyed(key), body }));

export const powerVms = (body: components["schemas"]["PowerVms"], key: string) =>
  call(api.POST("/batches/power", { params: keyed(key), body }));

export const deleteVms = (body: components["schemas"]["DeleteVms"], key: string) =>
  call(api.POST("/batches/delete", { params: keyed(key), body }));

export const retryBatch = (id: string, key: string) =>
  call(api.POST("/batches/{id}/retry", { params: headed(id, key) }));

export const cancelBatch = (id: string, key: string) =>
  call(api.POST("/batches/{id}/cancel", { params: headed(id, key) }));
