import { useTranslation } from "react-i18next";
import type { Member } from "~/api/types";
import { RelativeTime } from "./RelativeTime";

export function MemberTable({ members }: { members: Member[] }) {
  const { t } = useTranslation();
  return (
    <table className="small-table">
      <thead>
        <tr>
          <th scope="col">{t("common.person")}</th>
          <th scope="col">{t("systems.members.role")}</th>
          <th scope="col">{t("systems.members.since")}</th>
        </tr>
      </thead>
      <tbody>
        {members.map((member) => (
          <tr key={member.person.id}>
            <td>
              {member.person.display_name} <span className="dim">{member.person.name}</span>
            </td>
            <td>{t(`systems.members.roles.${member.role}`)}</td>
            <td>
              <RelativeTime at={member.since} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
