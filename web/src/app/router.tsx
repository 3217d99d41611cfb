/**
 * The map of the console. Pages load when they are opened; search parameters are typed, so a filtered list is a link.
 * Everything inside the shell needs a session; without one the sign-in page opens and leads back afterwards.
 */
import type { QueryClient } from "@tanstack/react-query";
import { createRoute, createRouter, lazyRouteComponent } from "@tanstack/react-router";
import { BrokenPage } from "~/frame/BrokenPage";
import { adminRoutes } from "./router-admin";
import { inShell, plain, rootRoute, shellRoute, tab, withWords } from "./router-shell";
import * as read from "./search";
import { inboxSearch, requestsSearch, vmsSearch } from "./searches";

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
      read.defined({
        service: read.id(raw, "service"),
        like: read.id(raw, "like"),
        from: read.id(raw, "from"),
        draft: read.id(raw, "draft"),
      }),
    component: lazyRouteComponent(() => import("~/pages/requests/RequestVm"), "RequestVm"),
  }),
  createRoute({
    ...inShell("/requests/$requestId"),
    validateSearch: plain,
    component: lazyRouteComponent(() => import("~/pages/requests/RequestPage"), "RequestPage"),
  }),
  createRoute({
    ...inShell("/requests/$requestId/edit"),
    validateSearch: plain,
    component: lazyRouteComponent(() => import("~/pages/requests/EditRequest"), "EditRequestPage"),
  }),
  createRoute({
    ...inShell("/approvals"),
    validateSearch: (raw: read.RawSearch) => read.defined({ id: read.id(raw, "id") }),
    component: lazyRouteComponent(() => import("~/pages/approvals/Approvals"), "Approvals"),
  }),
  createRoute({
    ...inShell("/inbox"),
    validateSearch: inboxSearch,
    component: lazyRouteComponent(
      withWords(() => import("~/pages/inbox/InboxPage")),
      "InboxPage",
    ),
  }),
  createRoute({
    ...inShell("/systems"),
    validateSearch: (raw: read.RawSearch) =>
      read.defined({ q: read.text(raw, "q"), new: read.flag(raw, "new"), join: read.flag(raw, "join") }),
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
    ...inShell("/pools"),
    validateSearch: (raw: read.RawSearch) =>
      read.defined({ q: read.text(raw, "q"), attention: read.flag(raw, "attention") }),
    component: lazyRouteComponent(
      withWords(() => import("~/pages/pools/PoolList")),
      "PoolList",
    ),
  }),
  createRoute({
    ...inShell("/pools/new"),
    validateSearch: (raw: read.RawSearch) => read.defined({ service: read.id(raw, "service") }),
    component: lazyRouteComponent(
      withWords(() => import("~/pages/pools/NewPool")),
      "NewPool",
    ),
  }),
  createRoute({
    ...inShell("/pools/$poolId"),
    validateSearch: tab,
    component: lazyRouteComponent(
      withWords(() => import("~/pages/pools/PoolPage")),
      "PoolPage",
    ),
  }),
  createRoute({
    ...inShell("/me"),
    validateSearch: tab,
    component: lazyRouteComponent(() => import("~/pages/me/Me"), "Me"),
  }),
] as const;

const routeTree = rootRoute.addChildren([
  signInRoute,
  passwordRoute,
  shellRoute.addChildren([...shellRoutes, ...adminRoutes]),
]);

export function makeRouter(client: QueryClient) {
  return createRouter({
    routeTree,
    context: { client },
    defaultPreload: "intent",
    defaultErrorComponent: BrokenPage,
    defaultPendingMs: 400,
    scrollRestoration: true,
    // The page scrolls inside the frame.
    scrollToTopSelectors: ["#main"],
  });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof makeRouter>;
  }
}
