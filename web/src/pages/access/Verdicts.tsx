/** What one person may do at a place: every permission with its answer and why. */
import { Check, Minus, X } from "lucide-react";
import { Fragment } from "react";
import { useTranslation } from "react-i18next";
import type { AccessVerdict } from "~/api/queries/access";
import { permissionWord } from "../people/PermissionWords";
import { byNoun } from "../people/permissions";
import { Why } from "./Why";
import "./access.css";

interface Props {
  verdicts: AccessVerdict[];
  label: string;
  /** No place was asked about, so what needs one is neither yes nor no. */
  anywhere: boolean;
}

export function Verdicts({ verdicts, label, anywhere }: Props) {
  const { t } = useTranslation();
  const found = new Map(verdicts.map((verdict) => [verdict.permission, verdict]));
  return (
    <table className="small-table verdicts" aria-label={label}>
      <thead>
        <tr>
          <th scope="col">{t("access.may")}</th>
          <th scope="col">{t("access.answer")}</th>
          <th scope="col">{t("access.why")}</th>
        </tr>
      </thead>
      <tbody>
        {byNoun([...found.keys()]).map(({ noun, permissions }) => (
          <Fragment key={noun}>
            <tr className="verdict-group">
              <th scope="rowgroup" colSpan={3}>
                {t(`people.noun.${noun}` as "people.noun.vm", { defaultValue: noun })}
              </th>
            </tr>
            {permissions.map((permission) => {
              const verdict = found.get(permission);
              return (
                verdict && (
                  <tr key={permission}>
                    <th scope="row" title={permission}>
                      {permissionWord(t, permission)}
                    </th>
                    <td>
                      <Answer verdict={verdict} anywhere={anywhere} />
                    </td>
                    <td>
                      <Why verdict={verdict} />
                    </td>
                  </tr>
                )
              );
            })}
          </Fragment>
        ))}
      </tbody>
    </table>
  );
}

function Answer({ verdict, anywhere }: { verdict: AccessVerdict; anywhere: boolean }) {
  const { t } = useTranslation();
  const { allowed, missing } = verdict;
  if (anywhere && missing.length > 0 && missing.every((one) => one === "no_place"))
    return (
      <span className="row gap-1">
        <Minus size={14} className="dim" aria-hidden="true" />
        {t("access.depends")}
      </span>
    );
  return (
    <span className="row gap-1">
      {allowed ? (
        <Check size={14} className="mark-yes" aria-hidden="true" />
      ) : (
        <X size={14} className="dim" aria-hidden="true" />
      )}
      {t(allowed ? "common.yes" : "common.no")}
    </span>
  );
}
