/** The left rail: where one can go. What the person's roles do not reach is not shown. */
import { useQuery } from "@tanstack/react-query";
import { Link, type LinkProps } from "@tanstack/react-router";
import {
  BookOpen,
  Boxes,
  House,
  Layers,
  type LucideIcon,
  PanelLeftClose,
  PanelLeftOpen,
  Scale,
  ScrollText,
  Server,
  SquareCheckBig,
  SquarePen,
  SquareStack,
  Users,
} from "lucide-react";
import { useTranslation } from "react-i18next";
import { homeQuery } from "~/api/queries/home";
import { useSession } from "~/app/session";
import { Logo } from "~/parts/Logo";

interface Place {
  to: LinkProps["to"];
  word:
    | "home"
    | "vms"
    | "requests"
    | "systems"
    | "pools"
    | "approvals"
    | "clusters"
    | "catalogue"
    | "policies"
    | "people"
    | "audit";
  icon: LucideIcon;
  needs?: string;
  group: number;
}

export const places: Place[] = [
  { to: "/", word: "home", icon: House, group: 0 },
  { to: "/vms", word: "vms", icon: SquareStack, group: 0 },
  { to: "/requests", word: "requests", icon: SquarePen, group: 0 },
  { to: "/systems", word: "systems", icon: Boxes, group: 0 },
  { to: "/pools", word: "pools", icon: Layers, group: 0 },
  { to: "/approvals", word: "approvals", icon: SquareCheckBig, needs: "request:approve", group: 1 },
  { to: "/clusters", word: "clusters", icon: Server, needs: "cluster:read", group: 1 },
  { to: "/catalogue", word: "catalogue", icon: BookOpen, group: 1 },
  { to: "/policies", word: "policies", icon: Scale, needs: "policy:read", group: 1 },
  { to: "/people", word: "people", icon: Users, needs: "user:read", group: 1 },
  { to: "/audit", word: "audit", icon: ScrollText, needs: "audit:read", group: 1 },
];

export function Rail({ narrow, onToggle }: { narrow: boolean; onToggle: () => void }) {
  const { t } = useTranslation();
  const { permissions } = useSession();
  const { data: home } = useQuery(homeQuery);
  const shown = places.filter((place) => !place.needs || permissions.includes(place.needs));
  const waiting = home?.waiting_for_me ?? 0;
  return (
    <nav className="rail" aria-label={t("frame.nav")}>
      <Link to="/" className="rail-brand" aria-label={t("common.appName")}>
        <Logo size={22} />
        {!narrow && <span>{t("common.appName")}</span>}
      </Link>
      {[0, 1].map((group) => (
        <ul key={group}>
          {shown
            .filter((place) => place.group === group)
            .map(({ to, word, icon: Icon }) => (
              <li key={word}>
                <Link
                  to={to}
                  className="rail-link"
                  activeOptions={{ exact: to === "/", includeSearch: false }}
                  title={narrow ? t(`frame.${word}`) : undefined}
                >
                  <Icon size={16} strokeWidth={1.75} aria-hidden="true" />
                  <span className={narrow ? "sr-only" : "grow"}>{t(`frame.${word}`)}</span>
                  {word === "approvals" && waiting > 0 && (
                    <span className="rail-count">
                      <span aria-hidden="true">{waiting > 99 ? "99+" : waiting}</span>
                      <span className="sr-only">{t("frame.waitingCount", { count: waiting })}</span>
                    </span>
                  )}
                </Link>
              </li>
            ))}
        </ul>
      ))}
      <button
        type="button"
        className="rail-toggle"
        onClick={onToggle}
        aria-label={t(narrow ? "frame.expand" : "frame.collapse")}
        title={t(narrow ? "frame.expand" : "frame.collapse")}
      >
        {narrow ? (
          <PanelLeftOpen size={16} strokeWidth={1.75} />
        ) : (
          <PanelLeftClose size={16} strokeWidth={1.75} />
        )}
      </button>
    </nav>
  );
}
