/**
 * A state as shape, colour and word. The shape alone tells the six tones apart, for eyes that do not tell the
 * colours apart: filled disc, hollow square, half disc, diamond, crossed triangle, dashed ring.
 */
import "./state-badge.css";

export type Tone = "running" | "stopped" | "changing" | "waiting" | "failed" | "unknown";

const shapes: Record<Tone, React.ReactNode> = {
  running: <circle cx="6" cy="6" r="4.5" fill="currentColor" />,
  stopped: (
    <rect x="2" y="2" width="8" height="8" rx="1.5" fill="none" stroke="currentColor" strokeWidth="1.6" />
  ),
  changing: (
    <>
      <circle cx="6" cy="6" r="4.4" fill="none" stroke="currentColor" strokeWidth="1.4" />
      <path d="M6 1.6a4.4 4.4 0 0 1 0 8.8z" fill="currentColor" />
    </>
  ),
  waiting: <path d="M6 .8 11.2 6 6 11.2.8 6z" fill="currentColor" />,
  failed: (
    <>
      <path d="M6 .8 11.6 11H.4z" fill="currentColor" />
      <path d="M6 4.4v3.2M6 9v.6" stroke="var(--surface)" strokeWidth="1.3" strokeLinecap="round" />
    </>
  ),
  unknown: (
    <circle
      cx="6"
      cy="6"
      r="4.4"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.5"
      strokeDasharray="2.2 1.7"
    />
  ),
};

export function StateGlyph({ tone }: { tone: Tone }) {
  return (
    <svg className={`glyph glyph-${tone}`} width="12" height="12" viewBox="0 0 12 12" aria-hidden="true">
      {shapes[tone]}
    </svg>
  );
}

export function StateBadge({ tone, label, title }: { tone: Tone; label: string; title?: string }) {
  return (
    <span className="state-badge" title={title}>
      <StateGlyph tone={tone} />
      <span>{label}</span>
    </span>
  );
}
