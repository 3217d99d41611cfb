/** What an organisation asks for beside the VM, and which fields of KubeVirt templates may set. */
import { queryOptions } from "@tanstack/react-query";
import { api, call } from "~/api/client";
import { keys } from "~/api/keys";
import type { components } from "~/api/schema";
import { etag } from "./vms";

type Schemas = components["schemas"];
export type RequestField = Schemas["RequestField"];
export type CreateRequestField = Schemas["CreateRequestField"];

export const requestFieldsQuery = (retired: boolean) =>
  queryOptions({
    queryKey: [...keys.lists("catalogue"), "fields", { retired }] as const,
    queryFn: ({ signal }) =>
      call(api.GET("/request_fields", { params: { query: retired ? { retired } : {} }, signal })),
  });

export const createRequestField = (body: CreateRequestField, key: string) =>
  call(api.POST("/request_fields", { params: { header: { "Idempotency-Key": key } }, body }));

export const retireRequestField = (id: string, key: string) =>
  call(
    api.POST("/request_fields/{id}/retire", {
      params: { path: { id }, header: { "Idempotency-Key": key } },
    }),
  );

export const advancedPathsQuery = queryOptions({
  queryKey: [...keys.lists("catalogue"), "advanced-paths"] as const,
  queryFn: ({ signal }) => call(api.GET("/templates/advanced_paths", { signal })),
});

export const setAdvancedPaths = (version: number, paths: string[]) =>
  call(
    api.PUT("/templates/advanced_paths", {
      params: { header: { "If-Match": etag(version) } },
      body: { paths },
    }),
  );
