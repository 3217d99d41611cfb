/** What the palette offers for a text: places and actions at once, objects as the server finds them. */
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import {
  Bookmark,
  Boxes,
  CircleUser,
  type LucideIcon,
  Moon,
  NotebookPen,
  Package,
  Plus,
  SquareStack,
  Sun,
  Zap,
} from "lucide-react";
import { createElement, type ReactNode, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { fewServicesQuery, fewSystemsQuery } from "~/api/queries/systems";
import { fewVmsQuery } from "~/api/queries/vms";
import { usePageCommands } from "~/app/page-commands";
import { useSession } from "~/app/session";
import { useViews } from "~/app/views";
import { StateGlyph } from "~/parts/StateBadge";
import { tones } from "~/parts/tones";
import { useTheme } from "~/theme/theme";
import { adminActions } from "./admin-actions";
import { places } from "./Rail";

export interface Command {
  key: string;
  label: string;
  hint?: string;
  icon?: LucideIcon;
  glyph?: ReactNode;
  mono?: boolean;
  run: () => void;
}

export interface CommandGroup {
  title: string;
  commands: Command[];
}

/** The text, once typing has paused: one search per pause, not per key. */
function usePaused(text: string): string {
  const [paused, setPaused] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setPaused(text), 160);
    return () => clearTimeout(timer);
  }, [text]);
  return paused;
}

export function usePaletteCommands(text: string): { groups: CommandGroup[]; settled: boolean } {
  const { t } = useTranslation();
  const wanted = text.trim().toLowerCase();
  const paused = usePaused(wanted);
  const local = useLocalCommands().map((group) => ({
    ...group,
    commands: group.commands.filter((command) => command.label.toLowerCase().includes(wanted)),
  }));
  const navigate = useNavigate();
  const enabled = paused !== "";
  const filter = { q: paused };
  const vms = useQuery({ ...fewVmsQuery(filter, 8), enabled });
  const systems = useQuery({ ...fewSystemsQuery(filter, 4), enabled });
  const services = useQuery({ ...fewServicesQuery(filter, 6), enabled });
  const found: CommandGroup[] = !enabled
    ? []
    : [
        {
          title: t("frame.palette.vms"),
          commands: (vms.data?.items ?? []).map((vm) => ({
            key: vm.id,
            label: vm.name,
            mono: true,
            hint: vm.environment.title,
            glyph: createElement(StateGlyph, { tone: tones.power(vm.power) }),
            run: () => void navigate({ to: "/vms/$vmId", params: { vmId: vm.id }, search: {} }),
          })),
        },
        {
          title: t("frame.palette.services"),
          commands: (services.data?.items ?? []).map((service) => ({
            key: service.id,
            label: `${service.system.name} / ${service.name}`,
            mono: true,
            icon: Package,
            run: () =>
              void navigate({ to: "/services/$serviceId", params: { serviceId: service.id }, search: {} }),
          })),
        },
        {
          title: t("frame.palette.systems"),
          commands: (systems.data?.items ?? []).map((system) => ({
            key: system.id,
            label: system.name,
            mono: true,
            icon: Boxes,
            run: () =>
              void navigate({ to: "/systems/$systemId", params: { systemId: system.id }, search: {} }),
          })),
        },
      ];
  const groups = [...found, ...local].filter((group) => group.commands.length > 0);
  const settled = paused === wanted && !vms.isFetching && !systems.isFetching && !services.isFetching;
  return { groups, settled };
}

function useLocalCommands(): CommandGroup[] {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const { permissions } = useSession();
  const { name, choose } = useTheme();
  const page = usePageCommands().map((command) => ({ ...command, key: `page-${command.key}`, icon: Zap }));
  const act: Command[] = [];
  if (permissions.includes("vm:create"))
    act.push({
      key: "request-vm",
      label: t("requests.new.title"),
      icon: Plus,
      run: () => void navigate({ to: "/requests/new", search: {} }),
    });
  if (permissions.includes("system:create"))
    act.push({
      key: "new-system",
      label: t("systems.new.title"),
      icon: Plus,
      run: () => void navigate({ to: "/systems", search: { new: true } }),
    });
  act.push(...adminActions(t, navigate, permissions));
  act.push({
    key: "theme",
    label: `${t("frame.theme")}: ${t(name === "dark" ? "frame.themeLight" : "frame.themeDark")}`,
    icon: name === "dark" ? Sun : Moon,
    run: () => choose(name === "dark" ? "light" : "dark"),
  });
  const go: Command[] = places
    .filter((place) => !place.needs || permissions.includes(place.needs))
    .map((place) => ({
      key: `go-${place.word}`,
      label: t(`frame.${place.word}`),
      icon: place.icon ?? SquareStack,
      run: () => void navigate({ to: place.to ?? "/" }),
    }));
  go.push({
    key: "go-me",
    label: t("frame.me"),
    icon: CircleUser,
    run: () => void navigate({ to: "/me", search: {} }),
  });
  go.push({
    key: "go-drafts",
    label: `${t("frame.requests")}: ${t("requests.drafts.tab")}`,
    icon: NotebookPen,
    run: () => void navigate({ to: "/requests", search: { whose: "drafts" } }),
  });
  const saved: Command[] = useViews()
    .views.filter(({ list }) => list !== "audit" || permissions.includes("audit:read"))
    .map((view) => ({
      key: `view-${view.list}-${view.name}`,
      label: view.name,
      hint: t(`frame.${view.list}`),
      icon: Bookmark,
      run: () => void navigate({ to: `/${view.list}`, search: view.search as never }),
    }));
  return [
    { title: t("frame.palette.page"), commands: page },
    { title: t("frame.palette.views"), commands: saved },
    { title: t("frame.palette.act"), commands: act },
    { title: t("frame.palette.go"), commands: go },
  ];
}
