/** Beside the editor: what a condition can see. A click puts the name into the condition. */
import { useTranslation } from "react-i18next";
import { examples, inputs } from "./inputs";

export function ConditionHelp({ onInsert }: { onInsert: (text: string) => void }) {
  const { t } = useTranslation();
  return (
    <>
      <h2>{t("policies.help.title")}</h2>
      <p className="soft">{t("policies.help.text")}</p>
      <h3>{t("policies.help.examples")}</h3>
      <ul className="condition-examples">
        {(Object.keys(examples) as (keyof typeof examples)[]).map((key) => (
          <li key={key}>
            <button
              type="button"
              className="plain-button link-button"
              title={examples[key]}
              onClick={() => onInsert(examples[key])}
            >
              {t(`policies.help.example.${key}`)}
            </button>
          </li>
        ))}
      </ul>
      <h3>{t("policies.help.names")}</h3>
      <ul className="condition-names">
        {inputs.map(([name, type]) => (
          <li key={name}>
            <button type="button" className="plain-button link-button" onClick={() => onInsert(name)}>
              <span className="mono">{name}</span>
            </button>
            <span className="dim">{t(`policies.help.type.${type}`)}</span>
          </li>
        ))}
      </ul>
    </>
  );
}
