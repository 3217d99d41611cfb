import { queryOptions } from "@tanstack/react-query";
import { api, call } from "~/api/client";
import { keys } from "~/api/keys";

export const homeQuery = queryOptions({
  queryKey: keys.all("home"),
  queryFn: ({ signal }) => call(api.GET("/home", { signal })),
});
