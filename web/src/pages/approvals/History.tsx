import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { fewRequestsQuery } from "~/api/queries/requests";
import type { Request } from "~/api/types";
import { Section } from "~/parts/Page";
import { RelativeTime } from "~/parts/RelativeTime";
import { RequestTitle } from "~/parts/RequestTitle";
import { RequestBadge } from "~/parts/StateBadges";
import { Failure, SkeletonLines } from "~/parts/states";

/** What the same person asked before, as far as the approver may see it. */
export function History({ request }: { request: Request }) {
  const { t } = useTranslation();
  const before = useQuery(fewRequestsQuery({ requester_id: request.requester.id }, 6));
  const others = before.data?.items.filter((other) => other.id !== request.id).slice(0, 5) ?? [];
  return (
    <Section title={t("approvals.history", { name: request.requester.display_name })} id="history">
      {before.isPending && <SkeletonLines lines={3} what={t("requests.title")} />}
      {before.isError && <Failure part error={before.error} retry={() => void before.refetch()} />}
      {before.isSuccess && others.length === 0 && <p className="soft">{t("approvals.historyNone")}</p>}
      <ul className="work">
        {others.map((other) => (
          <li key={other.id}>
            <RequestBadge state={other.state} />
            <Link
              to="/requests/$requestId"
              params={{ requestId: other.id }}
              search={{}}
              className="grow truncate"
            >
              <RequestTitle request={other} />
            </Link>
            <RelativeTime at={other.submitted_at} />
          </li>
        ))}
      </ul>
    </Section>
  );
}
