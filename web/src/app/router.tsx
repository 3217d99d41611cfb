/**
 * The map of the console. Pages load when they are opened; search parameters are typed, so a filtered list is a link.
 * Everything inside the shell needs a session; without one the sign-in page opens and leads back afterwards.
 */
import type { QueryClient } from "@tanstack/react-query";
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
  retainSearchParams,
} from "@tanstack/react-router";
import { currentSession } from "~/api/queries/session";
import { BrokenPage } from "~/frame/BrokenPage";
import { NowherePage } from "~/frame/NowherePage";
import * as read from "./search";
import { auditSearch, requestsSearch, vmsSearch } from "./searches";

interface Context {
  client: QueryClient;
}

const rootRoute = createRootRouteWithContext<Context>()({
  component: Outlet,
  notFoundComponent: NowherePage,
  errorComponent: BrokenPage,
});

const signInRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/sign-in",
  validateSearch: (raw: read.RawSearch) =>
    read.defined({ next: read.text(raw, "next", 2000), why: read.oneOf(raw, "why", ["expired", "out"]) }),
  component: lazyRouteComponent(() => import("~/pages/session/SignIn"), "SignIn"),
});

const passwordRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/new-password",
  validateSearch: (raw: read.RawSearch) => read.defined({ next: read.text(raw, "next", 2000) }),
  component: lazyRouteComponent(() => import("~/pages/session/NewPassword"), "NewPassword"),
});

const shellRoute = createRoute({
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

const inShell = <Path extends string>(path: Path) => ({ getParentRoute: () => shellRoute, path });
const tab = (raw: read.RawSearch) => read.defined({ tab: read.text(raw, "tab", 20) });
const plain = () => ({});

const shellRoutes = [
  createRoute({
    ...inShell("/"),
    component: lazyRouteComponent(() => import("~/pages/home/Home"), "Home"),
  }),
  createRoute({
    ...inShell("/vms"),
    validateSearch: vmsSearch,
    component: lazyRouteComponent(() => import("~/pages/vms/VmList"), "VmList"),
  }),
  createRoute({
    ...inShell("/vms/$vmId"),
    validateSearch: tab,
    component: lazyRouteComponent(() => import("~/pages/vms/VmPage"), "VmPage"),
  }),
  createRoute({
    ...inShell("/requests"),
    validateSearch: requestsSearch,
    component: lazyRouteComponent(() => import("~/pages/requests/RequestList"), "RequestList"),
  }),
  createRoute({
    ...inShell("/requests/new"),
    validateSearch: (raw: read.RawSearch) =>
      read.defined({ service: read.id(raw, "service"), like: read.id(raw, "like") }),
    component: lazyRouteComponent(() => import("~/pages/requests/RequestVm"), "RequestVm"),
  }),
  createRoute({
    ...inShell("/requests/$requestId"),
    validateSearch: plain,
    component: lazyRouteComponent(() => import("~/pages/requests/RequestPage"), "RequestPage"),
  }),
  createRoute({
    ...inShell("/approvals"),
    validateSearch: (raw: read.RawSearch) => read.defined({ id: read.id(raw, "id") }),
    component: lazyRouteComponent(() => import("~/pages/approvals/Approvals"), "Approvals"),
  }),
  createRoute({
    ...inShell("/systems"),
    validateSearch: (raw: read.RawSearch) =>
      read.defined({ q: read.text(raw, "q"), new: read.flag(raw, "new") }),
    component: lazyRouteComponent(() => import("~/pages/systems/SystemList"), "SystemList"),
  }),
  createRoute({
    ...inShell("/systems/$systemId"),
    validateSearch: tab,
    component: lazyRouteComponent(() => import("~/pages/systems/SystemPage"), "SystemPage"),
  }),
  createRoute({
    ...inShell("/services/$serviceId"),
    validateSearch: tab,
    component: lazyRouteComponent(() => import("~/pages/systems/ServicePage"), "ServicePage"),
  }),
  createRoute({
    ...inShell("/clusters"),
    validateSearch: plain,
    component: lazyRouteComponent(() => import("~/pages/clusters/ClusterList"), "ClusterList"),
  }),
  createRoute({
    ...inShell("/clusters/$clusterId"),
    validateSearch: plain,
    component: lazyRouteComponent(() => import("~/pages/clusters/ClusterPage"), "ClusterPage"),
  }),
  createRoute({
    ...inShell("/catalogue"),
    validateSearch: tab,
    component: lazyRouteComponent(() => import("~/pages/catalogue/Catalogue"), "Catalogue"),
  }),
  createRoute({
    ...inShell("/audit"),
    validateSearch: auditSearch,
    component: lazyRouteComponent(() => import("~/pages/audit/Audit"), "Audit"),
  }),
  createRoute({
    ...inShell("/me"),
    validateSearch: tab,
    component: lazyRouteComponent(() => import("~/pages/me/Me"), "Me"),
  }),
] as const;

const routeTree = rootRoute.addChildren([signInRoute, passwordRoute, shellRoute.addChildren(shellRoutes)]);

export function makeRouter(client: QueryClient) {
  return createRouter({
    routeTree,
    context: { client },
    defaultPreload: "intent",
    defaultErrorComponent: BrokenPage,
    defaultPendingMs: 400,
    scrollRestoration: true,
  });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof makeRouter>;
  }
}
