/** Places that belong together, side by side: each is a page with an address of its own. */
import { Link, type LinkProps } from "@tanstack/react-router";
import "./sub-nav.css";

export interface SubPlace {
  to: LinkProps["to"];
  label: string;
}

export function SubNav({ label, places }: { label: string; places: SubPlace[] }) {
  return (
    <nav className="sub-nav" aria-label={label}>
      {places.map((place) => (
        <Link
          key={place.to}
          to={place.to}
          activeOptions={{ exact: true, includeSearch: false }}
          className="sub-link"
        >
          {place.label}
        </Link>
      ))}
    </nav>
  );
}
