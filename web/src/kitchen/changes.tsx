import type { FridgeItemChanged } from "@itcook/realtime";
import { useState } from "react";
import type { Kitchen } from "../api/types.js";
import { useLanguage } from "../i18n/language.js";
import { useUser } from "../session/session.js";
import { useEvents } from "../stream/hooks.js";
import { Ago } from "../ui/time.js";

const SHOWN = 8;

/** What other members did while the page was open, the latest first. */
export function Changes({ kitchen }: { kitchen: Kitchen }) {
  const { t } = useLanguage();
  const user = useUser();
  const [changes, setChanges] = useState<readonly FridgeItemChanged[]>([]);
  useEvents((event) => {
    if (event.type !== "FridgeItemChanged" || event.data.kitchen_id !== kitchen.id) return;
    if (event.data.changed_by_id !== user.id) setChanges((were) => [event, ...were].slice(0, SHOWN));
  });
  return (
    <section className="card column" aria-labelledby="changes-title">
      <h2 id="changes-title">{t("kitchen.changes")}</h2>
      {changes.length === 0 && <p className="muted">{t("kitchen.no_changes")}</p>}
      <ul className="changes" aria-live="polite">
        {changes.map(({ id, timestamp, data }) => (
          <li key={id}>
            {t(`kitchen.change_${data.change}`, { who: data.changed_by_name, what: data.name })}{" "}
            <Ago at={timestamp} />
          </li>
        ))}
      </ul>
    </section>
  );
}
