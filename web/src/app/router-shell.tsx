/** The root of the map, the frame that all signed-in pages stand in, and what their routes are made with. */
import type { QueryClient } from "@tanstack/react-query";
import {
  createRootRouteWithContext,
  createRoute,
  lazyRouteComponent,
  Outlet,
  redirect,
  retainSearchParams,
} from "@tanstack/react-router";
import { currentSession } from "~/api/queries/session";
import { BrokenPage } from "~/frame/BrokenPage";
import { NowherePage } from "~/frame/NowherePage";
import { moreMessages } from "~/i18n/languages";
import * as read from "./search";

interface Context {
  client: QueryClient;
}

export const rootRoute = createRootRouteWithContext<Context>()({
  component: Outlet,
  notFoundComponent: NowherePage,
  errorComponent: BrokenPage,
});

export const shellRoute = createRoute({
  getParentRoute: () => rootRoute,
  id: "shell",
  // The environment filter of the top bar belongs to the address and travels with every link.
  validateSearch: (raw: read.RawSearch) => read.defined({ env: read.text(raw, "env", 20) }),
  search: { middlewares: [retainSearchParams(["env"])] },
  beforeLoad: async ({ context, location }) => {
    const next = location.href;
    const session = await currentSession(context.client);
    if (!session) throw redirect({ to: "/sign-in", search: next === "/" ? {} : { next } });
    if (session.must_change_password) throw redirect({ to: "/new-password", search: { next } });
    return { session };
  },
  component: lazyRouteComponent(() => import("~/frame/Shell"), "Shell"),
});

export const inShell = <Path extends string>(path: Path) => ({ getParentRoute: () => shellRoute, path });
export const tab = (raw: read.RawSearch) => read.defined({ tab: read.text(raw, "tab", 20) });
export const plain = () => ({});

/** A page outside the first one's words: they load together with its code. */
export const withWords =
  <Page,>(load: () => Promise<Page>) =>
  async (): Promise<Page> => {
    const [page] = await Promise.all([load(), moreMessages()]);
    return page;
  };
