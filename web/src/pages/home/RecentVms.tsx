import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { fewVmsQuery } from "~/api/queries/vms";
import { useEnvironment } from "~/app/environment";
import { Lines, VmLine } from "~/parts/Lines";
import { Section } from "~/parts/Page";
import { Failure, SkeletonLines } from "~/parts/states";

/** A few VMs the person may see, so that a known one is one click away. */
export function RecentVms() {
  const { t } = useTranslation();
  const environment = useEnvironment();
  const vms = useQuery(fewVmsQuery(environment ? { environment_id: environment.id } : {}, 8));
  return (
    <Section
      title={t("home.vms")}
      extra={
        <Link to="/vms" search={{}}>
          {t("common.showAll")}
        </Link>
      }
    >
      {vms.isPending && <SkeletonLines lines={5} what={t("home.vms")} />}
      {vms.isError && <Failure part error={vms.error} retry={() => void vms.refetch()} />}
      {vms.data && (
        <Lines empty={t("home.vmsNone")}>
          {vms.data.items.map((vm) => (
            <VmLine key={vm.id} vm={vm} />
          ))}
        </Lines>
      )}
    </Section>
  );
}
