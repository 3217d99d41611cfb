/** Choosing somebody by name: the server searches, so that an organisation of thousands needs no long list. */
import { useQuery } from "@tanstack/react-query";
import { Select } from "antd";
import { useState } from "react";
import { fewPeopleQuery } from "~/api/queries/people";
import type { Person } from "~/api/types";
import { usePaused } from "./use-paused";

interface Props {
  id?: string;
  value?: string;
  onChange?: (id: string | undefined) => void;
  /** Who cannot be chosen, because they are there already. */
  without?: ReadonlySet<string>;
  fits?: (person: Person) => boolean;
  label?: string;
  /** What is shown while nobody is chosen, where the field has a label of its own. */
  placeholder?: string;
}

export function PersonSelect({ id, value, onChange, without, fits, label, placeholder }: Props) {
  const [text, setText] = useState("");
  const q = usePaused(text.trim());
  const people = useQuery(fewPeopleQuery(q ? { q } : {}, 30));
  const offered = (people.data?.items ?? []).filter(
    (person) => !without?.has(person.id) && (fits ? fits(person) : !person.disabled),
  );
  return (
    <Select
      {...(id ? { id } : {})}
      {...(label ? { "aria-label": label, placeholder: label } : {})}
      {...(placeholder ? { placeholder } : {})}
      {...(value ? { value } : {})}
      onChange={(chosen?: string) => onChange?.(chosen)}
      allowClear
      loading={people.isFetching}
      showSearch={{ filterOption: false, onSearch: setText }}
      options={offered.map((person) => ({
        value: person.id,
        label: (
          <span>
            {person.display_name} <span className="dim">{person.name}</span>
          </span>
        ),
      }))}
    />
  );
}
