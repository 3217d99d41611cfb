import { type QueryClient, queryOptions } from "@tanstack/react-query";
import { api, call } from "~/api/client";
import { keys } from "~/api/keys";
import type { Session } from "~/api/types";

/** Who is signed in. Asked only where somebody is: see `currentSession`. */
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

/**
 * The session, or nothing where nobody is signed in. That is asked of the public options first: to be signed out is no
 * error, and a refused call would stand as one in the browser's log.
 */
export async function currentSession(client: QueryClient): Promise<Session | null> {
  const known = client.getQueryData(sessionQuery.queryKey);
  if (known) return known;
  const options = await client.ensureQueryData(sessionOptionsQuery);
  return options.signed_in ? client.ensureQueryData(sessionQuery) : null;
}

/** Somebody has signed in; what was known before about nobody is over. */
export function keepSession(client: QueryClient, session: Session): void {
  client.removeQueries({ queryKey: sessionOptionsQuery.queryKey });
  client.setQueryData(sessionQuery.queryKey, session);
}

export const signIn = (name: string, password: string) =>
  call(api.POST("/session", { body: { name, password } }));
export const signInAsSample = (name: string) => call(api.POST("/session/sample", { body: { name } }));
export const signOut = () => call(api.DELETE("/session", {}));
