import { queryOptions } from "@tanstack/react-query";
import { api, call } from "~/api/client";
import { keys } from "~/api/keys";
import type { components, paths } from "~/api/schema";
import type { RequestOperation, RequestVm } from "~/api/types";
import { pagedQuery, pageSize } from "./paging";
import { etag } from "./vms";

export type RequestFilters = Omit<
  NonNullable<paths["/requests"]["get"]["parameters"]["query"]>,
  "cursor" | "limit"
>;

export const requestsQuery = (filters: RequestFilters = {}) =>
  pagedQuery("requests", filters, (cursor, signal) =>
    call(
      api.GET("/requests", {
        params: { query: { ...filters, limit: pageSize, ...(cursor ? { cursor } : {}) } },
        signal,
      }),
    ),
  );

/** A short list without paging, for a panel or the palette. */
export const fewRequestsQuery = (filters: RequestFilters, limit: number) =>
  queryOptions({
    queryKey: [...keys.lists("requests"), "few", filters, limit],
    queryFn: ({ signal }) => call(api.GET("/requests", { params: { query: { ...filters, limit } }, signal })),
  });

export const requestQuery = (id: string) =>
  queryOptions({
    queryKey: keys.one("requests", id),
    queryFn: ({ signal }) => call(api.GET("/requests/{id}", { params: { path: { id } }, signal })),
  });

/** What would happen: asked again on every change of the form, the last answer stays in view meanwhile. */
export const preflightQuery = (body: RequestVm | null) =>
  queryOptions({
    queryKey: ["preflight", body],
    queryFn: ({ signal }) => call(api.POST("/requests/preflight", { body: body as RequestVm, signal })),
    enabled: body !== null,
    placeholderData: (previous) => previous,
    retry: false,
    staleTime: 0,
    gcTime: 60_000,
  });

const headed = (id: string, key: string) => ({ path: { id }, header: { "Idempotency-Key": key } });

export const submitVm = (body: RequestVm, key: string) =>
  call(api.POST("/requests", { params: { header: { "Idempotency-Key": key } }, body }));

export type Overrides = components["schemas"]["Overrides"];

export interface Approval {
  spec_hash: string;
  comment?: string;
  cluster_id?: string;
  /** Less than was asked for. */
  overrides?: Overrides;
  set_aside?: boolean;
  confirm_name?: string;
}

export const approve = (id: string, body: Approval, key: string) =>
  call(api.POST("/requests/{id}/approve", { params: headed(id, key), body }));

export const reject = (id: string, body: { spec_hash: string; reason: string }, key: string) =>
  call(api.POST("/requests/{id}/reject", { params: headed(id, key), body }));

export const cancel = (id: string, body: { reason?: string }, key: string) =>
  call(api.POST("/requests/{id}/cancel", { params: headed(id, key), body }));

export const askForChanges = (id: string, body: { spec_hash: string; comment: string }, key: string) =>
  call(api.POST("/requests/{id}/request_changes", { params: headed(id, key), body }));

type EditSchema = components["schemas"]["EditRequest"];

/** As the contract has it; the generated type names the schemas where the discriminator names operations. */
export type EditRequest =
  | { operation: "vm.create"; body: RequestVm }
  | { operation: "vm.stop"; body: components["schemas"]["StopVm"] }
  | { operation: "vm.modify"; body: components["schemas"]["ModifyVm"] }
  | { operation: "vm.delete" | "vm.purge"; body: components["schemas"]["DeleteVm"] }
  | { operation: "vm.console"; body: components["schemas"]["OpenConsole"] }
  | { operation: "system.join"; body: components["schemas"]["JoinSystem"] }
  | {
      operation: "vm.start" | "vm.restart" | "vm.pause" | "vm.unpause" | "vm.restore";
      body: components["schemas"]["PowerVm"];
    };

/** Puts a new wording in the place of the one of this version; refused if it is another one by now. */
export const editRequest = (id: string, version: number, edit: EditRequest) =>
  call(
    api.PUT("/requests/{id}", {
      params: { path: { id }, header: { "If-Match": etag(version) } },
      body: edit as unknown as EditSchema,
    }),
  );

/** The fields that an operation asks for in an environment; without one, those asked for everywhere. */
export const requestFieldsQuery = (environmentId: string | undefined, operation: RequestOperation) =>
  queryOptions({
    queryKey: [...keys.lists("catalogue"), "fields", environmentId ?? "", operation],
    queryFn: ({ signal }) =>
      call(
        api.GET("/request_fields", {
          params: { query: { ...(environmentId ? { environment_id: environmentId } : {}), operation } },
          signal,
        }),
      ),
  });

/** Hands over a secret value; it can be named by the id that comes back, and never be read again. */
export const keepSecret = (value: string) => call(api.POST("/secrets", { body: { value } }));
