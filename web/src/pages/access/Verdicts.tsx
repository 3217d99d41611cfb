/** What one person may do at a place: every permission with its answer and why. */
import { Check, X } from "lucide-react";
import { Fragment } from "react";
import { useTranslation } from "react-i18next";
import type { AccessVerdict } from "~/api/queries/access";
import { permissionWord } from "../people/PermissionWords";
import { byNoun } from "../people/permissions";
import { Why } from "./Why";
import "./access.css";

export function Verdicts({ verdicts, label }: { verdicts: AccessVerdict[]; label: string }) {
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
                      <Answer allowed={verdict.allowed} />
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

function Answer({ allowed }: { allowed: boolean }) {
  const { t } = useTranslation();
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
