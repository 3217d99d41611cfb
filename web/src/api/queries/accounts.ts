/** Service accounts: programs that act, each with a person who answers for it. */
import { queryOptions } from "@tanstack/react-query";
import { api, call } from "~/api/client";
import { keys } from "~/api/keys";
import type { components } from "~/api/schema";
import { pagedQuery, pageSize } from "./paging";
import { etag } from "./vms";

type Schemas = components["schemas"];
export type ServiceAccount = Schemas["ServiceAccount"];

export const accountsQuery = (filters: { q?: string } = {}) => {
  const query = pagedQuery("people", filters, (cursor, signal) =>
    call(
      api.GET("/service_accounts", {
        params: { query: { ...filters, limit: pageSize, ...(cursor ? { cursor } : {}) } },
        signal,
      }),
    ),
  );
  const queryKey = [...keys.lists("people"), "accounts", filters];
  return { ...query, queryKey: queryKey as unknown as typeof query.queryKey };
};

export const accountQuery = (id: string) =>
  queryOptions({
    queryKey: keys.of("people", id, "account"),
    queryFn: ({ signal }) => call(api.GET("/service_accounts/{id}", { params: { path: { id } }, signal })),
  });

/** Those that I answer for. */
export const myAccountsQuery = queryOptions({
  queryKey: keys.list("me", { part: "accounts" }),
  queryFn: ({ signal }) => call(api.GET("/me/service_accounts", { signal })),
});

export const createAccount = (body: Schemas["CreateServiceAccount"], key: string) =>
  call(api.POST("/service_accounts", { params: { header: { "Idempotency-Key": key } }, body }));

export const updateAccount = (id: string, version: number, body: Schemas["UpdateServiceAccount"]) =>
  call(
    api.PATCH("/service_accounts/{id}", {
      params: { path: { id }, header: { "If-Match": etag(version) } },
      body,
    }),
  );

export const accountTokensQuery = (id: string) =>
  queryOptions({
    queryKey: keys.of("people", id, "tokens"),
    queryFn: ({ signal }) =>
      call(api.GET("/service_accounts/{id}/tokens", { params: { path: { id } }, signal })),
  });

export const createAccountToken = (id: string, body: Schemas["CreateToken"]) =>
  call(api.POST("/service_accounts/{id}/tokens", { params: { path: { id } }, body }));

export const revokeAccountToken = (id: string, tokenId: string) =>
  call(
    api.DELETE("/service_accounts/{id}/tokens/{token_id}", {
      params: { path: { id, token_id: tokenId } },
    }),
  );
