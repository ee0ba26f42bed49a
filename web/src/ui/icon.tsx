const PATHS = {
  feed: "M4 5h16v10H9l-5 4z",
  kitchen: "M7 3h10v18H7zM7 10h10M10 6v1.500M10 13v3",
  goals: "M12 21a9 9 0 1 1 0-18 9 9 0 0 1 0 18zm0-5a4 4 0 1 1 0-8 4 4 0 0 1 0 8z",
  recipes:
    "M5 11h14v4a6 6 0 0 1-6 6h-2a6 6 0 0 1-6-6zM2.5 12.500H5M19 12.500h2.500M9 3.500c-1.5 1.5 1.5 2.5 0 4M15 3.500c-1.5 1.5 1.5 2.5 0 4",
  inbox: "M4 13 6.5 5h11L20 13v6H4zM4 13h5a3 3 0 0 0 6 0h5",
  admin: "M4 20V10M10 20V4M16 20v-7M21 20H3",
  heart: "M12 20s-7.5-4.7-7.5-10A4.5 4.5 0 0 1 12 7a4.5 4.5 0 0 1 7.5 3c0 5.3-7.5 10-7.5 10z",
  comment: "M4 5h16v11H10l-6 4z",
  bin: "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13",
  pen: "M4 20l1-5L16 4l4 4L9 19zM13 7l4 4",
  minus: "M6 12h12",
  close: "M6 6l12 12M18 6 6 18",
} as const;

export type IconName = keyof typeof PATHS;

/** A drawing beside a word, or in a button that has a label: it says nothing itself. */
export function Icon({ name, filled = false }: { name: IconName; filled?: boolean }) {
  return (
    <svg className="icon" viewBox="0 0 24 24" aria-hidden="true" data-filled={filled || undefined}>
      <path d={PATHS[name]} />
    </svg>
  );
}
