/** The service accounts one answers for. */
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { ServiceAccount } from "~/api/queries/accounts";
import { Lines } from "~/parts/Lines";
import { StateBadge } from "~/parts/StateBadge";

export function MyAccounts({ accounts }: { accounts: ServiceAccount[] }) {
  const { t } = useTranslation();
  return (
    <div className="narrow-page stack gap-4">
      <p className="soft">{t("me.accounts.text")}</p>
      <Lines>
        {accounts.map((account) => (
          <li key={account.id}>
            <Link
              to="/people/accounts/$accountId"
              params={{ accountId: account.id }}
              search={{}}
              className="line"
            >
              <span className="grow">{account.display_name}</span>
              <StateBadge
                tone={account.disabled ? "stopped" : "running"}
                label={t(account.disabled ? "me.accounts.disabled" : "me.accounts.active")}
              />
            </Link>
            <p className="line-sub dim mono">{account.name}</p>
          </li>
        ))}
      </Lines>
    </div>
  );
}
