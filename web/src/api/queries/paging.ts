/** Cursor paging: a list grows by its `next_cursor`; it is never counted and never jumps. */
import { infiniteQueryOptions } from "@tanstack/react-query";
import { keys, type Resource } from "~/api/keys";

export interface Page<Row> {
  items: Row[];
  next_cursor?: string | null;
}

export const pageSize = 100;

export function pagedQuery<Row>(
  resource: Resource,
  filters: object,
  read: (cursor: string | undefined, signal: AbortSignal) => Promise<Page<Row>>,
) {
  return infiniteQueryOptions({
    queryKey: keys.list(resource, filters),
    queryFn: ({ pageParam, signal }) => read(pageParam, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last: Page<Row>) => last.next_cursor ?? undefined,
  });
}
