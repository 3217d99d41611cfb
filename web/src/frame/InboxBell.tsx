/** The bell: how much is unread, live, and the newest of it. What it opens loads when it is opened. */
import { useQuery } from "@tanstack/react-query";
import { Button, Popover } from "antd";
import { Bell } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { inboxCountQuery } from "~/api/queries/inbox";
import { moreMessages } from "~/i18n/languages";
import { SkeletonLines } from "~/parts/states";

const InboxPanel = lazy(async () => {
  const [page] = await Promise.all([import("~/pages/inbox/InboxPanel"), moreMessages()]);
  return { default: page.InboxPanel };
});

export function InboxBell() {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  const { data } = useQuery(inboxCountQuery);
  const unread = data?.unread ?? 0;
  return (
    <Popover
      trigger="click"
      placement="bottomRight"
      arrow={false}
      open={open}
      onOpenChange={setOpen}
      destroyOnHidden
      content={
        <Suspense fallback={<SkeletonLines lines={3} what={t("frame.inbox")} />}>
          <InboxPanel onLeave={() => setOpen(false)} />
        </Suspense>
      }
    >
      <Button
        type="text"
        aria-expanded={open}
        aria-label={unread > 0 ? t("frame.inboxUnread", { count: unread }) : t("frame.inbox")}
        icon={
          <span className="top-inbox">
            <Bell size={16} strokeWidth={1.75} />
            {unread > 0 && <span aria-hidden="true">{unread > 99 ? "99+" : unread}</span>}
          </span>
        }
      />
    </Popover>
  );
}
