/** What policy says of a request: chosen here, or named by the link that leads here. */
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { Select } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { explainQuery } from "~/api/queries/policies";
import { fewRequestsQuery, requestQuery } from "~/api/queries/requests";
import { Page } from "~/parts/Page";
import { RequestTitle } from "~/parts/RequestTitle";
import { RequestBadge } from "~/parts/StateBadges";
import { Empty, Failure, PageFailure, SkeletonLines } from "~/parts/states";
import { usePaused } from "~/parts/use-paused";
import { Explained } from "./Explained";
import "./policies.css";

export function ExplainRequest() {
  const { t } = useTranslation();
  const { request } = useSearch({ from: "/shell/policies/explain" });
  return (
    <Page
      title={t("policies.explain.title")}
      lead={t("policies.explain.lead")}
      above={
        <Link to="/policies" search={{}}>
          {t("policies.title")}
        </Link>
      }
    >
      <RequestSelect />
      {request ? (
        <One key={request} id={request} />
      ) : (
        <Empty title={t("policies.explain.empty.title")} text={t("policies.explain.empty.text")} />
      )}
    </Page>
  );
}

function RequestSelect() {
  const { t } = useTranslation();
  const search = useSearch({ from: "/shell/policies/explain" });
  const navigate = useNavigate({ from: "/policies/explain" });
  const [text, setText] = useState("");
  const q = usePaused(text.trim());
  const found = useQuery(fewRequestsQuery(q ? { q } : {}, 20));
  const items = found.data?.items ?? [];
  const chosen = items.some((one) => one.id === search.request);
  return (
    <Select
      className="request-select"
      aria-label={t("policies.explain.choose")}
      placeholder={t("policies.explain.choose")}
      loading={found.isFetching}
      {...(chosen && search.request ? { value: search.request } : {})}
      onChange={(id: string) => void navigate({ search: { request: id } })}
      showSearch={{ filterOption: false, onSearch: setText }}
      options={items.map((one) => ({
        value: one.id,
        label: (
          <span>
            <span className="dim">{t("common.requestNumber", { number: one.number })}</span>{" "}
            <RequestTitle request={one} />
          </span>
        ),
      }))}
    />
  );
}

function One({ id }: { id: string }) {
  const { t } = useTranslation();
  const request = useQuery(requestQuery(id));
  const explanation = useQuery(explainQuery({ request_id: id }));
  if (request.isError) return <PageFailure error={request.error} retry={() => void request.refetch()} />;
  if (!request.data) return <SkeletonLines lines={6} what={t("common.request")} />;
  return (
    <div className="explain-one">
      <div className="row row-wrap gap-3 explain-head">
        <h2>
          <Link to="/requests/$requestId" params={{ requestId: id }} search={{}}>
            {t("common.requestNumber", { number: request.data.number })}{" "}
            <RequestTitle request={request.data} />
          </Link>
        </h2>
        <RequestBadge state={request.data.state} />
        <span className="soft">{request.data.requester.display_name}</span>
      </div>
      {explanation.isError ? (
        <Failure part error={explanation.error} retry={() => void explanation.refetch()} />
      ) : explanation.data ? (
        <Explained explanation={explanation.data} />
      ) : (
        <SkeletonLines lines={6} what={t("policies.explain.title")} />
      )}
    </div>
  );
}
