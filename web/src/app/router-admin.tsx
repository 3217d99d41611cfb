/** The pages of those who run the platform: clusters, catalogue, people, audit. */
import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { inShell, plain, tab, withWords } from "./router-shell";
import * as read from "./search";
import { accessSearch, auditSearch, policiesSearch, unmanagedSearch } from "./searches";

const newOrSearch = (raw: read.RawSearch) =>
  read.defined({ q: read.text(raw, "q"), new: read.flag(raw, "new") });

export const adminRoutes = [
  createRoute({
    ...inShell("/clusters"),
    validateSearch: (raw: read.RawSearch) => read.defined({ new: read.flag(raw, "new") }),
    component: lazyRouteComponent(
      withWords(() => import("~/pages/clusters/ClusterList")),
      "ClusterList",
    ),
  }),
  createRoute({
    ...inShell("/clusters/unmanaged"),
    validateSearch: unmanagedSearch,
    component: lazyRouteComponent(
      withWords(() => import("~/pages/clusters/UnmanagedList")),
      "UnmanagedList",
    ),
  }),
  createRoute({
    ...inShell("/clusters/$clusterId"),
    validateSearch: tab,
    component: lazyRouteComponent(
      withWords(() => import("~/pages/clusters/ClusterPage")),
      "ClusterPage",
    ),
  }),
  createRoute({
    ...inShell("/catalogue"),
    validateSearch: (raw: read.RawSearch) =>
      read.defined({ tab: read.text(raw, "tab", 20), new: read.flag(raw, "new") }),
    component: lazyRouteComponent(
      withWords(() => import("~/pages/catalogue/Catalogue")),
      "Catalogue",
    ),
  }),
  createRoute({
    ...inShell("/catalogue/templates/new"),
    validateSearch: plain,
    component: lazyRouteComponent(
      withWords(() => import("~/pages/catalogue/TemplateEditor")),
      "NewTemplate",
    ),
  }),
  createRoute({
    ...inShell("/catalogue/templates/$templateId"),
    validateSearch: (raw: read.RawSearch) => read.defined({ version: read.whole(raw, "version") }),
    component: lazyRouteComponent(
      withWords(() => import("~/pages/catalogue/TemplatePage")),
      "TemplatePage",
    ),
  }),
  createRoute({
    ...inShell("/catalogue/templates/$templateId/publish"),
    validateSearch: plain,
    component: lazyRouteComponent(
      withWords(() => import("~/pages/catalogue/TemplateEditor")),
      "NewTemplateVersion",
    ),
  }),
  createRoute({
    ...inShell("/catalogue/sizes/$sizeId"),
    validateSearch: plain,
    component: lazyRouteComponent(
      withWords(() => import("~/pages/catalogue/SizePage")),
      "SizePage",
    ),
  }),
  createRoute({
    ...inShell("/policies"),
    validateSearch: policiesSearch,
    component: lazyRouteComponent(
      withWords(() => import("~/pages/policies/PolicyList")),
      "PolicyList",
    ),
  }),
  createRoute({
    ...inShell("/policies/new"),
    validateSearch: plain,
    component: lazyRouteComponent(
      withWords(() => import("~/pages/policies/PolicyEditor")),
      "NewPolicy",
    ),
  }),
  createRoute({
    ...inShell("/policies/explain"),
    validateSearch: (raw: read.RawSearch) => read.defined({ request: read.id(raw, "request") }),
    component: lazyRouteComponent(
      withWords(() => import("~/pages/policies/ExplainRequest")),
      "ExplainRequest",
    ),
  }),
  createRoute({
    ...inShell("/policies/$policyId"),
    validateSearch: (raw: read.RawSearch) => read.defined({ version: read.whole(raw, "version") }),
    component: lazyRouteComponent(
      withWords(() => import("~/pages/policies/PolicyPage")),
      "PolicyPage",
    ),
  }),
  createRoute({
    ...inShell("/policies/$policyId/edit"),
    validateSearch: (raw: read.RawSearch) => read.defined({ from: read.whole(raw, "from") }),
    component: lazyRouteComponent(
      withWords(() => import("~/pages/policies/PolicyEditor")),
      "EditPolicy",
    ),
  }),
  createRoute({
    ...inShell("/people"),
    validateSearch: newOrSearch,
    component: lazyRouteComponent(
      withWords(() => import("~/pages/people/PeopleList")),
      "PeopleList",
    ),
  }),
  createRoute({
    ...inShell("/people/groups"),
    validateSearch: newOrSearch,
    component: lazyRouteComponent(
      withWords(() => import("~/pages/people/GroupList")),
      "GroupList",
    ),
  }),
  createRoute({
    ...inShell("/people/groups/$groupId"),
    validateSearch: tab,
    component: lazyRouteComponent(
      withWords(() => import("~/pages/people/GroupPage")),
      "GroupPage",
    ),
  }),
  createRoute({
    ...inShell("/people/roles"),
    validateSearch: (raw: read.RawSearch) => read.defined({ new: read.flag(raw, "new") }),
    component: lazyRouteComponent(
      withWords(() => import("~/pages/people/Roles")),
      "Roles",
    ),
  }),
  createRoute({
    ...inShell("/people/accounts"),
    validateSearch: newOrSearch,
    component: lazyRouteComponent(
      withWords(() => import("~/pages/people/AccountList")),
      "AccountList",
    ),
  }),
  createRoute({
    ...inShell("/people/accounts/$accountId"),
    validateSearch: tab,
    component: lazyRouteComponent(
      withWords(() => import("~/pages/people/AccountPage")),
      "AccountPage",
    ),
  }),
  createRoute({
    ...inShell("/people/access"),
    validateSearch: accessSearch,
    component: lazyRouteComponent(
      withWords(() => import("~/pages/access/Access")),
      "Access",
    ),
  }),
  createRoute({
    ...inShell("/people/limits"),
    validateSearch: plain,
    component: lazyRouteComponent(
      withWords(() => import("~/pages/people/LimitsPage")),
      "LimitsPage",
    ),
  }),
  createRoute({
    ...inShell("/people/transfers"),
    validateSearch: plain,
    component: lazyRouteComponent(
      withWords(() => import("~/pages/people/Transfers")),
      "Transfers",
    ),
  }),
  createRoute({
    ...inShell("/people/$personId"),
    validateSearch: tab,
    component: lazyRouteComponent(
      withWords(() => import("~/pages/people/PersonPage")),
      "PersonPage",
    ),
  }),
  createRoute({
    ...inShell("/audit"),
    validateSearch: auditSearch,
    component: lazyRouteComponent(
      withWords(() => import("~/pages/audit/Audit")),
      "Audit",
    ),
  }),
  createRoute({
    ...inShell("/audit/checkpoints"),
    validateSearch: plain,
    component: lazyRouteComponent(
      withWords(() => import("~/pages/audit/Checkpoints")),
      "Checkpoints",
    ),
  }),
] as const;
