import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { Button } from "antd";
import type { TFunction } from "i18next";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { keys } from "~/api/keys";
import { cancel, requestQuery } from "~/api/queries/requests";
import type { Request } from "~/api/types";
import { useOffer } from "~/app/page-commands";
import { useMay } from "~/app/session";
import { Coded } from "~/parts/Coded";
import { ConfirmDialog } from "~/parts/ConfirmDialog";
import { LinkButton } from "~/parts/LinkButton";
import { ObjectPage } from "~/parts/ObjectPage";
import { OperationCard } from "~/parts/OperationSteps";
import { type Fact, Section } from "~/parts/Page";
import { RelativeTime } from "~/parts/RelativeTime";
import { RequestTitle } from "~/parts/RequestTitle";
import { RequestBadge } from "~/parts/StateBadges";
import { PageFailure, SkeletonLines } from "~/parts/states";
import { RequestEnvironment } from "~/parts/target";
import { PlacementList, PolicyList, QuotaTable, StageList } from "~/parts/Verdict";
import { Asked } from "./Asked";
import { BatchSection } from "./BatchSection";
import { Comments } from "./Comments";
import { Decisions } from "./Decisions";
import { EditOnVm } from "./EditOnVm";
import { Edits, Wanted } from "./Edits";

export function RequestPage() {
  const { t } = useTranslation();
  const { requestId } = useParams({ from: "/shell/requests/$requestId" });
  const request = useQuery(requestQuery(requestId));
  return request.isSuccess ? (
    <Loaded request={request.data} />
  ) : (
    <div className="page-pad">
      {request.isPending ? (
        <SkeletonLines lines={8} what={t("common.request")} />
      ) : (
        <PageFailure error={request.error} retry={() => void request.refetch()} />
      )}
    </div>
  );
}

function Loaded({ request }: { request: Request }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const number = t("common.requestNumber", { number: request.number });
  return (
    <ObjectPage
      above={
        <>
          <Link to="/requests" search={{}}>
            {t("requests.title")}
          </Link>
          <span>/</span>
          <span>{number}</span>
        </>
      }
      title={`${number} ${t(`states.verb.${request.operation}`)}`}
      shown={<RequestTitle request={request} />}
      state={<RequestBadge state={request.state} />}
      labels={<RequestEnvironment request={request} />}
      facts={[
        { label: t("common.requester"), value: request.requester.display_name },
        { label: t("requests.submitted"), value: <RelativeTime at={request.submitted_at} /> },
        ...ending(request, t),
      ]}
      action={<Actions request={request} />}
      notes={
        <>
          <Wanted request={request} />
          {request.failure && (
            <div className="note note-failed" role="status">
              <p>
                <Coded reason={request.failure} /> <span className="mono dim">{request.failure.code}</span>
              </p>
            </div>
          )}
        </>
      }
      tab={undefined}
      onTab={() =>
        void navigate({ to: "/requests/$requestId", params: { requestId: request.id }, search: {} })
      }
      tabs={[{ key: "one", label: "", content: <Body request={request} /> }]}
    />
  );
}

function ending(request: Request, t: TFunction): Fact[] {
  const at = (label: string, moment: string) => [{ label, value: <RelativeTime at={moment} /> }];
  if (request.closed_at) return at(t("requests.closed"), request.closed_at);
  const open = request.state === "pending" || request.state === "changes_requested";
  if (open && request.expires_at) return at(t("requests.expires"), request.expires_at);
  return request.decided_at ? at(t("requests.decided"), request.decided_at) : [];
}

function Actions({ request }: { request: Request }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const client = useQueryClient();
  const [cancelling, setCancelling] = useState(false);
  const [editing, setEditing] = useState(false);
  const toDecision = () => void navigate({ to: "/approvals", search: { id: request.id } });
  const toEdit = () =>
    isCreate
      ? void navigate({ to: "/requests/$requestId/edit", params: { requestId: request.id }, search: {} })
      : setEditing(true);
  const toAgain = () => void navigate({ to: "/requests/new", search: { from: request.id } });
  const isCreate = request.operation === "vm.create" && request.batch_size === null;
  useOffer([
    ...(request.may.approve ? [{ key: "decide", label: t("approvals.decide"), run: toDecision }] : []),
    ...(request.may.edit ? [{ key: "edit", label: t("requests.edit.verb"), run: toEdit }] : []),
    ...(isCreate ? [{ key: "like", label: t("requests.like"), run: toAgain }] : []),
    ...(request.may.cancel
      ? [{ key: "cancel", label: t("requests.cancel.verb"), run: () => setCancelling(true) }]
      : []),
  ]);
  const wanted = request.state === "changes_requested" && request.may.edit;
  return (
    <>
      {request.may.edit &&
        (isCreate ? (
          <LinkButton
            to="/requests/$requestId/edit"
            params={{ requestId: request.id }}
            search={{}}
            primary={wanted}
          >
            {t("requests.edit.verb")}
          </LinkButton>
        ) : (
          <Button onClick={() => setEditing(true)} type={wanted ? "primary" : "default"}>
            {t("requests.edit.verb")}
          </Button>
        ))}
      {request.may.approve && (
        <Button type="primary" onClick={toDecision}>
          {t("approvals.decide")}
        </Button>
      )}
      {request.vm && request.state !== "pending" && request.state !== "changes_requested" && (
        <LinkButton to="/vms/$vmId" params={{ vmId: request.vm.id }} search={{}}>
          {t("requests.toVm")}
        </LinkButton>
      )}
      {isCreate && request.closed_at && (
        <LinkButton to="/requests/new" search={{ from: request.id }}>
          {t("requests.like")}
        </LinkButton>
      )}
      {editing && <EditOnVm request={request} onClose={() => setEditing(false)} />}
      {request.may.cancel && <Button onClick={() => setCancelling(true)}>{t("requests.cancel.verb")}</Button>}
      {cancelling && (
        <ConfirmDialog
          confirmation={{
            title: t("requests.cancel.title"),
            consequences: t("requests.cancel.text"),
            verb: t("requests.cancel.verb"),
            danger: true,
            reason: "optional",
          }}
          act={({ reason }, key) => cancel(request.id, reason ? { reason } : {}, key)}
          onDone={(answer) => {
            client.setQueryData(keys.one("requests", request.id), answer);
            void client.invalidateQueries({ queryKey: keys.lists("requests") });
            void client.invalidateQueries({ queryKey: keys.all("home") });
            setCancelling(false);
          }}
          onClose={() => setCancelling(false)}
        />
      )}
    </>
  );
}

function Body({ request }: { request: Request }) {
  const { t } = useTranslation();
  return (
    <div className="columns">
      <div>
        {request.operation_id && (
          <Section title={t("vms.operation.title")}>
            <div className="panel panel-pad" aria-live="polite">
              <OperationCard id={request.operation_id} />
            </div>
          </Section>
        )}
        {request.batch_size !== null && <BatchSection id={request.id} />}
        <Asked request={request} />
        <Comments request={request} />
      </div>
      <div>
        <Section title={t("requests.stages.title")}>
          {request.automatic_rule ? (
            <p>
              {t("requests.automatic")} <span className="mono">{request.automatic_rule}</span>
            </p>
          ) : (
            <StageList stages={request.stages} />
          )}
          {request.may.why_not && request.state === "pending" && (
            <p className="soft why-not">
              <Coded reason={request.may.why_not} />
            </p>
          )}
        </Section>
        {request.decisions.length > 0 && (
          <Section title={t("requests.decisions.title")}>
            <Decisions request={request} />
          </Section>
        )}
        {request.edits.length > 0 && (
          <Section title={t("requests.edits.title")}>
            <Edits request={request} />
          </Section>
        )}
        <Section title={t("requests.policy.title")} extra={<Why id={request.id} />}>
          <PolicyList results={request.verdict} />
        </Section>
        {request.placement.length > 0 && (
          <Section title={t("requests.placement.title")}>
            <PlacementList candidates={request.placement} chosen={request.cluster?.id} />
          </Section>
        )}
        {request.quota.length > 0 && (
          <Section title={t("requests.quota.title")}>
            <QuotaTable lines={request.quota} />
          </Section>
        )}
      </div>
    </div>
  );
}

/** What each rule read, for those who may read the rules. */
function Why({ id }: { id: string }) {
  const { t } = useTranslation();
  if (!useMay("policy:read")) return null;
  return (
    <Link to="/policies/explain" search={{ request: id }}>
      {t("requests.policy.why")}
    </Link>
  );
}
