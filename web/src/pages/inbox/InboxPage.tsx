/** The whole inbox, newest first. */
import { useInfiniteQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Button, Segmented } from "antd";
import { Mail, MailOpen } from "lucide-react";
import { useTranslation } from "react-i18next";
import { inboxQuery } from "~/api/queries/inbox";
import type { InboxItem, InboxSubject } from "~/api/types";
import { defined } from "~/app/search";
import { inboxSubjects } from "~/app/searches";
import { ChoiceFilter } from "~/parts/list/filters";
import { Page } from "~/parts/Page";
import { Empty, Failure, SkeletonLines } from "~/parts/states";
import { InboxLine, useMark } from "./InboxLine";

export function InboxPage() {
  const { t } = useTranslation();
  const search = useSearch({ from: "/shell/inbox" });
  const navigate = useNavigate({ from: "/inbox" });
  const mark = useMark();
  const unread = search.show !== "all";
  const rows = useInfiniteQuery(inboxQuery(defined({ unread: unread || undefined, about: search.about })));
  const items = rows.data?.pages.flatMap((page) => page.items) ?? [];
  const newest = items[0]?.number;
  const set = (change: Partial<typeof search>) =>
    void navigate({ search: (old) => defined({ ...old, ...change }) as never, replace: true });
  return (
    <Page
      title={t("inbox.title")}
      action={
        newest !== undefined && (
          <Button onClick={() => void mark({ read: true, up_to: newest }).catch(() => {})}>
            {t("inbox.markAll")}
          </Button>
        )
      }
    >
      <div className="row row-wrap inbox-filters">
        <Segmented
          value={unread ? "unread" : "all"}
          onChange={(value) => set({ show: value === "all" ? "all" : undefined } as never)}
          options={[
            { value: "unread", label: t("inbox.unread") },
            { value: "all", label: t("inbox.all") },
          ]}
        />
        <ChoiceFilter<InboxSubject>
          label={t("inbox.about")}
          value={search.about}
          options={inboxSubjects.map((value) => ({ value, label: t(`inbox.subject.${value}`) }))}
          onChange={(about) => set({ about } as never)}
        />
      </div>
      {rows.isPending && <SkeletonLines lines={6} what={t("inbox.title")} />}
      {rows.isError && items.length === 0 && <Failure error={rows.error} retry={() => void rows.refetch()} />}
      {rows.isSuccess && items.length === 0 && (
        <Empty title={t("inbox.nothing")} text={t("inbox.nothingText")} />
      )}
      <ul className="inbox-rows" aria-label={t("inbox.title")}>
        {items.map((item) => (
          <InboxLine key={item.number} item={item} action={<Toggle item={item} />} />
        ))}
      </ul>
      {rows.hasNextPage && (
        <Button loading={rows.isFetchingNextPage} onClick={() => void rows.fetchNextPage()}>
          {t("inbox.more")}
        </Button>
      )}
    </Page>
  );
}

function Toggle({ item }: { item: InboxItem }) {
  const { t } = useTranslation();
  const mark = useMark();
  if (item.over) return null;
  const label = item.read ? t("inbox.markUnread") : t("inbox.markRead");
  return (
    <Button
      type="text"
      size="small"
      aria-label={label}
      title={label}
      icon={item.read ? <Mail size={14} /> : <MailOpen size={14} />}
      onClick={() => void mark({ read: !item.read, numbers: [item.number] }).catch(() => {})}
    />
  );
}
