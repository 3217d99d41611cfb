/** Giving somebody, or a group, a place in one Service or VM; or a group one in a System. */
import { useQuery } from "@tanstack/react-query";
import { Form, Radio, Select } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type CreateGrant, createGrant, type PlaceKind } from "~/api/queries/grants";
import { fewGroupsQuery } from "~/api/queries/groups";
import { useMay } from "~/app/session";
import { ExactHolder } from "~/parts/ExactHolder";
import { FormDialog } from "~/parts/FormDialog";
import { PersonSelect } from "~/parts/PersonSelect";
import { usePaused } from "~/parts/use-paused";

interface Values {
  holder: "person" | "group";
  principal_id?: string;
  group_id?: string;
  role: CreateGrant["role"];
}

interface Props {
  kind: PlaceKind;
  id: string;
  name: string;
  onDone: () => void;
  onClose: () => void;
}

export function GivePlace({ kind, id, name, onDone, onClose }: Props) {
  const { t } = useTranslation();
  return (
    <FormDialog<Values, unknown>
      title={t("systems.places.giveTitle", { name })}
      text={t(`systems.places.giveText.${kind}`)}
      verb={t("systems.places.give")}
      // A person is in a System as its member; only groups get a place in all of it.
      initial={{ holder: kind === "system" ? "group" : "person", role: "member" }}
      fields={["principal_id", "group_id", "role"]}
      send={({ holder, principal_id, group_id, role }, key) =>
        createGrant(
          {
            role,
            [`${kind}_id`]: id,
            ...(holder === "group" ? { group_id } : { principal_id }),
          } as CreateGrant,
          key,
        )
      }
      onDone={onDone}
      onClose={onClose}
    >
      {kind !== "system" && (
        <Form.Item name="holder" label={t("systems.places.to")}>
          <Radio.Group
            options={(["person", "group"] as const).map((value) => ({
              value,
              label: t(`systems.places.holder.${value}`),
            }))}
          />
        </Form.Item>
      )}
      <Holder />
      <Form.Item name="role" label={t("systems.members.role")}>
        <Radio.Group
          options={(["member", "viewer"] as const).map((value) => ({
            value,
            label: t(`systems.members.roles.${value}`),
          }))}
        />
      </Form.Item>
    </FormDialog>
  );
}

function Holder() {
  const { t } = useTranslation();
  const mayList = useMay("user:read");
  const form = Form.useFormInstance<Values>();
  const watched = Form.useWatch("holder", form);
  const holder = watched ?? form.getFieldValue("holder");
  return holder === "group" ? (
    <Form.Item name="group_id" label={t("systems.places.holder.group")} rules={[{ required: true }]}>
      {mayList ? <GroupSelect /> : <ExactHolder kind="group" />}
    </Form.Item>
  ) : (
    <Form.Item name="principal_id" label={t("systems.places.holder.person")} rules={[{ required: true }]}>
      {mayList ? <PersonSelect /> : <ExactHolder kind="person" />}
    </Form.Item>
  );
}

function GroupSelect(props: { id?: string; value?: string; onChange?: (id: string | undefined) => void }) {
  const [text, setText] = useState("");
  const q = usePaused(text.trim());
  const groups = useQuery(fewGroupsQuery(q ? { q } : {}, 30));
  return (
    <Select
      {...(props.id ? { id: props.id } : {})}
      {...(props.value ? { value: props.value } : {})}
      onChange={(id?: string) => props.onChange?.(id)}
      loading={groups.isFetching}
      showSearch={{ filterOption: false, onSearch: setText }}
      options={(groups.data?.items ?? []).map(({ id, name, title }) => ({
        value: id,
        label: (
          <span>
            {title} <span className="dim">{name}</span>
          </span>
        ),
      }))}
    />
  );
}
