/** What one version of a template holds, exactly. */
import { Button } from "antd";
import { useTranslation } from "react-i18next";
import type { TemplateVersion } from "~/api/types";
import { Copyable } from "~/parts/Copyable";
import { useCopy } from "~/parts/copy";
import { oneLine } from "~/parts/diff";
import { Details, Section } from "~/parts/Page";
import { bytes } from "~/parts/units";
import { StateNote } from "./StateNote";
import { boundsOf } from "./variables";
import { sourceOf } from "./versions";

export function TemplateContent({ version }: { version: TemplateVersion }) {
  const { t, i18n } = useTranslation();
  const { copied, copy } = useCopy();
  return (
    <>
      <StateNote version={version} />
      <div className="columns">
        <Section title={t("catalogue.contentOf", { version: version.version })}>
          <Details
            facts={[
              { label: t("catalogue.family"), value: t(`catalogue.families.${version.family}`) },
              { label: t("catalogue.root"), value: t(`vms.root.${version.root}`) },
              {
                label: t(`catalogue.source.${version.source.kind}`),
                value: <Copyable value={sourceOf(version.source)} />,
              },
              ...(version.source.kind === "http" && version.source.checksum
                ? [
                    {
                      label: t("catalogue.checksum"),
                      value: <Copyable quiet value={version.source.checksum} />,
                    },
                  ]
                : []),
              {
                label: t("catalogue.minDisk"),
                value:
                  version.min_disk_bytes > 0
                    ? bytes(t, version.min_disk_bytes, i18n.language)
                    : t("common.dash"),
              },
              {
                label: t("catalogue.hash"),
                value: (
                  <Copyable
                    quiet
                    value={version.content_hash}
                    shown={`${version.content_hash.slice(0, 16)}…`}
                  />
                ),
              },
            ]}
          />
        </Section>
        <Section title={t("catalogue.variables")}>
          {version.variables.length === 0 ? (
            <p className="soft">{t("catalogue.variablesNone")}</p>
          ) : (
            <table className="small-table" aria-label={t("catalogue.variables")}>
              <thead>
                <tr>
                  <th scope="col">{t("catalogue.name")}</th>
                  <th scope="col">{t("catalogue.title2")}</th>
                  <th scope="col">{t("catalogue.kind.title")}</th>
                  <th scope="col">{t("catalogue.default")}</th>
                  <th scope="col">{t("catalogue.bounds")}</th>
                </tr>
              </thead>
              <tbody>
                {version.variables.map((variable) => (
                  <tr key={variable.name}>
                    <td className="mono">{variable.name}</td>
                    <td>{variable.title}</td>
                    <td>{t(`catalogue.kind.${variable.kind ?? "text"}`)}</td>
                    <td className="mono">{variable.default ?? t("catalogue.defaultNone")}</td>
                    <td className="mono">{boundsOf(variable) || t("common.dash")}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          )}
        </Section>
      </div>
      <Advanced fields={version.advanced} />
      <Section
        title={t("catalogue.userData")}
        extra={
          version.user_data && (
            <Button size="small" onClick={() => copy(version.user_data)}>
              {t(copied ? "common.copied" : "common.copy")}
            </Button>
          )
        }
      >
        {version.user_data ? (
          // biome-ignore lint/a11y/noNoninteractiveTabindex: a block that scrolls must be reachable by keyboard
          <section tabIndex={0} aria-label={t("catalogue.userData")} className="code-block">
            <pre>{version.user_data}</pre>
          </section>
        ) : (
          <p className="soft">{t("catalogue.userDataNone")}</p>
        )}
      </Section>
    </>
  );
}

function Advanced({ fields }: { fields: TemplateVersion["advanced"] }) {
  const { t } = useTranslation();
  const rows = Object.entries(fields ?? {});
  if (rows.length === 0) return null;
  return (
    <Section title={t("catalogue.advanced.title")}>
      <Details
        facts={rows.map(([path, value]) => ({
          label: path,
          value: <span className="mono">{oneLine(value)}</span>,
        }))}
      />
    </Section>
  );
}
