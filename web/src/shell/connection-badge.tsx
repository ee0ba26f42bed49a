import type { Failure } from "@itcook/realtime";
import { useId, useState } from "react";
import { en, type Key } from "../i18n/en.js";
import { useLanguage } from "../i18n/language.js";
import { useShown, useStream } from "../stream/hooks.js";

/** How the stream comes in; behind it, what is to be known of it and tried on it. */
export function ConnectionBadge() {
  const { t } = useLanguage();
  const { status, transport, latency } = useShown();
  const [isOpen, setOpen] = useState(false);
  const id = useId();
  return (
    <section className="connection" aria-label={t("stream.label")} data-status={status}>
      <span className="unseen" role="status">
        {t(`stream.${status}`)}
      </span>
      {isOpen && <Details id={id} />}
      <button type="button" aria-expanded={isOpen} aria-controls={id} onClick={() => setOpen(!isOpen)}>
        <span className="dot" aria-hidden="true" />
        <span>{t(`stream.${status}`)}</span>
        {transport && <span>{t(`transport.${transport}`)}</span>}
        {latency !== null && <span className="figure">{t("stream.ms", { count: latency })}</span>}
      </button>
    </section>
  );
}

/** Why it ended or is being made anew: in the person's language where that is known, or else as it was said. */
function why({ code, message }: Failure, t: (key: Key) => string): string {
  const key = `end.${code}`;
  return key in en ? t(key as Key) : message;
}

function Details({ id }: { id: string }) {
  const { t } = useLanguage();
  const stream = useStream();
  const { status, transport, latency, cursor, blocked, error } = useShown();
  return (
    <div id={id} className="card details">
      <dl>
        <dt>{t("stream.transport")}</dt>
        <dd>{transport ? t(`transport.${transport}`) : "–"}</dd>
        <dt>{t("stream.latency")}</dt>
        <dd>{latency === null ? "–" : t("stream.ms", { count: latency })}</dd>
        <dt>{t("stream.cursor")}</dt>
        <dd>
          <code>{cursor ?? "–"}</code>
        </dd>
      </dl>
      {error && <p className="muted">{why(error, t)}</p>}
      <label className="switch">
        <input
          type="checkbox"
          role="switch"
          aria-checked={blocked}
          checked={blocked}
          onChange={(event) => stream.block(event.target.checked)}
        />
        {t("stream.block")}
      </label>
      <small>{t("stream.block_hint")}</small>
      {status === "closed" && (
        <button type="button" onClick={() => stream.connect()}>
          {t("stream.connect")}
        </button>
      )}
    </div>
  );
}
