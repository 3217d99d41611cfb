import { queryOptions } from "@tanstack/react-query";
import { api, call } from "~/api/client";
import { keys } from "~/api/keys";

export const sshKeysQuery = queryOptions({
  queryKey: keys.list("me", { part: "ssh_keys" }),
  queryFn: ({ signal }) => call(api.GET("/me/ssh_keys", { signal })),
});

export const tokensQuery = queryOptions({
  queryKey: keys.list("me", { part: "tokens" }),
  queryFn: ({ signal }) => call(api.GET("/me/tokens", { signal })),
});

export const sessionsQuery = queryOptions({
  queryKey: keys.list("me", { part: "sessions" }),
  queryFn: ({ signal }) => call(api.GET("/me/sessions", { signal })),
});

export const addSshKey = (body: { name: string; public_key: string }, key: string) =>
  call(api.POST("/me/ssh_keys", { params: { header: { "Idempotency-Key": key } }, body }));

export const removeSshKey = (id: string) =>
  call(api.DELETE("/me/ssh_keys/{id}", { params: { path: { id } } }));
export const createToken = (body: { name: string; days: number }) => call(api.POST("/me/tokens", { body }));
export const revokeToken = (id: string) => call(api.DELETE("/me/tokens/{id}", { params: { path: { id } } }));
export const revokeSession = (id: string) =>
  call(api.DELETE("/me/sessions/{id}", { params: { path: { id } } }));
export const changePassword = (body: { current: string; new: string }) =>
  call(api.POST("/me/password", { body }));
export const updateMe = (body: { display_name?: string; locale?: "en" | "zh" }) =>
  call(api.PATCH("/me", { body }));
