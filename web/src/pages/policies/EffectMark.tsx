/** What a policy does, with a shape besides the word; and how much it weighs, where that is not "always". */
import { Ban, CircleCheck, Users } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Policy } from "~/api/queries/policies";

const marks = { deny: Ban, require: Users, allow: CircleCheck };

export function EffectMark(props: { effect: Policy["effect"]; enforcement?: Policy["enforcement"] }) {
  const { t } = useTranslation();
  const Mark = marks[props.effect];
  return (
    <span className="effect">
      <Mark size={14} strokeWidth={1.75} aria-hidden="true" />
      <span>
        {t(`policies.effects.${props.effect}`)}
        {props.enforcement && props.enforcement !== "hard" && (
          <span className="dim"> · {t(`policies.enforcements.${props.enforcement}`)}</span>
        )}
      </span>
    </span>
  );
}
