import { queryOptions } from "@tanstack/react-query";
import { api, call } from "~/api/client";
import { keys } from "~/api/keys";

const branch = (part: string, filters: object = {}) => [...keys.lists("catalogue"), part, filters] as const;
const minutes = 5 * 60_000;

export const environmentsQuery = queryOptions({
  queryKey: branch("environments"),
  queryFn: ({ signal }) => call(api.GET("/environments", { signal })),
  staleTime: minutes,
});

export const namespacesQuery = (filters: { system_id?: string; environment_id?: string } = {}) =>
  queryOptions({
    queryKey: branch("namespaces", filters),
    queryFn: ({ signal }) =>
      call(api.GET("/namespaces", { params: { query: { ...filters, limit: 200 } }, signal })),
    staleTime: minutes,
  });

/** Zones and storage of the clusters that take VMs there. */
export const placementChoicesQuery = (environment: string) =>
  queryOptions({
    queryKey: branch("placement", { environment }),
    queryFn: ({ signal }) =>
      call(api.GET("/placement_choices", { params: { query: { environment_id: environment } }, signal })),
    staleTime: minutes,
  });

export const templatesQuery = queryOptions({
  queryKey: branch("templates"),
  queryFn: ({ signal }) => call(api.GET("/templates", { params: { query: { limit: 200 } }, signal })),
  staleTime: minutes,
});

export const sizesQuery = queryOptions({
  queryKey: branch("sizes"),
  queryFn: ({ signal }) => call(api.GET("/sizes", { params: { query: { limit: 200 } }, signal })),
  staleTime: minutes,
});
