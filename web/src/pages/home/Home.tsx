/** Home answers the morning's questions: what waits for me, where are my requests and VMs, what expires, what broke. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { homeQuery } from "~/api/queries/home";
import type { Home as HomeData, RequestSummary } from "~/api/types";
import { useMay } from "~/app/session";
import { Coded } from "~/parts/Coded";
import { Lines, VmLine } from "~/parts/Lines";
import { Page, Section } from "~/parts/Page";
import { RelativeTime, useNow } from "~/parts/RelativeTime";
import { RequestTitle } from "~/parts/RequestTitle";
import { HealthBadge, RequestBadge } from "~/parts/StateBadges";
import { Failure, SkeletonLines } from "~/parts/states";
import { RequestEnvironment } from "~/parts/target";
import "./home.css";
import { RequestVmButton } from "../vms/RequestVmButton";
import { RecentVms } from "./RecentVms";

const soonMs = 24 * 3600_000;

export function Home() {
  const { t } = useTranslation();
  const home = useQuery(homeQuery);
  const mayRequest = useMay("vm:create");
  return (
    <Page title={t("frame.home")} action={mayRequest && <RequestVmButton />}>
      {home.isError && <Failure error={home.error} retry={() => void home.refetch()} />}
      <div className="home">
        <div className="stack">{home.isPending ? <Loading /> : home.data && <Work home={home.data} />}</div>
        <div className="stack">
          <RecentVms />
          {home.data && <Broken home={home.data} />}
        </div>
      </div>
    </Page>
  );
}

function Loading() {
  const { t } = useTranslation();
  return (
    <>
      <Section title={t("home.waiting")}>
        <SkeletonLines lines={4} what={t("home.waiting")} />
      </Section>
      <Section title={t("home.mine")}>
        <SkeletonLines lines={4} what={t("home.mine")} />
      </Section>
    </>
  );
}

function Work({ home }: { home: HomeData }) {
  const { t } = useTranslation();
  const mayApprove = useMay("request:approve");
  const now = useNow();
  const expiring = unique([...home.waiting, ...home.mine]).filter(
    (request) => isOpen(request) && request.expires_at && Date.parse(request.expires_at) - now < soonMs,
  );
  const sentBack = home.mine.filter((request) => request.state === "changes_requested");
  return (
    <>
      {sentBack.length > 0 && (
        <Section title={<Counted word={t("home.sentBack")} count={sentBack.length} />}>
          <Lines>
            {sentBack.map((request) => (
              <RequestLine key={request.id} request={request} />
            ))}
          </Lines>
        </Section>
      )}
      {(mayApprove || home.waiting.length > 0) && (
        <Section
          title={<Counted word={t("home.waiting")} count={home.waiting_for_me} />}
          extra={home.waiting_for_me > 0 && <Link to="/approvals">{t("home.decide")}</Link>}
        >
          <Lines empty={t("home.waitingNone")}>
            {home.waiting.map((request) => (
              <RequestLine key={request.id} request={request} toDecision />
            ))}
          </Lines>
        </Section>
      )}
      {expiring.length > 0 && (
        <Section title={t("home.expiring")}>
          <Lines>
            {expiring.map((request) => (
              <RequestLine key={request.id} request={request} expiry />
            ))}
          </Lines>
        </Section>
      )}
      <Section
        title={<Counted word={t("home.mine")} count={home.my_open} />}
        extra={
          <Link to="/requests" search={{}}>
            {t("common.showAll")}
          </Link>
        }
      >
        <Lines empty={t("home.mineNone")}>
          {home.mine.map((request) => (
            <RequestLine key={request.id} request={request} />
          ))}
        </Lines>
      </Section>
    </>
  );
}

function Broken({ home }: { home: HomeData }) {
  const { t } = useTranslation();
  if (home.broken.length === 0 && home.clusters.length === 0) {
    return (
      <Section title={t("home.broken")}>
        <p className="soft">{t("home.brokenNone")}</p>
      </Section>
    );
  }
  return (
    <Section title={<Counted word={t("home.broken")} count={home.broken.length + home.clusters.length} />}>
      <Lines>
        {home.clusters.map((note) => (
          <li key={note.cluster.id}>
            <Link
              to="/clusters/$clusterId"
              params={{ clusterId: note.cluster.id }}
              search={{}}
              className="line"
            >
              <HealthBadge health={note.health} />
              <span className="mono grow truncate">{note.cluster.name}</span>
            </Link>
            <p className="line-sub dim truncate">
              {note.message}
              {note.observed_at && (
                <>
                  {" "}
                  <RelativeTime at={note.observed_at} />
                </>
              )}
            </p>
          </li>
        ))}
        {home.broken.map((vm) => (
          <VmLine key={vm.id} vm={vm} />
        ))}
      </Lines>
    </Section>
  );
}

function Counted({ word, count }: { word: string; count: number }) {
  return (
    <>
      {word} {count > 0 && <span className="dim home-count">{count}</span>}
    </>
  );
}

function RequestLine(props: { request: RequestSummary; toDecision?: boolean; expiry?: boolean }) {
  const { t } = useTranslation();
  const { request } = props;
  const link = props.toDecision
    ? ({ to: "/approvals", search: { id: request.id } } as const)
    : ({ to: "/requests/$requestId", params: { requestId: request.id }, search: {} } as const);
  return (
    <li>
      <Link {...link} className="line">
        <span className="grow truncate">
          <RequestTitle request={request} />
        </span>
        <RequestEnvironment request={request} />
        {!props.toDecision && (
          <span className="line-state">
            <RequestBadge state={request.state} />
          </span>
        )}
      </Link>
      <p className="line-sub dim">
        {t("common.requestNumber", { number: request.number })}
        {props.toDecision ? ` · ${request.requester.display_name}` : ""} ·{" "}
        <RelativeTime at={request.submitted_at} />
        {request.waiting_for && !props.toDecision && (
          <>
            {" · "}
            <Coded reason={request.waiting_for} />
          </>
        )}
        {props.expiry && request.expires_at && (
          <>
            {" · "}
            {t("home.ends")} <RelativeTime at={request.expires_at} />
          </>
        )}
      </p>
    </li>
  );
}

/** Whether it can still end undecided. */
function isOpen(request: RequestSummary): boolean {
  return request.state === "pending" || request.state === "changes_requested";
}

function unique(requests: RequestSummary[]): RequestSummary[] {
  return [...new Map(requests.map((request) => [request.id, request])).values()];
}
