/** The serial console: bytes from the guest into xterm.js, keys back. It fits its box and follows the theme. */
import { FitAddon } from "@xterm/addon-fit";
import { type ITheme, Terminal } from "@xterm/xterm";
import "@xterm/xterm/css/xterm.css";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { copyText } from "~/parts/copy";
import { useTheme } from "~/theme/theme";
import { fonts, palettes, type ThemeName } from "~/theme/tokens";
import { ConsoleBar } from "./ConsoleBar";
import { endOf, type StreamProps } from "./console-end";

function terminalTheme(name: ThemeName): ITheme {
  const p = palettes[name];
  return {
    background: name === "dark" ? p.sunken : p.surface,
    foreground: p.text,
    cursor: p.accent,
    cursorAccent: p.surface,
    selectionBackground: p["accent-soft"],
    red: p["state-failed"],
    green: p["state-running"],
    yellow: p["state-waiting"],
    blue: p.accent,
    magenta: p["state-changing"],
    brightBlack: p["text-3"],
  };
}

export default function SerialConsole({ url, label, onOpen, onEnd }: StreamProps) {
  const { t } = useTranslation();
  const { name } = useTheme();
  const box = useRef<HTMLDivElement>(null);
  const frame = useRef<HTMLDivElement>(null);
  const [term, setTerm] = useState<Terminal | null>(null);
  const [silent, setSilent] = useState(false);
  const themed = useRef(name);
  themed.current = name;

  useEffect(() => {
    if (!box.current) return;
    const terminal = new Terminal({
      fontFamily: fonts.mono,
      fontSize: 13,
      lineHeight: 1.25,
      scrollback: 5000,
      screenReaderMode: true,
      cursorBlink: !matchMedia("(prefers-reduced-motion: reduce)").matches,
      theme: terminalTheme(themed.current),
    });
    const fit = new FitAddon();
    terminal.loadAddon(fit);
    terminal.open(box.current);
    // Tab belongs to the guest, so there is another key to leave by (WCAG 2.1.2); the bar says which.
    terminal.attachCustomKeyEventHandler((event) => {
      if (event.type !== "keydown" || !event.shiftKey || event.key !== "F6") return true;
      frame.current?.querySelector<HTMLElement>("button")?.focus();
      event.preventDefault();
      return false;
    });
    const resize = new ResizeObserver(() => fit.fit());
    resize.observe(box.current);
    setTerm(terminal);
    return () => {
      resize.disconnect();
      terminal.dispose();
      setTerm(null);
    };
  }, []);

  useEffect(() => {
    if (term) term.options.theme = terminalTheme(name);
  }, [term, name]);

  useEffect(() => {
    if (!term) return;
    let socket: WebSocket | null = null;
    let over = false;
    let opened = false;
    const encoder = new TextEncoder();
    const send = term.onData((data) => {
      if (socket?.readyState === WebSocket.OPEN) socket.send(encoder.encode(data));
    });
    const sendBinary = term.onBinary((data) => {
      if (socket?.readyState === WebSocket.OPEN)
        socket.send(Uint8Array.from(data, (char) => char.charCodeAt(0)));
    });
    // Deferred, so that a component that is thrown away at once has not used up the ticket.
    const timer = setTimeout(() => {
      socket = new WebSocket(url);
      socket.binaryType = "arraybuffer";
      socket.onopen = () => {
        opened = true;
        onOpen();
        setSilent(true);
        term.focus();
      };
      socket.onmessage = ({ data }) => {
        setSilent(false);
        term.write(data instanceof ArrayBuffer ? new Uint8Array(data) : String(data));
      };
      socket.onclose = (event) => {
        if (!over) onEnd(endOf(event.code, opened));
      };
    });
    return () => {
      over = true;
      clearTimeout(timer);
      send.dispose();
      sendBinary.dispose();
      socket?.close(1000);
    };
  }, [term, url, onOpen, onEnd]);

  return (
    <div className="console-frame" ref={frame}>
      <ConsoleBar
        frame={frame}
        hint={t("consoles.leaveHint")}
        keys={[
          { label: "Ctrl C", press: () => term?.input("\x03") },
          { label: "Ctrl D", press: () => term?.input("\x04") },
          { label: "Ctrl Z", press: () => term?.input("\x1a") },
          { label: "Esc", press: () => term?.input("\x1b") },
        ]}
        onCopy={() => void copyText(term?.getSelection() || wholeBuffer(term))}
        onPaste={(text) => {
          term?.paste(text);
          term?.focus();
        }}
      />
      {/* biome-ignore lint/a11y/useSemanticElements: the terminal brings its own field */}
      <div className="console-box serial-box" ref={box} role="group" aria-label={label} />
      {silent && (
        <p className="console-silent dim" role="status">
          {t("consoles.silent")}
        </p>
      )}
    </div>
  );
}

function wholeBuffer(term: Terminal | null): string {
  if (!term) return "";
  const { active } = term.buffer;
  const lines = Array.from(
    { length: active.length },
    (_, row) => active.getLine(row)?.translateToString(true) ?? "",
  );
  return lines.join("\n").trimEnd();
}
