import { useInfiniteQuery } from "@tanstack/react-query";
import { Button } from "antd";
import { useTranslation } from "react-i18next";
import { timelineQuery } from "~/api/queries/vms";
import { Failure, SkeletonLines } from "~/parts/states";
import { Timeline } from "~/parts/Timeline";

export function VmTimeline({ id }: { id: string }) {
  const { t } = useTranslation();
  const timeline = useInfiniteQuery(timelineQuery(id));
  if (timeline.isPending) return <SkeletonLines lines={8} what={t("vms.tab.timeline")} />;
  if (timeline.isError && !timeline.data)
    return <Failure error={timeline.error} retry={() => void timeline.refetch()} />;
  const entries = timeline.data?.pages.flatMap((page) => page.items) ?? [];
  if (entries.length === 0) return <p className="soft">{t("timeline.empty")}</p>;
  return (
    <>
      <Timeline entries={entries} />
      {timeline.hasNextPage && (
        <Button onClick={() => void timeline.fetchNextPage()} loading={timeline.isFetchingNextPage}>
          {t("timeline.older")}
        </Button>
      )}
    </>
  );
}
