/** Asking for a VM: one screen, filled in where the system knows, with the consequences beside it as one chooses. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Button } from "antd";
import { useTranslation } from "react-i18next";
import { useSubmitKey } from "~/api/idempotency";
import { keys } from "~/api/keys";
import { submitVm } from "~/api/queries/requests";
import type { RequestVm as Body } from "~/api/types";
import { Page } from "~/parts/Page";
import { Empty, Failure, SkeletonLines } from "~/parts/states";
import { lastService, useChoices } from "./request-form";
import { VmForm } from "./VmForm";

export function RequestVm() {
  const { t } = useTranslation();
  const search = useSearch({ from: "/shell/requests/new" });
  const choices = useChoices(search);
  const key = useSubmitKey();
  const client = useQueryClient();
  const navigate = useNavigate();
  const submit = useMutation({
    mutationFn: (content: Body) => submitVm(content, key.for(content)),
    onSuccess: (request) => {
      key.finish();
      lastService.keep(request.service.id);
      client.setQueryData(keys.one("requests", request.id), request);
      void client.invalidateQueries({ queryKey: keys.lists("requests") });
      void client.invalidateQueries({ queryKey: keys.all("home") });
      void navigate({ to: "/requests/$requestId", params: { requestId: request.id }, search: {} });
    },
  });
  return (
    <Page title={t("requests.new.title")} lead={t("requests.new.lead")}>
      {choices.error ? (
        <Failure error={choices.error} retry={choices.retry} />
      ) : choices.data ? (
        choices.data.services.length === 0 ? (
          <Empty
            title={t("requests.new.noServices")}
            action={<Button href="/systems">{t("systems.title")}</Button>}
          />
        ) : (
          <VmForm choices={choices.data} submit={submit} verb={t("requests.new.submit")} />
        )
      ) : (
        <SkeletonLines lines={10} what={t("requests.new.title")} />
      )}
    </Page>
  );
}
