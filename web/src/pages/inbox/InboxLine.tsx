/** One row of the inbox: what happened, where, when. Opening it leads to the thing and marks it as read. */
import { useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { translateCoded } from "~/api/problem";
import { inboxKey, markInbox } from "~/api/queries/inbox";
import type { InboxItem, MarkInbox } from "~/api/types";
import { EnvironmentLabel } from "~/parts/EnvironmentLabel";
import { RelativeTime } from "~/parts/RelativeTime";
import { roleName } from "~/parts/roles";
import "./inbox.css";

/** Marks rows, and has the count and the lists follow. */
export function useMark() {
  const client = useQueryClient();
  return async (body: MarkInbox) => {
    await markInbox(body);
    await client.invalidateQueries({ queryKey: inboxKey });
  };
}

interface InboxLineProps {
  item: InboxItem;
  onLeave?: () => void;
  action?: ReactNode;
}

export function InboxLine({ item, onLeave, action }: InboxLineProps) {
  const { t } = useTranslation();
  const mark = useMark();
  const fresh = !item.read && !item.over;
  const open = () => {
    // The thing opens whether or not this is noted.
    if (!item.read) void mark({ read: true, numbers: [item.number] }).catch(() => {});
    onLeave?.();
  };
  return (
    <li className={fresh ? "inbox-row inbox-fresh" : "inbox-row"}>
      <span className="inbox-dot" aria-hidden="true" />
      <div className="grow inbox-words">
        <Thing item={item} onClick={open}>
          {fresh && <span className="sr-only">{t("inbox.unread")}: </span>}
          <Words item={item} />
        </Thing>
        <span className="dim row row-wrap gap-1">
          {item.environment && <EnvironmentLabel environment={item.environment} />}
          {item.over && item.kind === "request.waiting" && <span>{t("inbox.over")}</span>}
          <RelativeTime at={item.at} plain />
        </span>
      </div>
      {action}
    </li>
  );
}

function Words({ item }: { item: InboxItem }) {
  const { t } = useTranslation();
  const { code, params, text } = item.what;
  // A place in a system has words of its own.
  const roleOf = (role: string) =>
    item.system
      ? t(`systems.members.roles.${role}` as "frame.inbox", { defaultValue: role })
      : roleName(t, role);
  const role = typeof params.role === "string" ? { role: roleOf(params.role) } : {};
  return <>{translateCoded(t, { code, params: { ...params, ...role }, fallback: text })}</>;
}

/** A link to what the row is about, as far as there is anything to open. */
function Thing({ item, onClick, children }: { item: InboxItem; onClick: () => void; children: ReactNode }) {
  const common = { className: "inbox-thing", onClick, children };
  if (item.request && item.kind === "request.waiting" && !item.over)
    return <Link to="/approvals" search={{ id: item.request.id }} {...common} />;
  if (item.request)
    return <Link to="/requests/$requestId" params={{ requestId: item.request.id }} search={{}} {...common} />;
  if (item.kind === "role.lost") return <Link to="/me" search={{}} {...common} />;
  if (item.vm) return <Link to="/vms/$vmId" params={{ vmId: item.vm.id }} search={{}} {...common} />;
  if (item.system)
    return <Link to="/systems/$systemId" params={{ systemId: item.system.id }} search={{}} {...common} />;
  return <Link to="/me" search={{}} {...common} />;
}
