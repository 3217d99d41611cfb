/** What people do with a pool: how many, rest and go on; and asking for its end. */
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Button, Form, InputNumber } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { keys } from "~/api/keys";
import { orderPoolDelete, type Pool, pausePool, resumePool, scalePool } from "~/api/queries/pools";
import type { Request } from "~/api/types";
import { ConfirmDialog } from "~/parts/ConfirmDialog";
import { FormDialog } from "~/parts/FormDialog";
import { ChangePool } from "./ChangePool";

type Act = "scale" | "pause" | "resume" | "change" | "delete";

export function PoolActions({ pool }: { pool: Pool }) {
  const { t } = useTranslation();
  const [act, setAct] = useState<Act | null>(null);
  const client = useQueryClient();
  const navigate = useNavigate();
  const { pool: about, may } = pool;
  const close = () => setAct(null);
  const onDone = (now: Pool) => {
    close();
    client.setQueryData(keys.one("pools", about.id), now);
    void client.invalidateQueries({ queryKey: keys.lists("pools") });
  };
  const toRequest = (request: Request) =>
    void navigate({ to: "/requests/$requestId", params: { requestId: request.id }, search: {} });
  const rest = about.paused ? "resume" : "pause";
  return (
    <>
      {may.scale && (
        <>
          <Button type="primary" onClick={() => setAct("scale")}>
            {t("pools.do.scale")}
          </Button>
          <Button onClick={() => setAct(rest)}>{t(`pools.do.${rest}`)}</Button>
        </>
      )}
      {may.change && <Button onClick={() => setAct("change")}>{t("pools.do.change")}</Button>}
      {may.delete && (
        <Button danger onClick={() => setAct("delete")}>
          {t("pools.do.delete")}
        </Button>
      )}
      {act === "scale" && (
        <FormDialog<{ desired: number }, Pool>
          title={t("pools.do.scaleTitle", { name: about.name })}
          text={t("pools.do.scaleText", { min: about.min, max: about.max })}
          verb={t("pools.do.scale")}
          initial={{ desired: about.desired }}
          fields={["desired"]}
          send={(body, key) => scalePool(about.id, body, key)}
          onDone={onDone}
          onClose={close}
        >
          <Form.Item name="desired" label={t("pools.desired")} rules={[{ required: true }]}>
            <InputNumber min={about.min} max={about.max} precision={0} />
          </Form.Item>
        </FormDialog>
      )}
      {(act === "pause" || act === "resume") && (
        <ConfirmDialog<Pool>
          confirmation={{
            title: t(`pools.do.${act}Title`, { name: about.name }),
            consequences: <p>{t(`pools.do.${act}Text`)}</p>,
            verb: t(`pools.do.${act}`),
          }}
          act={(_, key) => (act === "pause" ? pausePool(about.id, key) : resumePool(about.id, key))}
          onDone={onDone}
          onClose={close}
        />
      )}
      {act === "change" && <ChangePool pool={pool} onDone={toRequest} onClose={close} />}
      {act === "delete" && (
        <ConfirmDialog<Request>
          confirmation={{
            title: t("pools.do.deleteTitle", { name: about.name }),
            consequences: <p>{t("pools.do.deleteText", { count: about.members })}</p>,
            verb: t("pools.do.delete"),
            danger: true,
            typeName: about.name,
            reason: "optional",
          }}
          act={({ name, reason }, key) =>
            orderPoolDelete(about.id, { confirm_name: name, ...(reason ? { reason } : {}) }, key)
          }
          onDone={toRequest}
          onClose={close}
        />
      )}
    </>
  );
}
