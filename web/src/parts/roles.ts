import type { TFunction } from "i18next";

/** The word for a built-in role, by its name or title; roles that people made keep their own name. */
export function roleName(t: TFunction, role: string): string {
  const key = role.toLowerCase().replace(/[^a-z]+/g, "_");
  return t(`session.roles.${key}` as "session.roles.engineer", { defaultValue: role });
}
