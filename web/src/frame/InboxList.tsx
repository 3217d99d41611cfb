import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { homeQuery } from "~/api/queries/home";
import { EnvironmentLabel } from "~/parts/EnvironmentLabel";
import { RelativeTime } from "~/parts/RelativeTime";
import { RequestTitle } from "~/parts/RequestTitle";

/** What waits for the person, oldest first; each line leads to the decision. */
export function InboxList() {
  const { t } = useTranslation();
  const { data } = useQuery(homeQuery);
  const waiting = data?.waiting ?? [];
  if (waiting.length === 0) return <p className="inbox-empty soft">{t("frame.inboxEmpty")}</p>;
  return (
    <section className="inbox" aria-label={t("frame.inboxTitle")}>
      <h2>{t("frame.inboxTitle")}</h2>
      <ul>
        {waiting.map((request) => (
          <li key={request.id}>
            <Link to="/approvals" search={{ id: request.id }} className="inbox-line">
              <span className="grow truncate">
                <RequestTitle request={request} />
              </span>
              <EnvironmentLabel environment={request.environment} />
            </Link>
            <span className="dim">
              {request.requester.display_name} · <RelativeTime at={request.submitted_at} />
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
