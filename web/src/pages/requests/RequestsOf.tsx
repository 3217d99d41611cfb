import { useNavigate } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { type RequestFilters, requestsQuery } from "~/api/queries/requests";
import type { RequestSummary } from "~/api/types";
import { ResourceList } from "~/parts/list/ResourceList";
import { Empty } from "~/parts/states";
import { useRequestColumns } from "./request-columns";

/** The requests of one thing, on its page. */
export function RequestsOf({ filters }: { filters: RequestFilters }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const columns = useRequestColumns();
  return (
    <ResourceList<RequestSummary>
      name="requests-of"
      label={t("requests.title")}
      query={requestsQuery(filters)}
      columns={columns}
      onOpen={(request) =>
        void navigate({ to: "/requests/$requestId", params: { requestId: request.id }, search: {} })
      }
      empty={<Empty title={t("requests.empty.title")} text={t("requests.empty.text")} />}
    />
  );
}
