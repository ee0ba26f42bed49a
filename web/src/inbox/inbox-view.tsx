import type { InboxItem } from "../api/types.js";
import { useLanguage } from "../i18n/language.js";
import { Link } from "../shell/router.js";
import { Failure } from "../ui/failure.js";
import { Icon } from "../ui/icon.js";
import { Ago } from "../ui/time.js";
import { useAction } from "../ui/use-action.js";
import { useInbox } from "./inbox.js";
import { newsOf, placeOf } from "./news.js";

/** Everything that concerned the person, the newest first. */
export function Inbox() {
  const { t } = useLanguage();
  const { items, unread, error, readAll, reload } = useInbox();
  const all = useAction(readAll);
  return (
    <div className="column">
      <div className="heading">
        <h1>{t("inbox.title")}</h1>
        {unread > 0 && (
          <button type="button" className="quiet" disabled={all.busy} onClick={() => void all.run()}>
            {t("inbox.read_all")}
          </button>
        )}
      </div>
      <Failure error={error} retry={() => void reload().catch(() => {})} />
      <Failure error={all.error} />
      {items?.length === 0 && <p className="empty">{t("inbox.empty")}</p>}
      <ul className="stack">
        {items?.map((item) => (
          <Item key={item.id} item={item} />
        ))}
      </ul>
    </div>
  );
}

function Item({ item }: { item: InboxItem }) {
  const { t } = useLanguage();
  const { read, drop } = useInbox();
  const reading = useAction(read);
  const dropping = useAction(drop);
  return (
    <li className="card news" data-unread={item.read_at === null || undefined}>
      <Link to={placeOf(item)} onClickCapture={() => void (item.read_at === null && reading.run(item.id))}>
        {newsOf(item, t)}
      </Link>
      <Ago at={item.created_at} />
      <button
        type="button"
        className="bare"
        aria-label={t("app.delete")}
        disabled={dropping.busy}
        onClick={() => void dropping.run(item.id)}
      >
        <Icon name="bin" />
      </button>
    </li>
  );
}
