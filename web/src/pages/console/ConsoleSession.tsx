/**
 * One console, from asking to its end: access is a request; where nobody has to agree it answers with a ticket at
 * once, otherwise the page waits for the decision and goes on by itself. A ticket opens one stream, once.
 */

import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Button } from "antd";
import { CircleAlert, ClipboardList, Hourglass, Users } from "lucide-react";
import { lazy, Suspense, useCallback, useState } from "react";
import { useTranslation } from "react-i18next";
import { problemText } from "~/api/problem";
import { requestFieldsQuery } from "~/api/queries/requests";
import type { ConsoleKind, Vm } from "~/api/types";
import { Copyable } from "~/parts/Copyable";
import { useAskedFields } from "../requests/asked-fields";
import "./console.css";
import type { Ended } from "./console-end";
import { useConsoleAccess } from "./use-console-access";

const SerialConsole = lazy(() => import("./SerialConsole"));
const VncConsole = lazy(() => import("./VncConsole"));

interface Props {
  vm: Vm;
  kind: ConsoleKind;
}

type Said = { fields?: Record<string, unknown> };

/** Asks first for what an organisation wants to know with a console, where it wants something. */
export default function ConsoleSession({ vm, kind }: Props) {
  const fields = useQuery(requestFieldsQuery(vm.environment.id, "vm.console"));
  const [said, setSaid] = useState<Said | null>(null);
  const asked = (fields.data?.items ?? []).length > 0;
  if (fields.isPending) return null;
  // What cannot be read is told by the server when the console is asked for.
  if (asked && !said) return <Before vm={vm} onSaid={setSaid} />;
  return <Session vm={vm} kind={kind} said={said} />;
}

function Before({ vm, onSaid }: { vm: Vm; onSaid: (said: Said) => void }) {
  const { t } = useTranslation();
  const asked = useAskedFields("vm.console", vm.environment.id);
  return (
    <section className="console-note" aria-label={t("consoles.ask.title")}>
      <ClipboardList size={16} aria-hidden="true" />
      <div className="stack gap-3">
        <p className="strong">{t("consoles.ask.title")}</p>
        <p className="soft">{t("consoles.ask.text")}</p>
        {asked.block}
        <div>
          <Button type="primary" disabled={asked.missing} onClick={() => onSaid(asked.said)}>
            {t("consoles.ask.verb")}
          </Button>
        </div>
      </div>
    </section>
  );
}

const nothing: Said = {};

function Session({ vm, kind, said }: Props & { said: Said | null }) {
  const { t } = useTranslation();
  const { access, again } = useConsoleAccess(vm.id, kind, said ?? nothing);
  const [open, setOpen] = useState(false);
  const [ended, setEnded] = useState<Ended | null>(null);
  const onOpen = useCallback(() => setOpen(true), []);
  const onEnd = useCallback((why: Ended) => {
    setOpen(false);
    setEnded(why);
  }, []);
  const reconnect = () => {
    setEnded(null);
    setOpen(false);
    again();
  };
  const label = `${t(`consoles.kind.${kind}`)} ${vm.short_name}`;
  const Stream = kind === "serial" ? SerialConsole : VncConsole;

  if (access.phase === "failed") {
    return (
      <div className="console-note" role="alert">
        <CircleAlert size={16} aria-hidden="true" />
        <div className="stack gap-2">
          <p>{problemText(t, access.problem)}</p>
          <div className="row">
            <Copyable value={access.problem.code} quiet />
            <Button size="small" onClick={reconnect}>
              {t("common.retry")}
            </Button>
          </div>
        </div>
      </div>
    );
  }
  if (access.phase === "waiting") {
    return (
      <div className="console-note" role="status">
        <Hourglass size={16} aria-hidden="true" />
        <div>
          <p className="strong">{t("consoles.waiting.title")}</p>
          <p className="soft">
            {t("consoles.waiting.text")}{" "}
            <Link to="/requests/$requestId" params={{ requestId: access.request.id }} search={{}}>
              {t("common.requestNumber", { number: access.request.number })}
            </Link>
          </p>
        </div>
      </div>
    );
  }
  if (access.phase === "occupied") {
    return (
      <div className="console-note" role="alert">
        <Users size={16} aria-hidden="true" />
        <div className="stack gap-2">
          <p className="strong">{t("consoles.occupied.title")}</p>
          <p className="soft">
            {t("consoles.occupied.text", { names: access.others.join(t("common.listJoin")) })}
          </p>
          <Button size="small" onClick={access.takeOver} className="console-take">
            {t("consoles.occupied.proceed")}
          </Button>
        </div>
      </div>
    );
  }
  const phase = ended ? "ended" : open ? "open" : "connecting";
  return (
    <div className="console" data-phase={phase}>
      {access.phase === "ready" && !ended && (
        <Suspense>
          <Stream key={access.url} url={access.url} label={label} onOpen={onOpen} onEnd={onEnd} />
        </Suspense>
      )}
      <div className="console-state" role="status">
        {phase === "connecting" && t("consoles.connecting")}
        {phase === "open" && <span className="sr-only">{t("consoles.open")}</span>}
        {ended && (
          <div className="row gap-3">
            <span>{t(`consoles.ended.${ended}`)}</span>
            <Button size="small" type="primary" onClick={reconnect}>
              {t("consoles.reconnect")}
            </Button>
          </div>
        )}
      </div>
    </div>
  );
}
