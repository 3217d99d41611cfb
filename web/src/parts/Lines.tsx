/** A short list of things on a page, two lines each: what it is with its state, and one quiet line below. */
import { Link } from "@tanstack/react-router";
import { Children, type ReactNode } from "react";
import type { VmSummary } from "~/api/types";
import { EnvironmentLabel } from "./EnvironmentLabel";
import "./lines.css";
import { VmBadge } from "./StateBadges";

export function Lines({ children, empty }: { children: ReactNode; empty?: string }) {
  if (Children.count(children) === 0 && empty) return <p className="soft">{empty}</p>;
  return <ul className="lines panel">{children}</ul>;
}

export function VmLine({ vm }: { vm: VmSummary }) {
  return (
    <li>
      <Link to="/vms/$vmId" params={{ vmId: vm.id }} search={{}} className="line">
        <span className="mono grow truncate" title={vm.name}>
          {vm.short_name}
        </span>
        <EnvironmentLabel environment={vm.environment} />
        <span className="line-state">
          <VmBadge state={vm.state} power={vm.power} />
        </span>
      </Link>
      <p className="line-sub dim truncate">
        {vm.system.name} / {vm.service.name}
        {vm.status_reason && ` · ${vm.status_reason}`}
      </p>
    </li>
  );
}
