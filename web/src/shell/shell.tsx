import { type ReactNode, useEffect, useRef } from "react";
import { AccountView } from "../account/account.js";
import { Admin } from "../admin/admin.js";
import type { Account } from "../api/types.js";
import { Feed } from "../feed/feed.js";
import { Goals } from "../goals/goals.js";
import { useLanguage } from "../i18n/language.js";
import { InboxProvider } from "../inbox/inbox.js";
import { Inbox } from "../inbox/inbox-view.js";
import { Toasts } from "../inbox/toasts.js";
import { KitchenView } from "../kitchen/kitchen.js";
import { Recipes } from "../recipes/recipes.js";
import { StreamContext } from "../stream/hooks.js";
import { useSessionStream } from "../stream/use-session-stream.js";
import { ConnectionBadge } from "./connection-badge.js";
import { Navigation } from "./navigation.js";
import { type Path, usePath } from "./router.js";

const VIEWS: Record<Path, () => ReactNode> = {
  "/": Feed,
  "/kitchen": KitchenView,
  "/goals": Goals,
  "/recipes": Recipes,
  "/inbox": Inbox,
  "/admin": Admin,
  "/account": AccountView,
};

/** What is around every view of someone who is signed in. */
export function Shell({ user }: { user: Account }) {
  const { t } = useLanguage();
  const stream = useSessionStream(user);
  if (!stream) {
    return (
      <p className="waiting" role="status">
        {t("app.loading")}
      </p>
    );
  }
  return (
    <StreamContext value={stream}>
      <InboxProvider>
        <a className="skip" href="#content">
          {t("app.skip")}
        </a>
        <div className="shell">
          <Navigation user={user} />
          <Content user={user} />
        </div>
        <ConnectionBadge />
        <Toasts />
      </InboxProvider>
    </StreamContext>
  );
}

function Content({ user }: { user: Account }) {
  const path = usePath();
  const main = useRef<HTMLElement>(null);
  const before = useRef(path);
  useEffect(() => {
    if (before.current === path) return;
    before.current = path;
    // Whoever reads with the keyboard or a screen reader goes on in what is new.
    main.current?.focus({ preventScroll: true });
    scrollTo(0, 0);
  }, [path]);
  const View = path === "/admin" && user.role !== "admin" ? Feed : VIEWS[path];
  return (
    <main id="content" ref={main} tabIndex={-1}>
      <View key={path} />
    </main>
  );
}
