import { queryOptions } from "@tanstack/react-query";
import { api, call } from "~/api/client";
import { keys } from "~/api/keys";
import { pagedQuery, pageSize } from "./paging";

export const systemsQuery = (filters: { q?: string } = {}) =>
  pagedQuery("systems", filters, (cursor, signal) =>
    call(
      api.GET("/systems", {
        params: { query: { ...filters, limit: pageSize, ...(cursor ? { cursor } : {}) } },
        signal,
      }),
    ),
  );

export const fewSystemsQuery = (filters: { q?: string }, limit: number) =>
  queryOptions({
    queryKey: [...keys.lists("systems"), "few", filters, limit],
    queryFn: ({ signal }) => call(api.GET("/systems", { params: { query: { ...filters, limit } }, signal })),
  });

export const systemQuery = (id: string) =>
  queryOptions({
    queryKey: keys.one("systems", id),
    queryFn: ({ signal }) => call(api.GET("/systems/{id}", { params: { path: { id } }, signal })),
  });

export const membersQuery = (id: string) =>
  queryOptions({
    queryKey: keys.of("systems", id, "members"),
    queryFn: ({ signal }) => call(api.GET("/systems/{id}/members", { params: { path: { id } }, signal })),
  });

export const fewServicesQuery = (filters: { q?: string; system_id?: string }, limit: number) =>
  queryOptions({
    queryKey: [...keys.lists("services"), "few", filters, limit],
    queryFn: ({ signal }) => call(api.GET("/services", { params: { query: { ...filters, limit } }, signal })),
  });

export const serviceQuery = (id: string) =>
  queryOptions({
    queryKey: keys.one("services", id),
    queryFn: ({ signal }) => call(api.GET("/services/{id}", { params: { path: { id } }, signal })),
  });

export interface NewSystem {
  name: string;
  description?: string;
}

export const createSystem = (body: NewSystem, key: string) =>
  call(api.POST("/systems", { params: { header: { "Idempotency-Key": key } }, body }));

export const createService = (body: NewSystem & { system_id: string }, key: string) =>
  call(api.POST("/services", { params: { header: { "Idempotency-Key": key } }, body }));

export const deleteSystem = (id: string) => call(api.DELETE("/systems/{id}", { params: { path: { id } } }));
export const deleteService = (id: string) => call(api.DELETE("/services/{id}", { params: { path: { id } } }));
