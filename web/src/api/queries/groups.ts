/** Groups: people and service accounts that hold roles together. */
import { queryOptions } from "@tanstack/react-query";
import { api, call } from "~/api/client";
import { keys } from "~/api/keys";
import type { components } from "~/api/schema";
import { pagedQuery, pageSize } from "./paging";
import { etag } from "./vms";

type Schemas = components["schemas"];

export const groupsQuery = (filters: { q?: string } = {}) =>
  pagedQuery("groups", filters, (cursor, signal) =>
    call(
      api.GET("/groups", {
        params: { query: { ...filters, limit: pageSize, ...(cursor ? { cursor } : {}) } },
        signal,
      }),
    ),
  );

/** A short list without paging, for a field or the palette. */
export const fewGroupsQuery = (filters: { q?: string }, limit: number) =>
  queryOptions({
    queryKey: [...keys.lists("groups"), "few", filters, limit],
    queryFn: ({ signal }) => call(api.GET("/groups", { params: { query: { ...filters, limit } }, signal })),
  });

export const groupQuery = (id: string) =>
  queryOptions({
    queryKey: keys.one("groups", id),
    queryFn: ({ signal }) => call(api.GET("/groups/{id}", { params: { path: { id } }, signal })),
  });

export const groupMembersQuery = (id: string, filters: { q?: string } = {}) => {
  const query = pagedQuery("groups", filters, (cursor, signal) =>
    call(
      api.GET("/groups/{id}/members", {
        params: { path: { id }, query: { ...filters, limit: pageSize, ...(cursor ? { cursor } : {}) } },
        signal,
      }),
    ),
  );
  const queryKey = [...keys.of("groups", id, "members"), filters];
  return { ...query, queryKey: queryKey as unknown as typeof query.queryKey };
};

export const createGroup = (body: Schemas["CreateGroup"], key: string) =>
  call(api.POST("/groups", { params: { header: { "Idempotency-Key": key } }, body }));

export const updateGroup = (id: string, version: number, body: Schemas["UpdateGroup"]) =>
  call(api.PATCH("/groups/{id}", { params: { path: { id }, header: { "If-Match": etag(version) } }, body }));

export const deleteGroup = (id: string) => call(api.DELETE("/groups/{id}", { params: { path: { id } } }));

export const addGroupMember = (id: string, principal_id: string) =>
  call(api.PUT("/groups/{id}/members/{principal_id}", { params: { path: { id, principal_id } } }));

export const removeGroupMember = (id: string, principal_id: string) =>
  call(api.DELETE("/groups/{id}/members/{principal_id}", { params: { path: { id, principal_id } } }));

export const addGroupBinding = (id: string, body: Schemas["AddBinding"], key: string) =>
  call(
    api.POST("/groups/{id}/bindings", {
      params: { path: { id }, header: { "Idempotency-Key": key } },
      body,
    }),
  );

export const removeGroupBinding = (id: string, bindingId: string) =>
  call(api.DELETE("/groups/{id}/bindings/{binding_id}", { params: { path: { id, binding_id: bindingId } } }));
