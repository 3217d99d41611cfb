/** The frame around every page: rail, top bar, live line, and the page itself. */

import { useQueryClient } from "@tanstack/react-query";
import { Outlet, useNavigate, useRouteContext } from "@tanstack/react-router";
import { useCallback, useState } from "react";
import { useTranslation } from "react-i18next";
import { LiveProvider } from "~/app/live";
import { SessionProvider } from "~/app/session";
import { OfflineBanner } from "./OfflineBanner";
import { PaletteHost } from "./PaletteHost";
import { Rail } from "./Rail";
import "./shell.css";
import { TopBar } from "./TopBar";

const railKey = "shepherd.rail";

export function Shell() {
  const { t } = useTranslation();
  const { session } = useRouteContext({ from: "/shell" });
  const [narrow, setNarrow] = useState(() => localStorage.getItem(railKey) === "narrow");
  const client = useQueryClient();
  const navigate = useNavigate();
  const onRefused = useCallback(() => {
    client.clear();
    void navigate({ to: "/sign-in", search: { why: "expired", next: window.location.pathname } });
  }, [client, navigate]);
  const toggle = () => {
    localStorage.setItem(railKey, narrow ? "wide" : "narrow");
    setNarrow(!narrow);
  };
  return (
    <SessionProvider initial={session}>
      <LiveProvider onRefused={onRefused}>
        <PaletteHost>
          <div className={narrow ? "shell shell-narrow" : "shell"}>
            <a className="skip" href="#main">
              {t("frame.skip")}
            </a>
            <Rail narrow={narrow} onToggle={toggle} />
            <TopBar />
            <main id="main" tabIndex={-1}>
              <Outlet />
            </main>
            <OfflineBanner />
          </div>
        </PaletteHost>
      </LiveProvider>
    </SessionProvider>
  );
}
