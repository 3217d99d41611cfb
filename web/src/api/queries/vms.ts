import { queryOptions } from "@tanstack/react-query";
import { api, call } from "~/api/client";
import { keys } from "~/api/keys";
import type { paths } from "~/api/schema";
import type { ConsoleKind } from "~/api/types";
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

export interface PowerOrder {
  verb: PowerVerb;
  reason?: string;
  force?: boolean;
  grace_seconds?: number;
}

export function orderPower(id: string, order: PowerOrder, key: string) {
  const params = { path: { id }, header: { "Idempotency-Key": key } };
  const reason = order.reason ? { reason: order.reason } : {};
  if (order.verb === "stop") {
    const { verb: _, ...body } = order;
    return call(api.POST("/vms/{id}/stop", { params, body }));
  }
  return call(api.POST(`/vms/{id}/${order.verb}` as const, { params, body: reason }));
}

export function orderDelete(id: string, body: { reason?: string; confirm_name: string }, key: string) {
  return call(
    api.POST("/vms/{id}/delete", { params: { path: { id }, header: { "Idempotency-Key": key } }, body }),
  );
}

export function setDeleteProtection(id: string, version: number, delete_protected: boolean) {
  const params = { path: { id }, header: { "If-Match": etag(version) } };
  return call(api.PATCH("/vms/{id}", { params, body: { delete_protected } }));
}

/** The entity tag of a version, as the server writes it. */
export function etag(version: number): string {
  return `"${version}"`;
}

export function askConsole(id: string, kind: ConsoleKind, reason?: string) {
  const body = { kind, ...(reason ? { reason } : {}) };
  return call(api.POST("/vms/{id}/console", { params: { path: { id } }, body }));
}

export function consoleTicket(requestId: string) {
  return call(api.POST("/requests/{id}/console_ticket", { params: { path: { id: requestId } } }));
}
