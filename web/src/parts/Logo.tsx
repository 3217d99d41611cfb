/** Our mark: a crook that holds one block. Drawn in the current colour, so it follows the theme. */
export function Logo({ size = 24 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 24 24" fill="none" aria-hidden="true" focusable="false">
      <path
        d="M7 22V8.5a5.5 5.5 0 0 1 11 0v1.2"
        stroke="currentColor"
        strokeWidth="2.4"
        strokeLinecap="round"
      />
      <rect x="13" y="13" width="7" height="7" rx="1.8" fill="var(--accent)" />
    </svg>
  );
}
