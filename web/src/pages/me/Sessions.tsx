import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Button } from "antd";
import { useTranslation } from "react-i18next";
import { toProblem } from "~/api/problem";
import { revokeSession, sessionsQuery } from "~/api/queries/me";
import { FormProblem } from "~/parts/form";
import { RelativeTime } from "~/parts/RelativeTime";
import { SimpleTable } from "~/parts/SimpleTable";

export function Sessions() {
  const { t } = useTranslation();
  const query = useQuery(sessionsQuery);
  const client = useQueryClient();
  const end = useMutation({
    mutationFn: revokeSession,
    onSettled: () => client.invalidateQueries({ queryKey: sessionsQuery.queryKey }),
  });
  return (
    <div className="narrow-page stack gap-4">
      <p className="soft">{t("me.sessions.text")}</p>
      <SimpleTable
        what={t("me.tab.sessions")}
        query={query}
        rows={query.data?.items ?? []}
        rowKey={(row) => row.id}
        columns={[
          {
            title: t("me.sessions.from"),
            render: (row) => <span className="mono">{row.address ?? t("common.unknown")}</span>,
          },
          {
            title: t("me.sessions.browser"),
            render: (row) => (
              <span className="soft session-agent" title={row.user_agent ?? undefined}>
                {row.user_agent ?? t("common.unknown")}
              </span>
            ),
          },
          { title: t("me.sessions.seen"), render: (row) => <RelativeTime at={row.last_seen_at} /> },
          {
            title: t("common.actions"),
            quiet: true,
            render: (row) =>
              row.current ? (
                <span className="dim">{t("me.sessions.current")}</span>
              ) : (
                <Button type="text" size="small" onClick={() => end.mutate(row.id)}>
                  {t("me.sessions.end")}
                </Button>
              ),
          },
        ]}
      />
      <FormProblem problem={end.isError ? toProblem(end.error) : null} />
    </div>
  );
}
