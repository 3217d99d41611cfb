/** A first password, shown this once: it closes only by the button, so that a stray click does not lose it. */
import { Modal } from "antd";
import { useTranslation } from "react-i18next";
import { Copyable } from "~/parts/Copyable";

export function InitialPassword(props: { name: string; password: string; onClose: () => void }) {
  const { t } = useTranslation();
  return (
    <Modal
      open
      title={t("people.password.title", { name: props.name })}
      closable={false}
      keyboard={false}
      mask={{ closable: false }}
      okText={t("people.password.done")}
      cancelButtonProps={{ style: { display: "none" } }}
      onOk={props.onClose}
      width={480}
    >
      <div className="stack gap-3">
        <p>{t("people.password.text")}</p>
        <div>
          <Copyable value={props.password} />
        </div>
        <p className="soft">{t("people.password.once")}</p>
      </div>
    </Modal>
  );
}
