/** Changing what an open request asks for. What differs is shown as one types, and what it makes void. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { RefreshCw } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { keys } from "~/api/keys";
import { editRequest, requestQuery } from "~/api/queries/requests";
import type { Request, RequestVm } from "~/api/types";
import { LinkButton } from "~/parts/LinkButton";
import { Page } from "~/parts/Page";
import { Empty, Failure, PageFailure, SkeletonLines } from "~/parts/states";
import { Wanted } from "./Edits";
import { useChoices } from "./request-form";
import { SpecChanges } from "./SpecChanges";
import { VmForm } from "./VmForm";

export function EditRequestPage() {
  const { t } = useTranslation();
  const { requestId } = useParams({ from: "/shell/requests/$requestId/edit" });
  const request = useQuery(requestQuery(requestId));
  if (request.isSuccess) return <Pinned latest={request.data} />;
  return (
    <div className="page-pad">
      {request.isPending ? (
        <SkeletonLines lines={8} what={t("common.request")} />
      ) : (
        <PageFailure error={request.error} retry={() => void request.refetch()} />
      )}
    </div>
  );
}

/** The wording that is being changed stays as it was opened; that there is a newer one is said, not slipped in. */
function Pinned({ latest }: { latest: Request }) {
  const [pinned, setPinned] = useState(latest);
  const moved = latest.spec_hash !== pinned.spec_hash || latest.state !== pinned.state;
  return <EditVm key={pinned.version} request={pinned} moved={moved} onLoad={() => setPinned(latest)} />;
}

function EditVm(props: { request: Request; moved: boolean; onLoad: () => void }) {
  const { t } = useTranslation();
  const { request } = props;
  const choices = useChoices({ editing: request });
  const client = useQueryClient();
  const navigate = useNavigate();
  const toRequest = {
    to: "/requests/$requestId",
    params: { requestId: request.id },
    search: {},
  } as const;
  const submit = useMutation({
    mutationFn: (body: RequestVm) =>
      editRequest(request.id, request.version, { operation: "vm.create", body }),
    onSuccess: (answer) => {
      client.setQueryData(keys.one("requests", request.id), answer);
      void client.invalidateQueries({ queryKey: keys.lists("requests") });
      void client.invalidateQueries({ queryKey: keys.all("home") });
      void navigate(toRequest);
    },
  });
  const number = t("common.requestNumber", { number: request.number });
  if (!request.may.edit || request.operation !== "vm.create")
    return (
      <Page title={t("requests.edit.title", { number })}>
        <Empty
          title={t("requests.edit.closed")}
          action={<LinkButton {...toRequest}>{t("requests.edit.back")}</LinkButton>}
        />
      </Page>
    );
  const approvals = request.decisions.filter(({ verdict, void: gone }) => verdict === "approve" && !gone);
  return (
    <Page
      title={t("requests.edit.title", { number })}
      lead={
        <>
          {t("requests.edit.lead")} <Link {...toRequest}>{t("requests.edit.back")}</Link>
        </>
      }
    >
      {props.moved && (
        <div className="note note-waiting" role="alert">
          <RefreshCw size={14} aria-hidden="true" />
          <div className="grow">
            <p className="strong">{t("requests.edit.moved")}</p>
            <button type="button" className="plain-button link-button" onClick={props.onLoad}>
              {t("requests.edit.load")}
            </button>
          </div>
        </div>
      )}
      <Wanted request={request} />
      {choices.error ? (
        <Failure error={choices.error} retry={choices.retry} />
      ) : choices.data ? (
        <VmForm
          choices={choices.data}
          submit={submit}
          bodyOf={(vm) => vm}
          verb={t("requests.edit.submit")}
          editing={request}
          others={() => <LinkButton {...toRequest}>{t("common.cancel")}</LinkButton>}
          aside={(preflight, reason) => (
            <section className="panel panel-pad request-diff" aria-label={t("changes.title")}>
              <h2>{t("changes.title")}</h2>
              <SpecChanges
                before={request.spec}
                after={preflight?.spec ?? request.spec}
                reasons={{ before: request.reason, after: reason.trim() }}
              />
              {approvals.length > 0 && (
                <p className="request-void">
                  {t("requests.edit.voids", {
                    count: approvals.length,
                    names: approvals.map(({ person }) => person.display_name).join(t("common.listJoin")),
                  })}
                </p>
              )}
            </section>
          )}
        />
      ) : (
        <SkeletonLines lines={10} what={t("common.request")} />
      )}
    </Page>
  );
}
