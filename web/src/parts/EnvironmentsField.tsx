/** A field for some environments, or for all by leaving it empty. */
import { useQuery } from "@tanstack/react-query";
import { Form, Select } from "antd";
import { environmentsQuery } from "~/api/queries/catalogue";
import { EnvironmentLabel } from "./EnvironmentLabel";

export function EnvironmentsField(props: { label: string; hint: string; placeholder: string }) {
  const environments = useQuery(environmentsQuery);
  return (
    <Form.Item name="environment_ids" label={props.label} extra={props.hint}>
      <Select
        mode="multiple"
        loading={environments.isPending}
        placeholder={props.placeholder}
        showSearch={{ optionFilterProp: "name" }}
        options={(environments.data?.items ?? []).map((environment) => ({
          value: environment.id,
          name: environment.title,
          label: <EnvironmentLabel environment={environment} />,
        }))}
      />
    </Form.Item>
  );
}
