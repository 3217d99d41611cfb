/** Before and after, field by field; colour is never the only sign of which is which. */
import { useTranslation } from "react-i18next";
import { diff, oneLine } from "./diff";
import "./diff.css";

interface Props {
  before: unknown;
  after: unknown;
  label: string;
  /** Fields and values are words for people, not what a program wrote. */
  words?: boolean;
}

export function Diff({ before, after, label, words }: Props) {
  const { t } = useTranslation();
  const changes = diff(before, after);
  if (changes.length === 0) return <p className="soft">{t("common.noChange")}</p>;
  const [had, has] = [before !== null && before !== undefined, after !== null && after !== undefined];
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a block that scrolls must be reachable by keyboard
    <section className="table-scroll" tabIndex={0} aria-label={label}>
      <table className={words ? "small-table diff diff-words" : "small-table diff"} aria-label={label}>
        <thead>
          <tr>
            <th scope="col">{t("common.field")}</th>
            {had && <th scope="col">{t("common.before")}</th>}
            {has && <th scope="col">{t("common.after")}</th>}
          </tr>
        </thead>
        <tbody>
          {changes.map((change) => (
            <tr key={change.path}>
              <th scope="row" className={words ? undefined : "mono"}>
                {change.path}
              </th>
              {had && (
                <td className={change.kind === "added" ? "dim" : "diff-before"}>
                  {change.kind === "added" ? t("common.dash") : <del>{oneLine(change.before)}</del>}
                </td>
              )}
              {has && (
                <td className={change.kind === "removed" ? "dim" : "diff-after"}>
                  {change.kind === "removed" ? t("common.dash") : <ins>{oneLine(change.after)}</ins>}
                </td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
