import { queryOptions } from "@tanstack/react-query";
import { api, call } from "~/api/client";
import { keys } from "~/api/keys";
import type { paths } from "~/api/schema";
import type { ConsoleKind, ModifyVm } from "~/api/types";
import { pagedQuery, pageSize } from "./paging";

export type VmFilters = Omit<NonNullable<paths["/vms"]["get"]["parameters"]["query"]>, "cursor" | "limit">;

export const vmsQuery = (filters: VmFilters = {}) =>
  pagedQuery("vms", filters, (cursor, signal) =>
    call(
      api.GET("/vms", {
        params: { query: { ...filters, limit: pageSize, ...(cursor ? { cursor } : {}) } },
        signal,
      }),
    ),
  );

/** A short list without paging, for a panel or the palette. */
export const fewVmsQuery = (filters: VmFilters, limit: number) =>
  queryOptions({
    queryKey: [...keys.lists("vms"), "few", filters, limit],
    queryFn: ({ signal }) => call(api.GET("/vms", { params: { query: { ...filters, limit } }, signal })),
  });

export const vmQuery = (id: string) =>
  queryOptions({
    queryKey: keys.one("vms", id),
    queryFn: ({ signal }) => call(api.GET("/vms/{id}", { params: { path: { id } }, signal })),
  });

export const timelineQuery = (id: string) => {
  const query = pagedQuery("vms", { timeline: id }, (cursor, signal) =>
    call(
      api.GET("/vms/{id}/timeline", {
        params: { path: { id }, query: { limit: 50, ...(cursor ? { cursor } : {}) } },
        signal,
      }),
    ),
  );
  return { ...query, queryKey: keys.of("vms", id, "timeline") as unknown as typeof query.queryKey };
};

export const operationQuery = (id: string) =>
  queryOptions({
    queryKey: keys.one("operations", id),
    queryFn: ({ signal }) => call(api.GET("/operations/{id}", { params: { path: { id } }, signal })),
  });

export const operationsQuery = (vmId: string) =>
  queryOptions({
    queryKey: keys.of("vms", vmId, "operations"),
    queryFn: ({ signal }) =>
      call(api.GET("/vms/{id}/operations", { params: { path: { id: vmId }, query: { limit: 20 } }, signal })),
  });

export type PowerVerb = "start" | "stop" | "restart" | "pause" | "unpause";

/** What is said beside the act. */
export interface Said {
  reason?: string;
  fields?: Record<string, unknown>;
}

export interface PowerOrder extends Said {
  verb: PowerVerb;
  force?: boolean;
  grace_seconds?: number;
}

export function orderPower(id: string, order: PowerOrder, key: string) {
  const params = { path: { id }, header: { "Idempotency-Key": key } };
  const { verb, force, grace_seconds, ...said } = order;
  if (verb === "stop") {
    const how = force ? { force } : grace_seconds ? { grace_seconds } : {};
    return call(api.POST("/vms/{id}/stop", { params, body: { ...said, ...how } }));
  }
  return call(api.POST(`/vms/{id}/${verb}` as const, { params, body: said }));
}

export function orderDelete(id: string, body: Said & { confirm_name: string }, key: string) {
  return call(
    api.POST("/vms/{id}/delete", { params: { path: { id }, header: { "Idempotency-Key": key } }, body }),
  );
}

/** Removes what is in the trash before its time. */
export function orderPurge(id: string, body: Said & { confirm_name: string }, key: string) {
  return call(
    api.POST("/vms/{id}/purge", { params: { path: { id }, header: { "Idempotency-Key": key } }, body }),
  );
}

export function orderRestore(id: string, body: Said, key: string) {
  return call(
    api.POST("/vms/{id}/restore", { params: { path: { id }, header: { "Idempotency-Key": key } }, body }),
  );
}

export function orderModify(id: string, body: ModifyVm, key: string) {
  return call(
    api.POST("/vms/{id}/modify", { params: { path: { id }, header: { "Idempotency-Key": key } }, body }),
  );
}

/** What a change would mean: asked again on every choice, the last answer stays in view meanwhile. */
export const modifyPreflightQuery = (id: string, body: ModifyVm | null) =>
  queryOptions({
    queryKey: ["preflight", "modify", id, body],
    queryFn: ({ signal }) =>
      call(
        api.POST("/vms/{id}/modify/preflight", { params: { path: { id } }, body: body as ModifyVm, signal }),
      ),
    enabled: body !== null,
    placeholderData: (previous) => previous,
    retry: false,
    staleTime: 0,
    gcTime: 60_000,
  });

/** What stands beside a VM and needs nobody's agreement. */
export function setBeside(
  id: string,
  version: number,
  body: { delete_protected?: boolean; description?: string },
) {
  const params = { path: { id }, header: { "If-Match": etag(version) } };
  return call(api.PATCH("/vms/{id}", { params, body }));
}

/** The entity tag of a version, as the server writes it. */
export function etag(version: number): string {
  return `"${version}"`;
}

export function askConsole(id: string, kind: ConsoleKind, said: { fields?: Record<string, unknown> } = {}) {
  const body = { kind, ...said };
  return call(api.POST("/vms/{id}/console", { params: { path: { id } }, body }));
}

export function consoleTicket(requestId: string) {
  return call(api.POST("/requests/{id}/console_ticket", { params: { path: { id: requestId } } }));
}
