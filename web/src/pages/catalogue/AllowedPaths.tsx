/** Which fields of KubeVirt templates may set at all; for whoever keeps the catalogue. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Button, Form, Select } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { keys } from "~/api/keys";
import { advancedPathsQuery, setAdvancedPaths } from "~/api/queries/fields";
import { FormDialog } from "~/parts/FormDialog";

export function AllowedPaths() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [open, setOpen] = useState(false);
  const allowed = useQuery({ ...advancedPathsQuery, enabled: open });
  return (
    <>
      <Button onClick={() => setOpen(true)}>{t("catalogue.advanced.allowed.verb")}</Button>
      {open && allowed.data && (
        <FormDialog<{ paths: string[] }, unknown>
          title={t("catalogue.advanced.allowed.title")}
          text={t("catalogue.advanced.allowed.text")}
          verb={t("common.save")}
          width={640}
          initial={{ paths: allowed.data.paths }}
          fields={[]}
          send={({ paths }) => setAdvancedPaths(allowed.data.version, paths)}
          onDone={() => {
            setOpen(false);
            void client.invalidateQueries({ queryKey: keys.all("catalogue") });
          }}
          onClose={() => setOpen(false)}
        >
          <Form.Item
            name="paths"
            label={t("catalogue.advanced.allowed.paths")}
            extra={t("catalogue.advanced.allowed.hint")}
          >
            <Select
              mode="tags"
              open={false}
              suffixIcon={null}
              maxCount={200}
              className="mono path-tags"
              tokenSeparators={[" ", ",", "\n"]}
            />
          </Form.Item>
        </FormDialog>
      )}
    </>
  );
}
