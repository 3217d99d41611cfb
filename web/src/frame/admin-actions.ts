/** What those who run the platform can begin from the palette: each opens the form on its own page. */
import type { useNavigate } from "@tanstack/react-router";
import type { TFunction } from "i18next";
import { Plus } from "lucide-react";
import type { Command } from "./use-palette-commands";

type Navigate = ReturnType<typeof useNavigate>;

export function adminActions(t: TFunction, navigate: Navigate, permissions: readonly string[]): Command[] {
  const may = (permission: string) => permissions.includes(permission);
  const found: Command[] = [];
  const offer = (key: string, label: string, run: () => unknown) =>
    found.push({ key, label, icon: Plus, run: () => void run() });
  const catalogue = (tab: string) => () => navigate({ to: "/catalogue", search: { tab, new: true } });
  if (may("catalogue:manage")) {
    offer("new-template", t("frame.palette.newTemplate"), () => navigate({ to: "/catalogue/templates/new" }));
    offer("new-size", t("frame.palette.newSize"), catalogue("sizes"));
    offer("new-network", t("frame.palette.newNetwork"), catalogue("networks"));
    offer("new-namespace", t("frame.palette.newNamespace"), catalogue("namespaces"));
    offer("new-field", t("frame.palette.newField"), catalogue("fields"));
    offer("new-environment", t("frame.palette.newEnvironment"), catalogue("environments"));
  }
  if (may("cluster:manage"))
    offer("register-cluster", t("frame.palette.registerCluster"), () =>
      navigate({ to: "/clusters", search: { new: true } }),
    );
  if (may("policy:manage"))
    offer("new-policy", t("frame.palette.newPolicy"), () => navigate({ to: "/policies/new" }));
  if (may("user:manage"))
    offer("new-person", t("frame.palette.newPerson"), () =>
      navigate({ to: "/people", search: { new: true } }),
    );
  if (may("user:manage"))
    offer("new-account", t("frame.palette.newAccount"), () =>
      navigate({ to: "/people/accounts", search: { new: true } }),
    );
  if (may("role:grant"))
    offer("new-group", t("frame.palette.newGroup"), () =>
      navigate({ to: "/people/groups", search: { new: true } }),
    );
  if (may("role:grant"))
    offer("new-role", t("frame.palette.newRole"), () =>
      navigate({ to: "/people/roles", search: { new: true } }),
    );
  if (may("user:read")) offer("who-may", t("frame.palette.whoMay"), () => navigate({ to: "/people/access" }));
  return found;
}
