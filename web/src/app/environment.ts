import { useQuery } from "@tanstack/react-query";
import { useSearch } from "@tanstack/react-router";
import { environmentsQuery } from "~/api/queries/catalogue";
import type { Environment } from "~/api/types";

/** The environment chosen in the top bar, if any. Lists show only what is in it. */
export function useEnvironment(): Environment | undefined {
  const { env } = useSearch({ from: "/shell" });
  const { data } = useQuery(environmentsQuery);
  return data?.items.find((environment) => environment.name === env);
}
