/**
 * The command palette: any object by name, any place, any action that has no object.
 * A combobox over one flat list of options; arrow keys move, Enter opens, Escape closes.
 */
import { Modal } from "antd";
import { Search } from "lucide-react";
import { type KeyboardEvent, useId, useState } from "react";
import { useTranslation } from "react-i18next";
import "./palette.css";
import { type Command, usePaletteCommands } from "./use-palette-commands";

export default function CommandPalette({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const [text, setText] = useState("");
  const [active, setActive] = useState(0);
  const listId = useId();
  const { groups, settled } = usePaletteCommands(text);
  const options = groups.flatMap((group) => group.commands);
  const current = Math.min(active, Math.max(0, options.length - 1));
  const optionId = (command: Command) => `${listId}-${command.key}`;

  const run = (command: Command | undefined) => {
    if (!command) return;
    onClose();
    command.run();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Enter" && !event.nativeEvent.isComposing) run(options[current]);
    else if (event.key === "ArrowDown") setActive((current + 1) % Math.max(1, options.length));
    else if (event.key === "ArrowUp") setActive((current - 1 + options.length) % Math.max(1, options.length));
    else return;
    event.preventDefault();
  };
  const chosen = options[current];

  return (
    <Modal
      open
      onCancel={onClose}
      footer={null}
      closable={false}
      width={560}
      style={{ top: "12vh" }}
      className="palette"
      destroyOnHidden
      aria-label={t("frame.palette.title")}
    >
      <div className="palette-input">
        <Search size={16} aria-hidden="true" />
        <input
          // biome-ignore lint/a11y/noAutofocus: the palette was opened to type into it
          autoFocus
          role="combobox"
          aria-label={t("frame.palette.title")}
          aria-expanded="true"
          aria-controls={listId}
          aria-activedescendant={chosen ? optionId(chosen) : undefined}
          placeholder={t("frame.palette.placeholder")}
          value={text}
          maxLength={100}
          onChange={(event) => {
            setText(event.target.value);
            setActive(0);
          }}
          onKeyDown={onKeyDown}
        />
      </div>
      <div role="listbox" id={listId} aria-label={t("frame.palette.title")} className="palette-list">
        {groups.map((group) => (
          // biome-ignore lint/a11y/useSemanticElements: a group of options inside a listbox
          <div key={group.title} role="group" aria-label={group.title}>
            <div className="palette-group" aria-hidden="true">
              {group.title}
            </div>
            {group.commands.map((command) => (
              <Option
                key={command.key}
                id={optionId(command)}
                command={command}
                active={command === chosen}
                onRun={() => run(command)}
                onHover={() => setActive(options.indexOf(command))}
              />
            ))}
          </div>
        ))}
      </div>
      {options.length === 0 && settled && (
        <p className="palette-none soft">{t("frame.palette.nothing", { text })}</p>
      )}
      <div className="palette-foot dim">{t("frame.palette.hint")}</div>
      <div className="sr-only" role="status">
        {settled ? t("frame.palette.results", { count: options.length }) : ""}
      </div>
    </Modal>
  );
}

interface OptionProps {
  id: string;
  command: Command;
  active: boolean;
  onRun: () => void;
  onHover: () => void;
}

function showIt(element: HTMLElement | null): void {
  element?.scrollIntoView({ block: "nearest" });
}

function Option({ id, command, active, onRun, onHover }: OptionProps) {
  const Icon = command.icon;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: keys are handled by the combobox that owns this list
    <div
      id={id}
      role="option"
      tabIndex={-1}
      aria-selected={active}
      className={active ? "palette-option palette-active" : "palette-option"}
      ref={active ? showIt : null}
      onClick={onRun}
      onMouseMove={onHover}
    >
      {command.glyph ?? (Icon && <Icon size={14} strokeWidth={1.75} aria-hidden="true" />)}
      <span className={command.mono ? "mono grow truncate" : "grow truncate"}>{command.label}</span>
      {command.hint && <span className="dim truncate">{command.hint}</span>}
    </div>
  );
}
