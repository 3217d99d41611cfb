/** The last rollout of a pool: how far it came, and having it rest, go on or go back. */
import { useQueryClient } from "@tanstack/react-query";
import { Button, Progress } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { keys } from "~/api/keys";
import { type Pool, type PoolProgress, pauseRollout, resumeRollout, rollBack } from "~/api/queries/pools";
import { ConfirmDialog } from "~/parts/ConfirmDialog";
import { RelativeTime } from "~/parts/RelativeTime";

type Act = "pause" | "resume" | "back";
const sends = { pause: pauseRollout, resume: resumeRollout, back: rollBack };

export function Rollout({ pool, last }: { pool: Pool; last: PoolProgress }) {
  const { t } = useTranslation();
  const [act, setAct] = useState<Act | null>(null);
  const client = useQueryClient();
  const close = () => setAct(null);
  const { pool: about, may } = pool;
  const over = last.done_at !== null;
  const rest = last.state === "paused" ? "resume" : "pause";
  const percent =
    over || last.total === 0 ? 100 : Math.round((100 * Math.min(last.updated, last.total)) / last.total);
  return (
    <>
      <p>
        <span className="strong">{t(`pools.rollout.state.${last.state}`)}</span>{" "}
        <span className="soft">
          {t("pools.rollout.progress", { updated: last.updated, total: last.total, revision: last.revision })}{" "}
          <RelativeTime at={last.done_at ?? last.since} />
        </span>
      </p>
      {!over && <Progress percent={percent} aria-label={t("pools.rollout.title")} />}
      {last.rolls_back_at && (
        <p className="soft">
          {t("pools.rollout.goesBack")} <RelativeTime at={last.rolls_back_at} />
        </p>
      )}
      {may.scale && (
        <div className="row gap-2">
          {!over && <Button onClick={() => setAct(rest)}>{t(`pools.rollout.${rest}`)}</Button>}
          {last.may_roll_back && (
            <Button danger onClick={() => setAct("back")}>
              {t("pools.rollout.back")}
            </Button>
          )}
        </div>
      )}
      {act && (
        <ConfirmDialog<Pool>
          confirmation={{
            title: t(`pools.rollout.${act}Title`, { name: about.name }),
            consequences: <p>{t(`pools.rollout.${act}Text`)}</p>,
            verb: t(`pools.rollout.${act}`),
            ...(act === "back" ? { danger: true } : {}),
          }}
          act={(_, key) => sends[act](about.id, key)}
          onDone={(now) => {
            close();
            client.setQueryData(keys.one("pools", about.id), now);
            void client.invalidateQueries({ queryKey: keys.lists("pools") });
          }}
          onClose={close}
        />
      )}
    </>
  );
}
