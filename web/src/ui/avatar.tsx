import type { Person } from "../api/types.js";

const HUES = 6; // as many as the style sheet has

/** A person's initials on a colour that is theirs everywhere. */
export function Avatar({ person, small = false }: { person: Person; small?: boolean }) {
  const initials = person.name
    .split(/\s+/)
    .slice(0, 2)
    .map((word) => word[0] ?? "")
    .join("");
  return (
    <span className="avatar" data-hue={hueOf(person.id)} data-small={small || undefined} aria-hidden="true">
      {initials.toUpperCase()}
    </span>
  );
}

function hueOf(id: string): number {
  let sum = 0;
  for (const letter of id) sum = (sum * 31 + letter.charCodeAt(0)) % 9973;
  return sum % HUES;
}
