/** Finding the one person or group of an exact name, for whoever may not list them: what is found is said, and kept. */
import { useMutation } from "@tanstack/react-query";
import { Input } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { isNotFound, problemText, toProblem } from "~/api/problem";
import { lookupHolder } from "~/api/queries/membership";

interface Props {
  id?: string;
  kind: "person" | "group";
  value?: string | undefined;
  onChange?: (id: string | undefined) => void;
}

export function ExactHolder({ id, kind, value, onChange }: Props) {
  const { t } = useTranslation();
  const [text, setText] = useState("");
  const find = useMutation({
    mutationFn: (name: string) => lookupHolder(kind, name),
    onSuccess: ({ person, group }) => onChange?.(person?.id ?? group?.id),
  });
  const found = find.data?.person?.display_name ?? find.data?.group?.title;
  const label = t(kind === "person" ? "systems.members.find" : "systems.members.findGroup");
  return (
    <div className="stack gap-2">
      <Input.Search
        {...(id ? { id } : {})}
        aria-label={label}
        placeholder={label}
        enterButton={t("systems.members.look")}
        loading={find.isPending}
        value={text}
        maxLength={200}
        autoComplete="off"
        onChange={(event) => {
          setText(event.target.value);
          find.reset();
          onChange?.(undefined);
        }}
        onSearch={(name, event) => {
          // Enter looks; it does not send the form around it.
          event?.preventDefault();
          if (name.trim().length > 1) find.mutate(name.trim());
        }}
      />
      <p role="status" className="dim">
        {value && found && t("systems.members.found", { name: found })}
        {find.isError &&
          (isNotFound(find.error) ? t("systems.members.nobody") : problemText(t, toProblem(find.error)))}
      </p>
    </div>
  );
}
