/** Permissions as people say them; the exact name is on hover and in the raw list. */
import type { TFunction } from "i18next";
import { useTranslation } from "react-i18next";
import "./people.css";

export function permissionWord(t: TFunction, permission: string): string {
  const key = permission.replace(/[^a-z]+/g, "_");
  return t(`people.permission.${key}` as "people.permission.vm_read", { defaultValue: permission });
}

export function PermissionWords({ permissions }: { permissions: readonly string[] }) {
  const { t } = useTranslation();
  if (permissions.length === 0) return <p className="soft">{t("people.allowsNothing")}</p>;
  return (
    <ul className="permissions">
      {permissions.map((permission) => (
        <li key={permission} title={permission}>
          {permissionWord(t, permission)}
        </li>
      ))}
    </ul>
  );
}
