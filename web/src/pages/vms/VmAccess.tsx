/** Who can get at this VM: the members of its System, and how it is reached. Delete protection is set here. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Switch } from "antd";
import { useTranslation } from "react-i18next";
import { keys } from "~/api/keys";
import { toProblem } from "~/api/problem";
import { membersQuery } from "~/api/queries/systems";
import { setBeside } from "~/api/queries/vms";
import type { Vm } from "~/api/types";
import { useMay } from "~/app/session";
import { Copyable } from "~/parts/Copyable";
import { FormProblem } from "~/parts/form";
import { MemberTable } from "~/parts/MemberTable";
import { Section } from "~/parts/Page";
import { Failure, SkeletonLines } from "~/parts/states";
import { Places } from "../access/Places";

export function VmAccess({ vm }: { vm: Vm }) {
  const { t } = useTranslation();
  const members = useQuery(membersQuery(vm.system.id));
  return (
    <div className="columns">
      <div>
        <Section title={t("vms.access.members", { system: vm.system.name })}>
          {members.isPending && <SkeletonLines lines={3} what={t("systems.members.title")} />}
          {members.isError && <Failure part error={members.error} retry={() => void members.refetch()} />}
          {members.data && <MemberTable members={members.data.items} />}
        </Section>
        <Places kind="vm" id={vm.id} name={vm.name} />
        <WhoMay vm={vm} />
      </div>
      <div>
        <Section title={t("vms.access.reach")}>
          {vm.address ? (
            <div className="stack gap-2">
              <p className="soft">{t("vms.access.ssh")}</p>
              <Copyable value={`ssh ${vm.address}`} />
            </div>
          ) : (
            <p className="soft">{t("vms.access.noAddress")}</p>
          )}
        </Section>
        <Protection vm={vm} />
      </div>
    </div>
  );
}

function Protection({ vm }: { vm: Vm }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const change = useMutation({
    mutationFn: (on: boolean) => setBeside(vm.id, vm.version, { delete_protected: on }),
    onSuccess: (next) => client.setQueryData(keys.one("vms", vm.id), next),
    onError: () => client.invalidateQueries({ queryKey: keys.one("vms", vm.id) }),
  });
  return (
    <Section title={t("vms.access.protection")}>
      <div className="stack gap-3">
        <div className="row gap-3">
          <Switch
            checked={vm.delete_protected}
            disabled={!vm.may.update}
            loading={change.isPending}
            onChange={(on) => change.mutate(on)}
            aria-label={t("vms.access.protection")}
          />
          <span className="soft">
            {t(vm.delete_protected ? "vms.access.protected" : "vms.access.unprotected")}
          </span>
        </div>
        <FormProblem problem={change.isError ? toProblem(change.error) : null} />
      </div>
    </Section>
  );
}

/** For those who may read people: everybody who reaches its consoles, and why. */
function WhoMay({ vm }: { vm: Vm }) {
  const { t } = useTranslation();
  if (!useMay("user:read")) return null;
  return (
    <p>
      <Link to="/people/access" search={{ permission: "vm:console", vm: vm.id }}>
        {t("vms.access.whoMay")}
      </Link>
    </p>
  );
}
