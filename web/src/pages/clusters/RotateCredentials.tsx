/** Other credentials for a cluster: the server tries them before they take the place of those in use. */
import { useTranslation } from "react-i18next";
import { rotateCluster } from "~/api/queries/clusters";
import type { components } from "~/api/schema";
import type { Cluster } from "~/api/types";
import { FormDialog } from "~/parts/FormDialog";
import { SignInFields, type SignInWay, signInFields, withoutWay } from "./SignIn";

type Values = components["schemas"]["RotateCluster"] & { way: SignInWay };

export function RotateCredentials(props: {
  cluster: Cluster;
  onDone: (cluster: Cluster) => void;
  onClose: () => void;
}) {
  const { t } = useTranslation();
  const { cluster } = props;
  return (
    <FormDialog<Values, Cluster>
      title={t("clusters.rotate.title", { name: cluster.name })}
      text={t("clusters.rotate.text")}
      verb={t("clusters.rotate.verb")}
      width={640}
      fields={signInFields}
      initial={{ way: cluster.sign_in }}
      send={(values) => rotateCluster(cluster.id, withoutWay(values))}
      onDone={props.onDone}
      onClose={props.onClose}
    >
      {(form) => <SignInFields form={form} />}
    </FormDialog>
  );
}
