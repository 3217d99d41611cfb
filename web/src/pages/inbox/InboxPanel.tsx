/** What the bell opens: the newest unread rows. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Button } from "antd";
import { useTranslation } from "react-i18next";
import { inboxNewsQuery } from "~/api/queries/inbox";
import { Failure, SkeletonLines } from "~/parts/states";
import { InboxLine, useMark } from "./InboxLine";

export function InboxPanel({ onLeave }: { onLeave: () => void }) {
  const { t } = useTranslation();
  const mark = useMark();
  const news = useQuery(inboxNewsQuery);
  const items = news.data?.items ?? [];
  const newest = items[0]?.number;
  return (
    <section className="inbox-panel" aria-label={t("inbox.title")}>
      <div className="row spread">
        <h2>{t("inbox.title")}</h2>
        {newest !== undefined && (
          <Button
            size="small"
            type="text"
            onClick={() => void mark({ read: true, up_to: newest }).catch(() => {})}
          >
            {t("inbox.markAll")}
          </Button>
        )}
      </div>
      {news.isPending && <SkeletonLines lines={3} what={t("inbox.title")} />}
      {news.isError && <Failure part error={news.error} retry={() => void news.refetch()} />}
      {news.isSuccess && items.length === 0 && <p className="soft">{t("inbox.nothing")}</p>}
      <ul className="inbox-rows">
        {items.map((item) => (
          <InboxLine key={item.number} item={item} onLeave={onLeave} />
        ))}
      </ul>
      <Link to="/inbox" search={{}} onClick={onLeave}>
        {t("inbox.open")}
      </Link>
    </section>
  );
}
