/** What a connection would be good for, tried before it is registered: each check with what to do about it. */
import { useMutation } from "@tanstack/react-query";
import { Button, Form, type FormInstance } from "antd";
import { Check, CircleMinus, TriangleAlert, X } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { checkCluster } from "~/api/queries/clusters";
import type { components } from "~/api/schema";
import { Coded } from "~/parts/Coded";
import { FormProblem, useServerErrors } from "~/parts/form";
import { type SignInWay, signInFields, withoutWay } from "./SignIn";

type Line = components["schemas"]["ClusterCheckLine"];
type Found = components["schemas"]["ClusterCheck"];
type Body = components["schemas"]["CheckCluster"] & { way: SignInWay };

const marks = {
  passed: { Icon: Check, className: "mark-yes" },
  warning: { Icon: TriangleAlert, className: "mark-warn" },
  failed: { Icon: X, className: "mark-no" },
  skipped: { Icon: CircleMinus, className: "dim" },
} as const;

export function Checks({ form }: { form: FormInstance }) {
  const { t } = useTranslation();
  const { show, clear, problem } = useServerErrors(form, ["environment_id", ...signInFields]);
  // What was found is true of what was tried; other values have to be tried anew.
  const given = JSON.stringify(tried(Form.useWatch([], form) ?? {}));
  const [of, setOf] = useState("");
  const check = useMutation({ mutationFn: checkCluster, onMutate: clear, onError: show });
  const run = async () => {
    try {
      await form.validateFields(["environment_id", ...signInFields]);
    } catch {
      return;
    }
    setOf(given);
    check.mutate(withoutWay(tried(form.getFieldsValue())));
  };
  const current = of === given;
  return (
    <section className="cluster-checks" aria-label={t("clusters.check.title")} aria-busy={check.isPending}>
      <div className="row">
        <Button onClick={() => void run()} loading={check.isPending}>
          {t("clusters.check.verb")}
        </Button>
        <span className="dim" role="status">
          {check.isPending ? t("clusters.check.busy") : ""}
        </span>
      </div>
      {current && <FormProblem problem={problem} />}
      {current && check.data && <Results found={check.data} />}
    </section>
  );
}

/** The part of the form that a connection is made of. */
function tried(values: Partial<Body>): Body {
  const { environment_id, mode, way, kubeconfig, token, api_url, ca_pem, proxy_url } = values as Body;
  return { environment_id, way, ...defined({ mode, kubeconfig, token, api_url, ca_pem, proxy_url }) };
}

function defined<Values extends object>(values: Values) {
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== undefined && value !== ""),
  );
}

function Results({ found }: { found: Found }) {
  const { t } = useTranslation();
  return (
    <div role="status">
      <p className="strong">{t(found.usable ? "clusters.check.usable" : "clusters.check.unusable")}</p>
      <ul className="stack gap-1" aria-label={t("clusters.check.title")}>
        {found.checks.map((line) => (
          <Result key={line.check} line={line} />
        ))}
      </ul>
    </div>
  );
}

function Result({ line }: { line: Line }) {
  const { t } = useTranslation();
  const { Icon, className } = marks[line.state];
  const rights = line.reason.code === "RIGHTS_MISSING" ? (line.reason.params.rights as string[]) : [];
  return (
    <li className="cluster-check">
      <Icon size={14} className={className} aria-label={t(`clusters.check.state.${line.state}`)} />
      <div>
        <span className="strong">{t(`clusters.check.name.${line.check}`)}</span>{" "}
        <span className="soft">
          <Coded reason={line.reason} />
        </span>
        {rights.length > 0 && <p className="mono soft">{rights.join(", ")}</p>}
      </div>
    </li>
  );
}
