/** Approval policies: what is in force, every version there was, and what they would decide. */
import { queryOptions } from "@tanstack/react-query";
import { api, call } from "~/api/client";
import { keys } from "~/api/keys";
import type { components } from "~/api/schema";
import { etag } from "./vms";

type Schemas = components["schemas"];
export type Policy = Schemas["Policy"];
export type PolicyHistory = Schemas["PolicyHistory"];
export type PolicyContent = Schemas["UpdatePolicy"];
export type PolicyRequirement = Schemas["PolicyRequirement"];
export type Explanation = Schemas["Explanation"];
export type PassingCandidate = Schemas["PassingCandidate"];

export const policiesQuery = (retired = false) =>
  queryOptions({
    queryKey: keys.list("policies", { retired }),
    queryFn: ({ signal }) =>
      call(api.GET("/policies", { params: { query: retired ? { retired } : {} }, signal })),
  });

export const policyQuery = (id: string) =>
  queryOptions({
    queryKey: keys.one("policies", id),
    queryFn: ({ signal }) => call(api.GET("/policies/{id}", { params: { path: { id } }, signal })),
  });

export const createPolicy = (body: Schemas["CreatePolicy"], key: string) =>
  call(api.POST("/policies", { params: { header: { "Idempotency-Key": key } }, body }));

const onVersion = (id: string, version: number) => ({ path: { id }, header: { "If-Match": etag(version) } });

export const updatePolicy = (id: string, version: number, body: PolicyContent) =>
  call(api.PUT("/policies/{id}", { params: onVersion(id, version), body }));

export const retirePolicy = (id: string, version: number) =>
  call(api.DELETE("/policies/{id}", { params: onVersion(id, version) }));

/** What policy says of a wish that is not submitted, or of a request that is. Changes nothing. */
export const explainQuery = (about: { vm: Schemas["RequestVm"] } | { request_id: string }) =>
  queryOptions({
    queryKey: [...keys.lists("policies"), "explain", about],
    queryFn: ({ signal }) => call(api.POST("/policies/explain", { body: about, signal })),
    retry: false,
    staleTime: 0,
  });
