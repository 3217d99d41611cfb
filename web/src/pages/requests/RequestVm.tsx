/** Asking for a VM: one screen, filled in where the system knows, with the consequences beside it as one chooses. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Button } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useSubmitKey } from "~/api/idempotency";
import { keys } from "~/api/keys";
import { draftQuery, submitDraft, updateDraft } from "~/api/queries/drafts";
import { submitVm } from "~/api/queries/requests";
import type { RequestVm as Body, Draft, Request } from "~/api/types";
import { Page } from "~/parts/Page";
import { Empty, Failure, PageFailure, SkeletonLines } from "~/parts/states";
import { placeOf } from "~/parts/target";
import { DraftActs } from "./DraftActs";
import { Many } from "./Many";
import { lastService, toBody, useChoices } from "./request-form";
import { VmForm } from "./VmForm";

export function RequestVm() {
  const { t } = useTranslation();
  const search = useSearch({ from: "/shell/requests/new" });
  const draft = useQuery({ ...draftQuery(search.draft ?? ""), enabled: Boolean(search.draft) });
  const body = draft.isError ? (
    <PageFailure error={draft.error} retry={() => void draft.refetch()} />
  ) : search.draft && !draft.data ? (
    <SkeletonLines lines={10} what={t("requests.new.title")} />
  ) : (
    <Ask key={search.draft ?? ""} search={search} begun={draft.data} />
  );
  return (
    <Page
      title={t("requests.new.title")}
      lead={t(search.draft ? "requests.drafts.lead" : "requests.new.lead")}
    >
      {body}
    </Page>
  );
}

interface AskProps {
  search: { service?: string; like?: string; from?: string };
  /** The draft that was opened. */
  begun: Draft | undefined;
}

function Ask({ search, begun }: AskProps) {
  const { t } = useTranslation();
  // The form begins with the draft as it was opened; saving goes on from its newest version.
  const [opened] = useState(begun);
  const choices = useChoices({ ...search, draft: opened });
  const key = useSubmitKey();
  const client = useQueryClient();
  const navigate = useNavigate();
  const send = async (content: Body): Promise<Request> => {
    if (!begun) return submitVm(content, key.for(content));
    const saved = await updateDraft(begun.id, begun.version, content);
    client.setQueryData(keys.one("drafts", begun.id), saved);
    return submitDraft(begun.id, key.for(content));
  };
  const submit = useMutation({
    mutationFn: send,
    onSuccess: (request) => {
      key.finish();
      const place = placeOf(request);
      if (place) lastService.keep(place.service.id);
      client.setQueryData(keys.one("requests", request.id), request);
      void client.invalidateQueries({ queryKey: keys.lists("requests") });
      void client.invalidateQueries({ queryKey: keys.lists("drafts") });
      void client.invalidateQueries({ queryKey: keys.all("home") });
      void navigate({ to: "/requests/$requestId", params: { requestId: request.id }, search: {} });
    },
  });
  if (choices.error) return <Failure error={choices.error} retry={choices.retry} />;
  if (!choices.data) return <SkeletonLines lines={10} what={t("requests.new.title")} />;
  const known = choices.data;
  if (known.services.length === 0)
    return (
      <Empty
        title={t("requests.new.noServices")}
        action={<Button href="/systems">{t("systems.title")}</Button>}
      />
    );
  return (
    <VmForm
      choices={known}
      submit={submit}
      bodyOf={(vm) => vm}
      verb={t("requests.new.submit")}
      others={(values) => (
        <>
          <DraftActs draft={begun} values={values} />
          {!begun && <Many body={() => toBody(values(), known, false)} />}
        </>
      )}
    />
  );
}
