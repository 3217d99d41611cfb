/** Where an event stands in the sealed log, and the proof that anyone can check without this server. */
import { useQuery } from "@tanstack/react-query";
import { Button } from "antd";
import { ShieldCheck } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { toProblem } from "~/api/problem";
import { auditProofQuery } from "~/api/queries/audit";
import { Copyable } from "~/parts/Copyable";
import { Section } from "~/parts/Page";
import { RelativeTime } from "~/parts/RelativeTime";
import { Failure, SkeletonLines } from "~/parts/states";

export function Proof({ id }: { id: number }) {
  const { t } = useTranslation();
  // Asked for when somebody wants it: for an event of this minute there is none yet, and the server refuses.
  const [wanted, setWanted] = useState(false);
  const proof = useQuery({ ...auditProofQuery(id), enabled: wanted });
  return (
    <Section title={t("audit.proof.title")}>
      {!wanted && (
        <Button size="small" onClick={() => setWanted(true)}>
          {t("audit.proof.show")}
        </Button>
      )}
      {wanted && proof.isPending && <SkeletonLines lines={2} what={t("audit.proof.title")} />}
      {proof.isError &&
        (toProblem(proof.error).status === 409 ? (
          <p className="soft">{t("audit.proof.notYet")}</p>
        ) : (
          <Failure part error={proof.error} retry={() => void proof.refetch()} />
        ))}
      {proof.data && (
        <div className="stack gap-2">
          <p className="row">
            <ShieldCheck size={14} className="mark-yes" aria-hidden="true" />
            <span>
              {t("audit.proof.sealed", {
                position: proof.data.position,
                size: proof.data.checkpoint.size,
              })}{" "}
              <RelativeTime at={proof.data.checkpoint.created_at} />
            </span>
          </p>
          <div>
            <Copyable
              quiet
              value={JSON.stringify(proof.data, null, 2)}
              shown={t("audit.proof.copy", { count: proof.data.hashes.length })}
            />
          </div>
        </div>
      )}
    </Section>
  );
}
