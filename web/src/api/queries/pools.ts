import { queryOptions } from "@tanstack/react-query";
import { api, call } from "~/api/client";
import { keys } from "~/api/keys";
import type { components } from "~/api/schema";
import { pagedQuery, pageSize } from "./paging";

type Schemas = components["schemas"];
export type Pool = Schemas["Pool"];
export type PoolSummary = Schemas["PoolSummary"];
export type PoolMember = Schemas["PoolMember"];
export type PoolAct = Schemas["PoolAct"];
export type PoolClass = Schemas["PoolClass"];
export type PoolProgress = Schemas["PoolProgress"];
export type PoolHealth = Schemas["PoolHealth"];
export type RequestPool = Schemas["RequestPool"];
export type ChangePool = Schemas["ChangePool"];

export interface PoolFilters {
  q?: string;
  service_id?: string;
  environment_id?: string;
  attention?: boolean;
}

export const poolsQuery = (filters: PoolFilters = {}) =>
  pagedQuery("pools", filters, (cursor, signal) =>
    call(
      api.GET("/pools", {
        params: { query: { ...filters, limit: pageSize, ...(cursor ? { cursor } : {}) } },
        signal,
      }),
    ),
  );

export const poolQuery = (id: string) =>
  queryOptions({
    queryKey: keys.one("pools", id),
    queryFn: ({ signal }) => call(api.GET("/pools/{id}", { params: { path: { id } }, signal })),
  });

export const poolMembersQuery = (id: string) =>
  queryOptions({
    queryKey: keys.of("pools", id, "members"),
    queryFn: ({ signal }) => call(api.GET("/pools/{id}/members", { params: { path: { id } }, signal })),
  });

/** What it did lately. */
export const poolActsQuery = (id: string) =>
  queryOptions({
    queryKey: keys.of("pools", id, "acts"),
    queryFn: ({ signal }) =>
      call(api.GET("/pools/{id}/acts", { params: { path: { id }, query: { limit: 50 } }, signal })),
  });

const headed = (id: string, key: string) => ({ path: { id }, header: { "Idempotency-Key": key } });

export const scalePool = (id: string, body: Schemas["ScalePool"], key: string) =>
  call(api.POST("/pools/{id}/scale", { params: headed(id, key), body }));

export const pausePool = (id: string, key: string) =>
  call(api.POST("/pools/{id}/pause", { params: headed(id, key) }));

export const resumePool = (id: string, key: string) =>
  call(api.POST("/pools/{id}/resume", { params: headed(id, key) }));

export const orderPoolDelete = (id: string, body: Schemas["DeletePool"], key: string) =>
  call(api.POST("/pools/{id}/delete", { params: headed(id, key), body }));

export const requestPool = (body: RequestPool, key: string) =>
  call(api.POST("/pools", { params: { header: { "Idempotency-Key": key } }, body }));

export const orderPoolChange = (id: string, body: ChangePool, key: string) =>
  call(api.POST("/pools/{id}/change", { params: headed(id, key), body }));

export const pauseRollout = (id: string, key: string) =>
  call(api.POST("/pools/{id}/rollout/pause", { params: headed(id, key) }));

export const resumeRollout = (id: string, key: string) =>
  call(api.POST("/pools/{id}/rollout/resume", { params: headed(id, key) }));

export const rollBack = (id: string, key: string) =>
  call(api.POST("/pools/{id}/rollback", { params: headed(id, key) }));
