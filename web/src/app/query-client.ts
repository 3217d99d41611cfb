/** The cache of answers. Live events make answers stale, so nothing is re-read on a timer or on focus. */
import { MutationCache, QueryCache, QueryClient } from "@tanstack/react-query";
import { ApiProblem } from "~/api/problem";

/** `onSignedOut` is called when any call but the sign-in itself is answered 401. */
export function makeQueryClient(onSignedOut: () => void): QueryClient {
  const watch = (error: unknown) => {
    if (error instanceof ApiProblem && error.status === 401 && error.code !== "SIGN_IN_FAILED") onSignedOut();
  };
  return new QueryClient({
    queryCache: new QueryCache({
      onError: (error, query) => {
        if (query.queryKey[0] !== "session") watch(error);
      },
    }),
    mutationCache: new MutationCache({
      onError: (error, _variables, _context, mutation) => {
        if (mutation.meta?.signIn !== true) watch(error);
      },
    }),
    defaultOptions: {
      queries: {
        staleTime: 30_000,
        refetchOnWindowFocus: false,
        // What the server refused, it refuses again; what broke on the way is worth a second and third try.
        retry: (count, error) =>
          count < 2 && (!(error instanceof ApiProblem) || error.status === 0 || error.status >= 502),
        retryDelay: (attempt) => 400 * 2 ** attempt,
      },
    },
  });
}
