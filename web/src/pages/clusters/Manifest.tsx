/** The rights to give in a cluster before it is registered, as YAML to apply there. */
import { useQuery } from "@tanstack/react-query";
import { Button, Input } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { manifestQuery } from "~/api/queries/capability";
import type { Cluster } from "~/api/types";
import { copyText } from "~/parts/copy";
import { Failure, SkeletonLines } from "~/parts/states";

export function Manifest({ mode }: { mode: Cluster["mode"] }) {
  const { t } = useTranslation();
  const [shown, setShown] = useState(false);
  const manifest = useQuery({ ...manifestQuery(mode), enabled: shown });
  if (!shown)
    return (
      <div className="dialog-text">
        <Button size="small" onClick={() => setShown(true)}>
          {t("clusters.manifest.verb")}
        </Button>
      </div>
    );
  return (
    <div className="dialog-text">
      <p className="soft">{t("clusters.manifest.lead")}</p>
      {manifest.isPending && <SkeletonLines lines={6} what={t("clusters.manifest.verb")} />}
      {manifest.isError && <Failure part error={manifest.error} retry={() => void manifest.refetch()} />}
      {manifest.data && (
        <>
          <Button size="small" onClick={() => void copyText(manifest.data.yaml)}>
            {t("clusters.manifest.copy")}
          </Button>
          <Input.TextArea
            readOnly
            rows={12}
            className="manifest mono"
            aria-label={t("clusters.manifest.verb")}
            value={manifest.data.yaml}
          />
        </>
      )}
    </div>
  );
}
