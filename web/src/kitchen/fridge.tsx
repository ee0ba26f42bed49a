import { get, post, remove } from "../api/http.js";
import type { Item, Kitchen, Page, Taken } from "../api/types.js";
import { useLanguage } from "../i18n/language.js";
import { unitName } from "../i18n/units.js";
import { useLive } from "../stream/use-live.js";
import { Failure } from "../ui/failure.js";
import { Icon } from "../ui/icon.js";
import { useAction } from "../ui/use-action.js";
import { afterEvent, daysLeft, withItem, without } from "./items.js";
import { NewItem } from "./new-item.js";

const SOON = 3; // days: worth a colour

/** What is in a kitchen, what expires first at the top. */
export function Fridge({ kitchen }: { kitchen: Kitchen }) {
  const { t } = useLanguage();
  const path = `/fridge/items?kitchen_id=${kitchen.id}&sort=expires_on&limit=100`;
  const { state, error, change, reload } = useLive<Page<Item>>(path, (page, event) =>
    afterEvent(page, event, kitchen.id),
  );
  const more = useAction(async () => {
    const next = await get<Page<Item>>(`${path}&before=${encodeURIComponent(state?.next_before ?? "")}`);
    change((page) => ({ ...next, data: [...page.data, ...next.data] }));
  });
  return (
    <>
      <NewItem kitchen={kitchen} added={(item) => change((page) => withItem(page, item))} />
      <section className="card" aria-labelledby="fridge-title">
        <h2 id="fridge-title">{t("kitchen.fridge")}</h2>
        <Failure error={error ?? more.error} retry={() => void reload().catch(() => {})} />
        {state?.data.length === 0 && <p className="empty">{t("kitchen.empty")}</p>}
        <ul className="items">
          {state?.data.map((item) => (
            <Row
              key={item.id}
              item={item}
              kitchen={kitchen}
              changed={(changed) => change((page) => withItem(page, changed))}
              removed={() => change((page) => without(page, item.id))}
            />
          ))}
        </ul>
        {state?.has_more && (
          <button type="button" className="quiet wide" disabled={more.busy} onClick={() => void more.run()}>
            {t("app.more")}
          </button>
        )}
      </section>
    </>
  );
}

interface RowProps {
  item: Item;
  kitchen: Kitchen;
  changed: (item: Item) => void;
  removed: () => void;
}

function Row({ item, kitchen, changed, removed }: RowProps) {
  const { t, language } = useLanguage();
  const take = useAction(async () => {
    const left = await post<Taken>(`/fridge/items/${item.id}/take`, { quantity: 1 });
    if (left.removed) removed();
    else changed({ ...item, quantity: left.quantity });
  });
  const removing = useAction(async () => {
    await remove(`/fridge/items/${item.id}`);
    removed();
  });
  return (
    <li>
      <div>
        <strong>{item.name}</strong>
        <span className="muted">
          {item.quantity.toLocaleString(language)} {unitName(item.unit, item.quantity, t)} ·{" "}
          {t(`location.${item.location as "fridge"}`)}
        </span>
      </div>
      <Freshness expiresOn={item.expires_on} timeZone={kitchen.time_zone} />
      {item.quantity >= 1 && (
        <button
          type="button"
          className="bare"
          aria-label={t("kitchen.take_one", { unit: unitName(item.unit, 1, t), name: item.name })}
          disabled={take.busy}
          onClick={() => void take.run()}
        >
          <Icon name="minus" />
        </button>
      )}
      <button
        type="button"
        className="bare"
        aria-label={t("kitchen.remove", { name: item.name })}
        disabled={removing.busy}
        onClick={() => void removing.run()}
      >
        <Icon name="bin" />
      </button>
      <Failure error={take.error ?? removing.error} />
    </li>
  );
}

function Freshness({ expiresOn, timeZone }: { expiresOn: string | null; timeZone: string }) {
  const { t } = useLanguage();
  if (expiresOn === null) return <span className="fresh muted">{t("expires.never")}</span>;
  const days = daysLeft(expiresOn, timeZone, new Date());
  const level = days < 0 ? "past" : days <= SOON ? "soon" : "good";
  const words =
    days === 0
      ? t("expires.today")
      : t(days < 0 ? "expires.past" : "expires.soon", { count: Math.abs(days) });
  return (
    <time className="fresh" dateTime={expiresOn} data-level={level}>
      {words}
    </time>
  );
}
