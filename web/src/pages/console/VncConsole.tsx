/** The screen of the guest through noVNC: scaled to its box, keys and clipboard passed on. */
import RFB from "@novnc/novnc";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { ConsoleBar } from "./ConsoleBar";
import { endOf, type StreamProps } from "./console-end";

export default function VncConsole({ url, label, onOpen, onEnd }: StreamProps) {
  const { t } = useTranslation();
  const frame = useRef<HTMLDivElement>(null);
  const box = useRef<HTMLDivElement>(null);
  const [rfb, setRfb] = useState<RFB | null>(null);

  useEffect(() => {
    const target = box.current;
    if (!target) return;
    let client: RFB | null = null;
    let over = false;
    // Deferred, so that a component that is thrown away at once has not used up the ticket.
    const timer = setTimeout(() => {
      const socket = new WebSocket(url);
      socket.binaryType = "arraybuffer";
      let code = 1006;
      let opened = false;
      socket.addEventListener("open", () => {
        opened = true;
      });
      socket.addEventListener("close", (event) => {
        code = event.code;
      });
      client = new RFB(target, socket, { shared: true });
      client.scaleViewport = true;
      client.background = "transparent";
      client.addEventListener("connect", () => {
        if (over) return;
        onOpen();
        client?.focus();
      });
      client.addEventListener("disconnect", () => {
        // Asked to disconnect once more, it would complain.
        client = null;
        if (!over) onEnd(endOf(code, opened));
      });
      setRfb(client);
    });
    return () => {
      over = true;
      clearTimeout(timer);
      client?.disconnect();
      setRfb(null);
    };
  }, [url, onOpen, onEnd]);

  return (
    <div className="console-frame" ref={frame}>
      <ConsoleBar
        frame={frame}
        hint={t("consoles.leaveHint")}
        keys={[
          { label: "Ctrl Alt Del", press: () => rfb?.sendCtrlAltDel() },
          { label: "Esc", press: () => rfb?.sendKey(0xff1b, "Escape") },
          { label: "Tab", press: () => rfb?.sendKey(0xff09, "Tab") },
        ]}
        onPaste={(text) => {
          typeText(rfb, text);
          rfb?.focus();
        }}
      />
      {/* biome-ignore lint/a11y/useSemanticElements: the screen is a picture that takes keys */}
      <div
        className="console-box vnc-box"
        ref={box}
        role="group"
        aria-label={label}
        onKeyDownCapture={(event) => {
          // Tab belongs to the guest, so there is another key to leave by (WCAG 2.1.2); the bar says which.
          if (!event.shiftKey || event.key !== "F6") return;
          event.preventDefault();
          event.stopPropagation();
          frame.current?.querySelector<HTMLElement>("button")?.focus();
        }}
      />
    </div>
  );
}

/** Types a text as keys: a text console in the guest has no clipboard to paste into. */
function typeText(rfb: RFB | null, text: string): void {
  for (const char of text.slice(0, 4096)) {
    if (char === "\n" || char === "\r") rfb?.sendKey(0xff0d, "Enter");
    else if (char === "\t") rfb?.sendKey(0xff09, "Tab");
    else rfb?.sendKey(keysym(char.codePointAt(0) ?? 0), "");
  }
}

/** X11 keysyms: Latin-1 is itself, everything else is its code point with bit 24 set. */
function keysym(codePoint: number): number {
  return codePoint < 0x100 ? codePoint : 0x01000000 | codePoint;
}
