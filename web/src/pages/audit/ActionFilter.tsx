/** The exact name of an action, such as `vm.create`; taken when typing ends. The usual ones are offered. */
import { AutoComplete } from "antd";
import { useEffect, useState } from "react";

/** Names in the log, the same in every language; any other can be typed as well. */
const usual = [
  "request.submit",
  "request.approve",
  "request.reject",
  "vm.create",
  "vm.start",
  "vm.stop",
  "vm.restart",
  "vm.delete",
  "console.open",
  "console.close",
  "session.sign_in",
  "user.create",
  "user.update",
  "role.grant",
  "role.revoke",
  "group.create",
  "group.add_member",
  "policy.create",
  "policy.update",
  "policy.retire",
  "template.publish",
  "size.publish",
  "cluster.register",
  "cluster.update",
  "audit.search",
  "audit.export",
];

interface Props {
  label: string;
  value: string | undefined;
  onChange: (value: string | undefined) => void;
}

export function ActionFilter({ label, value, onChange }: Props) {
  const [text, setText] = useState(value ?? "");
  useEffect(() => setText(value ?? ""), [value]);
  const take = (action: string) => onChange(action.trim() || undefined);
  return (
    <AutoComplete
      allowClear
      value={text}
      onChange={(next?: string) => {
        setText(next ?? "");
        if (!next) take("");
      }}
      onSelect={(action) => take(action ?? "")}
      onBlur={() => text !== (value ?? "") && take(text)}
      onInputKeyDown={(event) => event.key === "Enter" && take(text)}
      placeholder={label}
      aria-label={label}
      showSearch={{ filterOption: (typed, option) => String(option?.value ?? "").includes(typed) }}
      options={usual.map((action) => ({ value: action }))}
      style={{ width: 180 }}
    />
  );
}
