import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { Button, Dropdown } from "antd";
import { CircleUser, Globe, Moon, Search, Sun } from "lucide-react";
import { useTranslation } from "react-i18next";
import { environmentsQuery } from "~/api/queries/catalogue";
import { updateMe } from "~/api/queries/me";
import { signOut } from "~/api/queries/session";
import { useSession } from "~/app/session";
import { languagesOf, shipped, switchLanguage } from "~/i18n/languages";
import { EnvironmentLabel } from "~/parts/EnvironmentLabel";
import { type ThemeChoice, useTheme } from "~/theme/theme";
import { InboxBell } from "./InboxBell";
import { usePalette } from "./PaletteHost";

export function TopBar() {
  const { t } = useTranslation();
  const { open } = usePalette();
  const session = useSession();
  return (
    <header className="top">
      <button type="button" className="top-search" onClick={open}>
        <Search size={14} aria-hidden="true" />
        <span className="grow">{t("frame.palette.open")}</span>
        <kbd>Ctrl K</kbd>
      </button>
      <div className="row gap-1">
        {session.sample && <span className="top-sample">{t("frame.sampleOrganisation")}</span>}
        <EnvironmentFilter />
        <LanguageMenu />
        <ThemeMenu />
        <InboxBell />
        <AccountMenu />
      </div>
    </header>
  );
}

function EnvironmentFilter() {
  const { t } = useTranslation();
  const { data } = useQuery(environmentsQuery);
  const { env } = useSearch({ from: "/shell" });
  const navigate = useNavigate();
  const environments = data?.items ?? [];
  const chosen = environments.find((environment) => environment.name === env);
  const choose = (name: string | undefined) =>
    void navigate({ to: ".", search: (old) => ({ ...old, env: name }) as never });
  return (
    <Dropdown
      trigger={["click"]}
      menu={{
        selectable: true,
        selectedKeys: [env ?? ""],
        onClick: ({ key }) => choose(key === "" ? undefined : key),
        items: [
          { key: "", label: t("frame.allEnvironments") },
          ...environments.map((environment) => ({
            key: environment.name,
            label: <EnvironmentLabel environment={environment} />,
          })),
        ],
      }}
    >
      <Button type="text" title={t("frame.environmentFilter")}>
        <span className="sr-only">{t("frame.environmentFilter")}: </span>
        {chosen ? <EnvironmentLabel environment={chosen} /> : t("frame.allEnvironments")}
      </Button>
    </Dropdown>
  );
}

function LanguageMenu() {
  const { t, i18n } = useTranslation();
  const choose = (code: string) => {
    void switchLanguage(i18n, code);
    // The account remembers it too, for mails and for other browsers; the contract knows these two so far.
    if (code === "en" || code === "zh") void updateMe({ locale: code }).catch(() => {});
  };
  return (
    <Dropdown
      trigger={["click"]}
      menu={{
        selectable: true,
        selectedKeys: [i18n.language],
        onClick: ({ key }) => choose(key),
        items: languagesOf(shipped).map(({ code, meta }) => ({
          key: code,
          label: <span lang={meta.tag}>{meta.name}</span>,
        })),
      }}
    >
      <Button type="text" aria-label={t("frame.language")} icon={<Globe size={16} strokeWidth={1.75} />} />
    </Dropdown>
  );
}

function ThemeMenu() {
  const { t } = useTranslation();
  const { choice, choose, name } = useTheme();
  const Icon = name === "dark" ? Moon : Sun;
  return (
    <Dropdown
      trigger={["click"]}
      menu={{
        selectable: true,
        selectedKeys: [choice],
        onClick: ({ key }) => choose(key as ThemeChoice),
        items: [
          { key: "light", label: t("frame.themeLight") },
          { key: "dark", label: t("frame.themeDark") },
          { key: "system", label: t("frame.themeSystem") },
        ],
      }}
    >
      <Button type="text" aria-label={t("frame.theme")} icon={<Icon size={16} strokeWidth={1.75} />} />
    </Dropdown>
  );
}

function AccountMenu() {
  const { t } = useTranslation();
  const { person } = useSession();
  const client = useQueryClient();
  const navigate = useNavigate();
  const leave = async () => {
    // Signed out is what the person wants, also when the session had already ended.
    await signOut().catch(() => {});
    client.clear();
    await navigate({ to: "/sign-in", search: { why: "out" } });
  };
  return (
    <Dropdown
      trigger={["click"]}
      menu={{
        items: [
          { key: "me", label: <Link to="/me">{t("frame.me")}</Link> },
          { type: "divider" },
          { key: "out", label: t("frame.signOut"), onClick: () => void leave() },
        ],
      }}
    >
      <Button
        type="text"
        aria-label={t("frame.account", { name: person.display_name })}
        icon={<CircleUser size={16} strokeWidth={1.75} />}
      >
        <span className="top-person">{person.display_name}</span>
      </Button>
    </Dropdown>
  );
}
