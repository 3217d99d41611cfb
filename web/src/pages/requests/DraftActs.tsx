/** Keeping a wish for later, beside the button that sends it. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Button } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useSubmitKey } from "~/api/idempotency";
import { keys } from "~/api/keys";
import { problemText, toProblem } from "~/api/problem";
import { createDraft, updateDraft } from "~/api/queries/drafts";
import type { Draft } from "~/api/types";
import { RelativeTime } from "~/parts/RelativeTime";
import { DiscardDraft } from "./DraftList";
import { type FormValues, toDraft } from "./request-form";

export function DraftActs({ draft, values }: { draft: Draft | undefined; values: () => FormValues }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const navigate = useNavigate();
  const key = useSubmitKey();
  const [leaving, setLeaving] = useState(false);
  const save = useMutation({
    mutationFn: async () => {
      const body = toDraft(values());
      if (!body) return null;
      return draft ? updateDraft(draft.id, draft.version, body) : createDraft(body, key.for(body));
    },
    onSuccess: (saved) => {
      if (!saved) return;
      key.finish();
      client.setQueryData(keys.one("drafts", saved.id), saved);
      void client.invalidateQueries({ queryKey: keys.lists("drafts") });
      if (!draft) void navigate({ to: "/requests/new", search: { draft: saved.id }, replace: true });
    },
  });
  return (
    <>
      <Button onClick={() => save.mutate()} loading={save.isPending}>
        {t("requests.drafts.save")}
      </Button>
      {draft && (
        <Button type="text" onClick={() => setLeaving(true)}>
          {t("requests.drafts.discard")}
        </Button>
      )}
      <span role="status" className={save.isError ? "draft-failed" : "dim"}>
        {save.isError
          ? `${t("requests.drafts.failed")}: ${problemText(t, toProblem(save.error))}`
          : draft && (
              <>
                {t("requests.drafts.saved")} <RelativeTime at={draft.updated_at} />
              </>
            )}
      </span>
      {leaving && draft && (
        <DiscardDraft
          id={draft.id}
          onDone={() => void navigate({ to: "/requests", search: { whose: "drafts" } })}
          onClose={() => setLeaving(false)}
        />
      )}
    </>
  );
}
