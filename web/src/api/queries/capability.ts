import { queryOptions } from "@tanstack/react-query";
import { api, call } from "~/api/client";
import { keys } from "~/api/keys";
import type { components } from "~/api/schema";
import type { Cluster } from "~/api/types";

export type Capability = components["schemas"]["ClusterCapability"];
export type ClusterWork = components["schemas"]["ClusterWork"];

export const capabilityQuery = (id: string) =>
  queryOptions({
    queryKey: keys.of("clusters", id, "capability"),
    queryFn: ({ signal }) => call(api.GET("/clusters/{id}/capability", { params: { path: { id } }, signal })),
  });

export const probeCluster = (id: string) =>
  call(api.POST("/clusters/{id}/probe", { params: { path: { id } } }));

/** Breakers change without an event, so this looks again by itself while it is shown. */
export const workQuery = (id: string) =>
  queryOptions({
    queryKey: keys.of("clusters", id, "work"),
    queryFn: ({ signal }) => call(api.GET("/clusters/{id}/work", { params: { path: { id } }, signal })),
    refetchInterval: 5000,
  });

export const manifestQuery = (mode: Cluster["mode"]) =>
  queryOptions({
    queryKey: [...keys.lists("clusters"), "manifest", mode],
    queryFn: ({ signal }) => call(api.GET("/cluster_manifest", { params: { query: { mode } }, signal })),
    staleTime: Number.POSITIVE_INFINITY,
  });
