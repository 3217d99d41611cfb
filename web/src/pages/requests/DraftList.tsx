/** One's own wishes that are not handed in yet: go on with one, or throw it away. */
import { useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { Button } from "antd";
import { Trash2 } from "lucide-react";
import { type ReactNode, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { keys } from "~/api/keys";
import { discardDraft, draftsQuery } from "~/api/queries/drafts";
import type { Draft } from "~/api/types";
import { ConfirmDialog } from "~/parts/ConfirmDialog";
import { type Column, ResourceList } from "~/parts/list/ResourceList";
import { RelativeTime } from "~/parts/RelativeTime";
import { Empty } from "~/parts/states";

export function DraftList({ filters, action }: { filters: ReactNode; action: ReactNode }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const [leaving, setLeaving] = useState<Draft | null>(null);
  const columns = useMemo<Column<Draft>[]>(
    () => [
      {
        key: "service",
        title: t("common.service"),
        fixed: true,
        width: "30%",
        render: (draft) => (
          <Link to="/requests/new" search={{ draft: draft.id }} tabIndex={-1} className="mono">
            {draft.system.name} / {draft.service.name}
          </Link>
        ),
      },
      {
        key: "reason",
        title: t("common.reason"),
        render: (draft) =>
          draft.body.reason ? (
            <span className="truncate">{draft.body.reason}</span>
          ) : (
            <span className="dim">{t("common.dash")}</span>
          ),
      },
      {
        key: "updated",
        title: t("common.updated"),
        width: "150px",
        render: (draft) => <RelativeTime at={draft.updated_at} />,
      },
      {
        key: "discard",
        title: t("common.actions"),
        fixed: true,
        width: "120px",
        render: (draft) => (
          <Button size="small" icon={<Trash2 size={13} />} onClick={() => setLeaving(draft)}>
            {t("requests.drafts.discard")}
          </Button>
        ),
      },
    ],
    [t],
  );
  return (
    <>
      <ResourceList<Draft>
        name="drafts"
        label={t("requests.drafts.title")}
        query={draftsQuery}
        columns={columns}
        onOpen={(draft) => void navigate({ to: "/requests/new", search: { draft: draft.id } })}
        filters={filters}
        empty={
          <Empty
            title={t("requests.drafts.empty.title")}
            text={t("requests.drafts.empty.text")}
            action={action}
          />
        }
      />
      {leaving && (
        <DiscardDraft id={leaving.id} onDone={() => setLeaving(null)} onClose={() => setLeaving(null)} />
      )}
    </>
  );
}

export function DiscardDraft(props: { id: string; onDone: () => void; onClose: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  return (
    <ConfirmDialog
      confirmation={{
        title: t("requests.drafts.discardTitle"),
        consequences: t("requests.drafts.discardText"),
        verb: t("requests.drafts.discard"),
        danger: true,
      }}
      act={() => discardDraft(props.id)}
      onDone={() => {
        client.removeQueries({ queryKey: keys.one("drafts", props.id) });
        void client.invalidateQueries({ queryKey: keys.lists("drafts") });
        props.onDone();
      }}
      onClose={props.onClose}
    />
  );
}
