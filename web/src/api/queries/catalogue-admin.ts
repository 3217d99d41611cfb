/** What changes the catalogue; reading it is in `catalogue.ts`. */
import { queryOptions } from "@tanstack/react-query";
import { api, call } from "~/api/client";
import { keys } from "~/api/keys";
import type { components } from "~/api/schema";
import { etag } from "./vms";

type Schemas = components["schemas"];
const once = (key: string) => ({ header: { "Idempotency-Key": key } });
const at = (id: string, key: string) => ({ path: { id }, ...once(key) });

/** One template with all its versions; the list shows only the newest ten. */
export const templateQuery = (id: string) =>
  queryOptions({
    queryKey: [...keys.lists("catalogue"), "template", id] as const,
    queryFn: ({ signal }) => call(api.GET("/templates/{id}", { params: { path: { id } }, signal })),
  });

export const createEnvironment = (body: Schemas["CreateEnvironment"], key: string) =>
  call(api.POST("/environments", { params: once(key), body }));

export const createNamespace = (body: Schemas["CreateNamespace"], key: string) =>
  call(api.POST("/namespaces", { params: once(key), body }));

export const deleteNamespace = (id: string) =>
  call(api.DELETE("/namespaces/{id}", { params: { path: { id } } }));

export const createTemplate = (body: Schemas["CreateTemplate"], key: string) =>
  call(api.POST("/templates", { params: once(key), body }));

export const publishTemplate = (id: string, body: Schemas["TemplateContent"], key: string) =>
  call(api.POST("/templates/{id}/versions", { params: at(id, key), body }));

export const createSize = (body: Schemas["CreateSize"], key: string) =>
  call(api.POST("/sizes", { params: once(key), body }));

export const publishSize = (id: string, body: Schemas["SizeContent"], key: string) =>
  call(api.POST("/sizes/{id}/versions", { params: at(id, key), body }));

export type VersionKind = "template" | "size";

export function setVersionState(
  kind: VersionKind,
  id: string,
  body: Schemas["SetCatalogueState"],
): Promise<unknown> {
  const params = { path: { id } };
  return kind === "template"
    ? call(api.POST("/template_versions/{id}/state", { params, body }))
    : call(api.POST("/size_versions/{id}/state", { params, body }));
}

export const sizeQuery = (id: string) =>
  queryOptions({
    queryKey: [...keys.lists("catalogue"), "size", id] as const,
    queryFn: ({ signal }) => call(api.GET("/sizes/{id}", { params: { path: { id } }, signal })),
  });

const onVersion = (id: string, version: number) => ({ path: { id }, header: { "If-Match": etag(version) } });

export const updateTemplate = (id: string, version: number, body: Schemas["UpdateTemplate"]) =>
  call(api.PATCH("/templates/{id}", { params: onVersion(id, version), body }));

export const updateSize = (id: string, version: number, body: Schemas["UpdateSize"]) =>
  call(api.PATCH("/sizes/{id}", { params: onVersion(id, version), body }));

export const networksQuery = queryOptions({
  queryKey: [...keys.lists("catalogue"), "networks"] as const,
  queryFn: ({ signal }) => call(api.GET("/networks", { params: { query: { limit: 200 } }, signal })),
});

export const createNetwork = (body: Schemas["CreateNetwork"], key: string) =>
  call(api.POST("/networks", { params: once(key), body }));

export const updateNetwork = (id: string, version: number, body: Schemas["UpdateNetwork"]) =>
  call(api.PATCH("/networks/{id}", { params: onVersion(id, version), body }));

/** What a template would give a guest; changes nothing. */
export const previewTemplate = (body: Schemas["PreviewTemplate"]) =>
  call(api.POST("/templates/preview", { body }));
