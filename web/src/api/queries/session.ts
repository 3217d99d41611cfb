import { queryOptions } from "@tanstack/react-query";
import { api, call } from "~/api/client";
import { keys } from "~/api/keys";

/** Who is signed in. A 401 is an answer here, not a failure: it leads to the sign-in page. */
export const sessionQuery = queryOptions({
  queryKey: keys.all("session"),
  queryFn: ({ signal }) => call(api.GET("/session", { signal })),
  staleTime: 60_000,
  retry: false,
});

export const sessionOptionsQuery = queryOptions({
  queryKey: ["session-options"],
  queryFn: ({ signal }) => call(api.GET("/session/options", { signal })),
  staleTime: 60_000,
});

export const signIn = (name: string, password: string) =>
  call(api.POST("/session", { body: { name, password } }));
export const signInAsSample = (name: string) => call(api.POST("/session/sample", { body: { name } }));
export const signOut = () => call(api.DELETE("/session", {}));
