import { queryOptions } from "@tanstack/react-query";
import { api, call } from "~/api/client";
import { keys } from "~/api/keys";
import type { components } from "~/api/schema";
import { etag } from "./vms";

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

type Schemas = components["schemas"];

/** What a connection would be good for; nothing is saved. */
export const checkCluster = (body: components["schemas"]["CheckCluster"]) =>
  call(api.POST("/clusters/check", { body }));

export const registerCluster = (body: Schemas["RegisterCluster"]) => call(api.POST("/clusters", { body }));

export const updateCluster = (id: string, version: number, body: Schemas["UpdateCluster"]) =>
  call(
    api.PATCH("/clusters/{id}", { params: { path: { id }, header: { "If-Match": etag(version) } }, body }),
  );

export const rotateCluster = (id: string, body: Schemas["RotateCluster"]) =>
  call(api.POST("/clusters/{id}/rotate", { params: { path: { id } }, body }));

export const removeCluster = (id: string) => call(api.DELETE("/clusters/{id}", { params: { path: { id } } }));
