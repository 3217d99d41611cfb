import { queryOptions } from "@tanstack/react-query";
import { api, call } from "~/api/client";
import { keys } from "~/api/keys";
import type { DraftVm } from "~/api/types";
import { pagedQuery, pageSize } from "./paging";
import { etag } from "./vms";

/** One's own wishes that are not handed in yet, newest first. */
export const draftsQuery = pagedQuery("drafts", {}, (cursor, signal) =>
  call(api.GET("/drafts", { params: { query: { limit: pageSize, ...(cursor ? { cursor } : {}) } }, signal })),
);

export const draftQuery = (id: string) =>
  queryOptions({
    queryKey: keys.one("drafts", id),
    queryFn: ({ signal }) => call(api.GET("/drafts/{id}", { params: { path: { id } }, signal })),
  });

export const createDraft = (body: DraftVm, key: string) =>
  call(api.POST("/drafts", { params: { header: { "Idempotency-Key": key } }, body }));

export const updateDraft = (id: string, version: number, body: DraftVm) =>
  call(api.PUT("/drafts/{id}", { params: { path: { id }, header: { "If-Match": etag(version) } }, body }));

export const discardDraft = (id: string) => call(api.DELETE("/drafts/{id}", { params: { path: { id } } }));

export const submitDraft = (id: string, key: string) =>
  call(api.POST("/drafts/{id}/submit", { params: { path: { id }, header: { "Idempotency-Key": key } } }));
