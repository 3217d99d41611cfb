import { queryOptions } from "@tanstack/react-query";
import { api, call } from "~/api/client";
import { randomKey } from "~/api/idempotency";
import { keys } from "~/api/keys";
import type { InboxFilter, MarkInbox } from "~/api/types";
import { pagedQuery } from "./paging";

const rows = 50;

/** How much is unread; a live event of the inbox makes it stale. */
export const inboxCountQuery = queryOptions({
  queryKey: ["inbox", "count"] as const,
  queryFn: ({ signal }) => call(api.GET("/inbox/count", { signal })),
});

/** The newest unread rows, as the bell shows them. */
export const inboxNewsQuery = queryOptions({
  queryKey: ["inbox", "news"] as const,
  queryFn: ({ signal }) =>
    call(api.GET("/inbox", { params: { query: { unread: true, limit: 10 } }, signal })),
});

export const inboxQuery = (filter: InboxFilter) =>
  pagedQuery("inbox", filter, (cursor, signal) =>
    call(
      api.GET("/inbox", {
        params: { query: { ...filter, limit: rows, ...(cursor ? { cursor } : {}) } },
        signal,
      }),
    ),
  );

export const markInbox = (body: MarkInbox) =>
  call(api.POST("/inbox/mark", { params: { header: { "Idempotency-Key": randomKey() } }, body }));

export const inboxKey = keys.all("inbox");
