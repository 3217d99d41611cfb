/** People and the roles they hold. */
import { queryOptions } from "@tanstack/react-query";
import { api, call } from "~/api/client";
import { keys } from "~/api/keys";
import type { components } from "~/api/schema";
import { pagedQuery, pageSize } from "./paging";
import { etag } from "./vms";

type Schemas = components["schemas"];

export const peopleQuery = (filters: { q?: string } = {}) =>
  pagedQuery("people", filters, (cursor, signal) =>
    call(
      api.GET("/people", {
        params: { query: { ...filters, limit: pageSize, ...(cursor ? { cursor } : {}) } },
        signal,
      }),
    ),
  );

/** A short list without paging, for a field or the palette. */
export const fewPeopleQuery = (filters: { q?: string }, limit: number) =>
  queryOptions({
    queryKey: [...keys.lists("people"), "few", filters, limit],
    queryFn: ({ signal }) => call(api.GET("/people", { params: { query: { ...filters, limit } }, signal })),
  });

export const personQuery = (id: string) =>
  queryOptions({
    queryKey: keys.one("people", id),
    queryFn: ({ signal }) => call(api.GET("/people/{id}", { params: { path: { id } }, signal })),
  });

export const rolesQuery = queryOptions({
  queryKey: keys.list("roles"),
  queryFn: ({ signal }) => call(api.GET("/roles", { signal })),
  staleTime: 60_000,
});

export const createPerson = (body: Schemas["CreatePerson"]) => call(api.POST("/people", { body }));

export const updatePerson = (id: string, version: number, body: Schemas["UpdatePerson"]) =>
  call(api.PATCH("/people/{id}", { params: { path: { id }, header: { "If-Match": etag(version) } }, body }));

export const resetPassword = (id: string) =>
  call(api.POST("/people/{id}/password", { params: { path: { id } } }));

export const addBinding = (id: string, body: Schemas["AddBinding"], key: string) =>
  call(
    api.POST("/people/{id}/bindings", {
      params: { path: { id }, header: { "Idempotency-Key": key } },
      body,
    }),
  );

export const removeBinding = (id: string, bindingId: string) =>
  call(api.DELETE("/people/{id}/bindings/{binding_id}", { params: { path: { id, binding_id: bindingId } } }));
