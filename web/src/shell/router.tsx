import { type AnchorHTMLAttributes, type MouseEvent, useSyncExternalStore } from "react";

/** The addresses that the page has; blueprints/page.py serves it at the same ones. */
export const PATHS = ["/", "/kitchen", "/goals", "/recipes", "/inbox", "/admin", "/account"] as const;
export type Path = (typeof PATHS)[number];

const MOVED = "itcook:moved";

/** Where the page is. */
export function usePath(): Path {
  const path = useSyncExternalStore(watch, () => location.pathname);
  return (PATHS as readonly string[]).includes(path) ? (path as Path) : "/";
}

export function go(path: Path): void {
  if (path !== location.pathname) history.pushState(null, "", path);
  dispatchEvent(new Event(MOVED));
}

/** A link within the page. */
export function Link({ to, ...more }: { to: Path } & AnchorHTMLAttributes<HTMLAnchorElement>) {
  const follow = (event: MouseEvent) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    go(to);
  };
  return <a href={to} onClick={follow} {...more} />;
}

function watch(moved: () => void): () => void {
  addEventListener("popstate", moved);
  addEventListener(MOVED, moved);
  return () => {
    removeEventListener("popstate", moved);
    removeEventListener(MOVED, moved);
  };
}
