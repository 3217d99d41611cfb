import { queryOptions } from "@tanstack/react-query";
import { api, call } from "~/api/client";
import { keys } from "~/api/keys";

export const clustersQuery = (filters: { environment_id?: string; q?: string } = {}) =>
  queryOptions({
    queryKey: keys.list("clusters", filters),
    queryFn: ({ signal }) =>
      call(api.GET("/clusters", { params: { query: { ...filters, limit: 200 } }, signal })),
  });

export const clusterQuery = (id: string) =>
  queryOptions({
    queryKey: keys.one("clusters", id),
    queryFn: ({ signal }) => call(api.GET("/clusters/{id}", { params: { path: { id } }, signal })),
  });
