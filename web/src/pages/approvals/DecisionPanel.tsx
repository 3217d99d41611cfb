/**
 * One decision: what is asked, what it differs from, who asks, which rule wants it and why, where it would run, what
 * quota is left. The content shown is pinned; when the request changes meanwhile the page says so and waits.
 */
import { useQuery } from "@tanstack/react-query";
import { Button } from "antd";
import { RefreshCw } from "lucide-react";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { requestQuery } from "~/api/queries/requests";
import type { Request } from "~/api/types";
import { useOffer } from "~/app/page-commands";
import { Coded } from "~/parts/Coded";
import { Facts, Section } from "~/parts/Page";
import { RelativeTime } from "~/parts/RelativeTime";
import { RequestTitle } from "~/parts/RequestTitle";
import { RequestBadge } from "~/parts/StateBadges";
import { PageFailure, SkeletonLines } from "~/parts/states";
import { RequestEnvironment } from "~/parts/target";
import { PlacementList, PolicyList, QuotaTable, StageList } from "~/parts/Verdict";
import { Asked } from "../requests/Asked";
import { Comments } from "../requests/Comments";
import { Decisions } from "../requests/Decisions";
import { Edits } from "../requests/Edits";
import type { Intent } from "./Approvals";
import { DecideDialog } from "./DecideDialog";
import { History } from "./History";
import type { Mark, Verdict } from "./queue";

interface Props {
  id: string;
  mark: Mark | undefined;
  intent: Intent;
  /** Where in the queue this is, on a phone. */
  place: ReactNode;
  onIntent: (intent: Intent) => void;
  onDecided: (verdict: Verdict, version: number) => void;
  onNext: (() => void) | undefined;
}

export function DecisionPanel(props: Props) {
  const { t } = useTranslation();
  const latest = useQuery(requestQuery(props.id));
  const [pinned, setPinned] = useState<Request | null>(null);
  const decided = isDecided(props.mark);
  // Once decided there is nothing left to protect: what became of it is shown.
  const request = decided ? latest.data : (pinned ?? latest.data);
  if (!pinned && latest.data && !latest.isFetching) setPinned(latest.data);
  if (!request) {
    return (
      <div className="decision">
        {props.place}
        {latest.isError ? (
          <PageFailure error={latest.error} retry={() => void latest.refetch()} />
        ) : (
          <SkeletonLines lines={10} what={t("common.request")} />
        )}
      </div>
    );
  }
  const changed = latest.data !== undefined && differs(request, latest.data);
  return (
    <Pinned {...props} request={request} changed={changed} onLoad={() => setPinned(latest.data ?? request)} />
  );
}

function isDecided(mark: Mark | undefined): mark is Verdict {
  return mark !== undefined && mark !== "waiting" && mark !== "gone";
}

/** Whether a decision on what is shown would be about something else now. */
function differs(shown: Request, latest: Request): boolean {
  return shown.spec_hash !== latest.spec_hash || shown.state !== latest.state;
}

function Pinned(props: Props & { request: Request; changed: boolean; onLoad: () => void }) {
  const { t } = useTranslation();
  const { request, changed, intent, mark } = props;
  const decided = isDecided(mark);
  const open = !changed && !decided;
  const may = {
    approve: open && (request.may.approve || request.may.set_aside),
    reject: open && request.may.reject,
    request_changes: open && request.may.request_changes,
  };
  const offer = (verdict: Verdict, label: string) =>
    may[verdict] ? [{ key: verdict, label, run: () => props.onIntent(verdict) }] : [];
  useOffer([
    ...offer("approve", t("approvals.approve")),
    ...offer("request_changes", t("approvals.changes")),
    ...offer("reject", t("approvals.reject")),
  ]);
  return (
    <article className="decision" aria-label={t("common.requestNumber", { number: request.number })}>
      {props.place}
      <header className="decision-head">
        <div className="stack gap-2 grow">
          <div className="row row-wrap gap-3">
            <h2 className="decision-title">
              <RequestTitle request={request} />
            </h2>
            <RequestEnvironment request={request} />
            {request.state !== "pending" && <RequestBadge state={request.state} />}
          </div>
          <Facts
            facts={[
              { label: t("common.request"), value: t("common.requestNumber", { number: request.number }) },
              { label: t("common.requester"), value: request.requester.display_name },
              { label: t("requests.submitted"), value: <RelativeTime at={request.submitted_at} /> },
              ...(request.expires_at && request.state === "pending"
                ? [{ label: t("requests.expires"), value: <RelativeTime at={request.expires_at} /> }]
                : []),
            ]}
          />
        </div>
        <div className="row row-wrap decision-acts">
          {decided ? (
            <>
              <span role="status" className="strong">
                {t(`approvals.done.${mark}`)}
              </span>
              {props.onNext && <NextButton onClick={props.onNext} />}
            </>
          ) : (
            <>
              <Button onClick={() => props.onIntent("reject")} disabled={!may.reject}>
                {t("approvals.reject")} <kbd>R</kbd>
              </Button>
              <Button onClick={() => props.onIntent("request_changes")} disabled={!may.request_changes}>
                {t("approvals.changes")} <kbd>C</kbd>
              </Button>
              <Button type="primary" onClick={() => props.onIntent("approve")} disabled={!may.approve}>
                {t("approvals.approve")} <kbd>A</kbd>
              </Button>
            </>
          )}
        </div>
      </header>
      {changed && !decided && <Changed onLoad={props.onLoad} />}
      {request.may.why_not && request.state === "pending" && !decided && (
        <div className="note note-waiting">
          <p>
            {t("approvals.whyNot")} <Coded reason={request.may.why_not} />
          </p>
        </div>
      )}
      <Consequences request={request} />
      {intent && may[intent] && (
        <DecideDialog
          key={intent}
          request={request}
          verdict={intent}
          onDecided={(answer) => props.onDecided(intent, answer.version)}
          onClose={() => props.onIntent(null)}
        />
      )}
    </article>
  );
}

/** Takes the focus when the dialog that decided has gone, so that Enter goes on. */
function NextButton({ onClick }: { onClick: () => void }) {
  const { t } = useTranslation();
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    const timer = setTimeout(() => button.current?.focus(), 60);
    return () => clearTimeout(timer);
  }, []);
  return (
    <Button ref={button} onClick={onClick}>
      {t("approvals.next")}
    </Button>
  );
}

function Changed({ onLoad }: { onLoad: () => void }) {
  const { t } = useTranslation();
  return (
    <div className="note note-waiting" role="alert">
      <RefreshCw size={14} aria-hidden="true" />
      <div className="grow">
        <p className="strong">{t("approvals.changed.title")}</p>
        <p className="soft">{t("approvals.changed.text")}</p>
      </div>
      <Button size="small" onClick={onLoad}>
        {t("approvals.changed.load")}
      </Button>
    </div>
  );
}

function Consequences({ request }: { request: Request }) {
  const { t } = useTranslation();
  return (
    <div className="columns">
      <div>
        <Asked request={request} />
        <Comments request={request} />
        <Section title={t("requests.quota.title")}>
          <QuotaTable lines={request.quota} />
        </Section>
        <History request={request} />
      </div>
      <div>
        <Section title={t("requests.policy.title")} id="rules">
          <PolicyList results={request.verdict} />
        </Section>
        <Section title={t("requests.stages.title")} id="stages">
          <StageList stages={request.stages} />
        </Section>
        {request.edits.length > 0 && (
          <Section title={t("requests.edits.title")} id="edits">
            <Edits request={request} />
          </Section>
        )}
        {request.decisions.length > 0 && (
          <Section title={t("requests.decisions.title")}>
            <Decisions request={request} />
          </Section>
        )}
        {request.placement.length > 0 && (
          <Section title={t("requests.placement.title")}>
            <PlacementList candidates={request.placement} chosen={request.cluster?.id} />
          </Section>
        )}
      </div>
    </div>
  );
}
