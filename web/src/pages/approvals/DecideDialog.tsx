/** The decision itself: its consequences in one place, then Enter. Protected environments want a second act. */
import { useQueryClient } from "@tanstack/react-query";
import { Checkbox, Select } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { keys } from "~/api/keys";
import { approve, askForChanges, type Overrides, reject } from "~/api/queries/requests";
import type { Request } from "~/api/types";
import { ConfirmDialog } from "~/parts/ConfirmDialog";
import { environmentOf, joinedOf, placeOf, RequestEnvironment } from "~/parts/target";
import { specView } from "../requests/spec";
import { Less } from "./Less";
import type { Verdict } from "./queue";

interface Props {
  request: Request;
  verdict: Verdict;
  onDecided: (answer: Request) => void;
  onClose: () => void;
}

export function DecideDialog({ request, verdict, onDecided, onClose }: Props) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [cluster, setCluster] = useState<string | undefined>();
  const [ticked, setTicked] = useState(false);
  const [less, setLess] = useState<Overrides>({});
  // Who may not approve by themselves can only do it by setting the soft rules aside.
  const [aside, setAside] = useState(!request.may.approve);
  const done = (answer: Request) => {
    client.setQueryData(keys.one("requests", request.id), answer);
    void client.invalidateQueries({ queryKey: keys.lists("requests") });
    void client.invalidateQueries({ queryKey: keys.all("home") });
    onDecided(answer);
  };
  if (verdict === "reject") {
    return (
      <ConfirmDialog
        confirmation={{
          title: t("approvals.rejectTitle"),
          consequences: t("approvals.rejectText", { name: request.requester.display_name }),
          verb: t("approvals.reject"),
          danger: true,
          reason: "required",
        }}
        act={({ reason }, key) => reject(request.id, { spec_hash: request.spec_hash, reason }, key)}
        onDone={done}
        onClose={onClose}
      />
    );
  }
  if (verdict === "request_changes") {
    return (
      <ConfirmDialog
        confirmation={{
          title: t("approvals.changesTitle"),
          consequences: t("approvals.changesText", { name: request.requester.display_name }),
          verb: t("approvals.changes"),
          reason: "required",
          reasonLabel: t("approvals.changesWhat"),
        }}
        act={({ reason }, key) =>
          askForChanges(request.id, { spec_hash: request.spec_hash, comment: reason }, key)
        }
        onDone={done}
        onClose={onClose}
      />
    );
  }
  const environment = environmentOf(request);
  const isProtected = environment?.protected ?? false;
  // The name of an existing VM is typed; a new VM has none yet, so reading is confirmed by a tick instead.
  const typeName =
    isProtected && request.vm && request.operation !== "vm.console" ? request.vm.name : undefined;
  const wantsTick = isProtected && !typeName;
  const smaller = Object.keys(less).length > 0;
  return (
    <ConfirmDialog
      confirmation={{
        title: t("approvals.approveTitle"),
        consequences: <What request={request} cluster={cluster} />,
        verb: t("approvals.approve"),
        typeName,
        ...(aside
          ? { reason: "required" as const, reasonLabel: t("approvals.setAside.why") }
          : smaller
            ? { reason: "optional" as const, reasonLabel: t("approvals.less.comment") }
            : {}),
        blocked: wantsTick && !ticked,
        extra: (
          <div className="stack gap-3">
            {request.operation === "vm.create" && (
              <ClusterChoice request={request} value={cluster} onChange={setCluster} />
            )}
            {request.operation === "vm.create" && <Less request={request} value={less} onChange={setLess} />}
            {request.may.set_aside && (
              <div>
                <Checkbox
                  checked={aside}
                  disabled={!request.may.approve}
                  onChange={(event) => setAside(event.target.checked)}
                >
                  {t("approvals.setAside.label")}
                </Checkbox>
                <p className="dim">{t("approvals.setAside.hint")}</p>
              </div>
            )}
            {wantsTick && (
              <Checkbox autoFocus checked={ticked} onChange={(event) => setTicked(event.target.checked)}>
                {t("approvals.tick", { name: environment?.title })}
              </Checkbox>
            )}
          </div>
        ),
      }}
      act={({ name, reason }, key) =>
        approve(
          request.id,
          {
            spec_hash: request.spec_hash,
            ...(reason ? { comment: reason } : {}),
            ...(cluster ? { cluster_id: cluster } : {}),
            ...(smaller ? { overrides: less } : {}),
            ...(aside ? { set_aside: true } : {}),
            ...(typeName ? { confirm_name: name } : {}),
          },
          key,
        )
      }
      onDone={done}
      onClose={onClose}
    />
  );
}

function What({ request, cluster }: { request: Request; cluster: string | undefined }) {
  const { t } = useTranslation();
  const place = placeOf(request);
  const joined = joinedOf(request);
  const role = specView(request.spec).role ?? "viewer";
  const verb = request.operation.split(".")[1] as "create";
  const chosen = request.placement.find((candidate) =>
    cluster ? candidate.cluster.id === cluster : candidate.cluster.id === request.cluster?.id,
  );
  return (
    <div className="stack gap-2">
      <div className="row">
        <RequestEnvironment request={request} />
        {place?.environment.protected && (
          <span>{t("approvals.consequence.protected", { name: place.environment.title })}</span>
        )}
      </div>
      <p className="strong">
        {t(`approvals.consequence.${verb}`, {
          environment: place?.environment.title,
          service: place && `${place.system.name} / ${place.service.name}`,
          system: joined?.name,
          role: t(`systems.members.roles.${role}`),
          vm: request.vm?.name,
          name: request.requester.display_name,
        })}
      </p>
      {chosen && request.operation === "vm.create" && (
        <p>{t("approvals.consequence.where", { cluster: chosen.cluster.name })}</p>
      )}
      <p className="dim">{t("approvals.consequence.bound")}</p>
    </div>
  );
}

interface ClusterProps {
  request: Request;
  value: string | undefined;
  onChange: (id: string | undefined) => void;
}

/** Another of the clusters that fit; the first one is what the placement would take. */
function ClusterChoice({ request, value, onChange }: ClusterProps) {
  const { t } = useTranslation();
  const eligible = request.placement.filter((candidate) => candidate.eligible);
  if (eligible.length < 2) return null;
  const best = request.cluster ?? eligible[0]?.cluster;
  return (
    <div className="stack gap-1">
      <span id="cluster-choice">{t("approvals.cluster")}</span>
      <Select
        aria-labelledby="cluster-choice"
        value={value ?? ""}
        onChange={(id) => onChange(id === "" ? undefined : id)}
        options={[
          { value: "", label: t("approvals.clusterAuto", { name: best?.name }) },
          ...eligible
            .filter((candidate) => candidate.cluster.id !== best?.id)
            .map((candidate) => ({ value: candidate.cluster.id, label: candidate.cluster.name })),
        ]}
      />
    </div>
  );
}
