import type { InboxItem } from "../api/types.js";
import { useLanguage } from "../i18n/language.js";
import { Link } from "../shell/router.js";
import { Icon } from "../ui/icon.js";
import { useInbox } from "./inbox.js";
import { newsOf, placeOf } from "./news.js";

/** News, as they come. They are read out, and lie in the inbox when they are gone from here. */
export function Toasts() {
  const { t } = useLanguage();
  const { toasts, dismiss } = useInbox();
  return (
    <section className="toasts" aria-label={t("inbox.toasts")} aria-live="polite" aria-relevant="additions">
      {toasts.map((item) => (
        <Toast key={item.id} item={item} dismiss={() => dismiss(item.id)} />
      ))}
    </section>
  );
}

function Toast({ item, dismiss }: { item: InboxItem; dismiss: () => void }) {
  const { t } = useLanguage();
  return (
    <div className="card toast" data-level={String(item.data.level ?? "Info")}>
      <Link to={placeOf(item)}>{newsOf(item, t)}</Link>
      <button type="button" className="bare" aria-label={t("app.close")} onClick={dismiss}>
        <Icon name="close" />
      </button>
    </div>
  );
}
