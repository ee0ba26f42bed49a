/** What goes on around the client. */
export interface Happenings {
  online(): void;
  offline(): void;
  /** The page is seen again, or thawed: time may have stood still. */
  wake(): void;
  /** The page is frozen: what is open now is dead when it wakes. */
  freeze(): void;
}

/** Tells of what goes on until the returned function is called. React Native can bring its own, with `AppState`. */
export type Surroundings = (happenings: Happenings) => () => void;

/** The events of a page; nothing ever happens outside of browsers. */
export const pageSurroundings: Surroundings = ({ online, offline, wake, freeze }) => {
  const { document: page, window } = globalThis;
  if (!page?.addEventListener) return () => {};
  const seen = () => {
    if (page.visibilityState === "visible") wake();
  };
  const heard: [EventTarget, string, () => void][] = [
    [window, "online", online],
    [window, "offline", offline],
    [window, "pagehide", freeze],
    [window, "pageshow", wake],
    [page, "visibilitychange", seen],
    [page, "freeze", freeze],
    [page, "resume", wake],
  ];
  for (const [target, name, call] of heard) target.addEventListener(name, call);
  return () => {
    for (const [target, name, call] of heard) target.removeEventListener(name, call);
  };
};
