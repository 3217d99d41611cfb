/** The forced change of an initial password: nothing else opens before it. */
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { sessionQuery } from "~/api/queries/session";
import { safeNext } from "~/app/search";
import { Logo } from "~/parts/Logo";
import { PasswordForm } from "./PasswordForm";
import "./session.css";

export function NewPassword() {
  const { t } = useTranslation();
  const { next } = useSearch({ from: "/new-password" });
  const client = useQueryClient();
  const navigate = useNavigate();
  const go = async () => {
    await client.fetchQuery({ ...sessionQuery, staleTime: 0 });
    await navigate({ to: safeNext(next) });
  };
  return (
    <div className="session">
      <main className="session-box" id="main">
        <div className="session-brand">
          <Logo size={28} />
          <span>{t("common.appName")}</span>
        </div>
        <h1 className="session-title">{t("session.change.title")}</h1>
        <p className="soft session-lead">{t("session.change.lead")}</p>
        <PasswordForm initial onDone={() => void go()} />
      </main>
    </div>
  );
}
