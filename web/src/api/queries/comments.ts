import { api, call } from "~/api/client";
import { keys } from "~/api/keys";
import { pagedQuery, pageSize } from "./paging";

/** What people said about a request, oldest first. A live change of the request makes it stale. */
export const commentsQuery = (requestId: string) => {
  const query = pagedQuery("requests", { comments: requestId }, (cursor, signal) =>
    call(
      api.GET("/requests/{id}/comments", {
        params: { path: { id: requestId }, query: { limit: pageSize, ...(cursor ? { cursor } : {}) } },
        signal,
      }),
    ),
  );
  return {
    ...query,
    queryKey: keys.of("requests", requestId, "comments") as unknown as typeof query.queryKey,
  };
};

export const addComment = (requestId: string, text: string, key: string) =>
  call(
    api.POST("/requests/{id}/comments", {
      params: { path: { id: requestId }, header: { "Idempotency-Key": key } },
      body: { text },
    }),
  );
