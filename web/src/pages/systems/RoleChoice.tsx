import { Segmented } from "antd";
import { useTranslation } from "react-i18next";
import type { MemberRole } from "~/api/types";

const roles: readonly MemberRole[] = ["viewer", "member", "owner"];

/** As what somebody belongs to a system, from the least to the most. */
export function RoleChoice(props: { value?: MemberRole; onChange?: (role: MemberRole) => void }) {
  const { t } = useTranslation();
  return (
    <div className="stack gap-2">
      <Segmented
        aria-label={t("systems.members.role")}
        {...(props.value ? { value: props.value } : {})}
        onChange={(role) => props.onChange?.(role)}
        options={roles.map((value) => ({ value, label: t(`systems.members.roles.${value}`) }))}
      />
      {props.value && <p className="dim">{t(`systems.join.what.${props.value}`)}</p>}
    </div>
  );
}
