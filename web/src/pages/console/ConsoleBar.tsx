/** What one does to a console besides typing: send special keys, copy, paste, full screen. */
import { Button, Dropdown } from "antd";
import { ClipboardPaste, Copy, Keyboard, Maximize } from "lucide-react";
import type { RefObject } from "react";
import { useTranslation } from "react-i18next";

export interface SpecialKey {
  label: string;
  press: () => void;
}

interface Props {
  frame: RefObject<HTMLElement | null>;
  hint: string;
  keys: SpecialKey[];
  onCopy?: () => void;
  onPaste: (text: string) => void;
}

export function ConsoleBar({ frame, hint, keys, onCopy, onPaste }: Props) {
  const { t } = useTranslation();
  const paste = () => {
    // Browsers ask the person first; where they refuse, the keyboard still pastes.
    void navigator.clipboard?.readText().then(onPaste, () => {});
  };
  const fullScreen = () => {
    if (document.fullscreenElement) void document.exitFullscreen();
    else void frame.current?.requestFullscreen().catch(() => {});
  };
  return (
    <div className="console-bar">
      <Dropdown
        trigger={["click"]}
        getPopupContainer={() => frame.current ?? document.body}
        menu={{
          items: keys.map((key) => ({ key: key.label, label: key.label })),
          onClick: ({ key }) => keys.find((candidate) => candidate.label === key)?.press(),
        }}
      >
        <Button type="text" size="small" icon={<Keyboard size={14} />}>
          {t("consoles.keys")}
        </Button>
      </Dropdown>
      {onCopy && (
        <Button type="text" size="small" icon={<Copy size={14} />} onClick={onCopy}>
          {t("common.copy")}
        </Button>
      )}
      <Button type="text" size="small" icon={<ClipboardPaste size={14} />} onClick={paste}>
        {t("consoles.paste")}
      </Button>
      <Button type="text" size="small" icon={<Maximize size={14} />} onClick={fullScreen}>
        {t("consoles.fullScreen")}
      </Button>
      <span className="dim console-hint">{hint}</span>
    </div>
  );
}
