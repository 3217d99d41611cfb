import { Link } from "@tanstack/react-router";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import type { RequestSummary } from "~/api/types";
import { Coded } from "~/parts/Coded";
import type { Column } from "~/parts/list/ResourceList";
import { RelativeTime } from "~/parts/RelativeTime";
import { RequestTitle } from "~/parts/RequestTitle";
import { RequestBadge } from "~/parts/StateBadges";
import { RequestEnvironment } from "~/parts/target";

export function useRequestColumns(): Column<RequestSummary>[] {
  const { t } = useTranslation();
  return useMemo(
    () => [
      {
        key: "number",
        title: t("requests.number"),
        fixed: true,
        width: "92px",
        render: (request) => (
          <span className="soft">{t("common.requestNumber", { number: request.number })}</span>
        ),
      },
      {
        key: "what",
        title: t("requests.what"),
        fixed: true,
        width: "28%",
        render: (request) => (
          <Link
            to="/requests/$requestId"
            params={{ requestId: request.id }}
            search={{}}
            tabIndex={-1}
            title={request.vm?.name}
          >
            <RequestTitle request={request} />
          </Link>
        ),
      },
      {
        key: "state",
        title: t("common.state"),
        width: "160px",
        render: (request) => <RequestBadge state={request.state} />,
      },
      {
        key: "environment",
        title: t("common.environment"),
        width: "120px",
        render: (request) => <RequestEnvironment request={request} />,
      },
      {
        key: "waiting",
        title: t("requests.waitsFor"),
        render: (request) =>
          request.waiting_for ? (
            <span className="soft">
              <Coded reason={request.waiting_for} />
            </span>
          ) : (
            <span className="dim">{t("common.dash")}</span>
          ),
      },
      {
        key: "requester",
        title: t("common.requester"),
        width: "13%",
        render: (request) => request.requester.display_name,
      },
      {
        key: "submitted",
        title: t("requests.submitted"),
        width: "130px",
        render: (request) => <RelativeTime at={request.submitted_at} />,
      },
    ],
    [t],
  );
}
