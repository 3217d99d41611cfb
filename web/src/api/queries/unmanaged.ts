import { api, call } from "~/api/client";
import type { components, paths } from "~/api/schema";
import { pagedQuery, pageSize } from "./paging";

export type UnmanagedFilters = Omit<
  NonNullable<paths["/unmanaged_vms"]["get"]["parameters"]["query"]>,
  "cursor" | "limit"
>;

/** One of them, with what tells it from all others: clusters know them by UID, and each by its own. */
export type UnmanagedVm = components["schemas"]["UnmanagedVm"] & { id: string };

export const unmanagedQuery = (filters: UnmanagedFilters = {}) =>
  pagedQuery("unmanaged", filters, async (cursor, signal) => {
    const page = await call(
      api.GET("/unmanaged_vms", {
        params: { query: { ...filters, limit: pageSize, ...(cursor ? { cursor } : {}) } },
        signal,
      }),
    );
    return { ...page, items: page.items.map((vm) => ({ ...vm, id: `${vm.cluster.id}/${vm.uid}` })) };
  });
