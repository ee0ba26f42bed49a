import { remove } from "../api/http.js";
import type { Login } from "../api/types.js";
import { useLanguage } from "../i18n/language.js";
import { Failure } from "../ui/failure.js";
import { Ago } from "../ui/time.js";
import { useAction } from "../ui/use-action.js";
import { usePages } from "../ui/use-pages.js";
import { deviceOf } from "./device.js";

/** Where the person is signed in, and signing out there. */
export function Logins() {
  const { t } = useLanguage();
  const logins = usePages<Login>("/auth/sessions?limit=20");
  const ending = useAction(async () => {
    await remove("/auth/sessions?others=true");
    await logins.reload();
  });
  return (
    <section className="card column" aria-labelledby="logins-title">
      <h2 id="logins-title">{t("account.logins")}</h2>
      <p className="muted">{t("account.logins_hint")}</p>
      <ul className="items">
        {logins.rows?.map((login) => (
          <Row key={login.id} login={login} ended={() => void logins.reload()} />
        ))}
      </ul>
      <Failure error={logins.error} retry={() => void logins.reload()} />
      {logins.more && (
        <button type="button" className="quiet wide" disabled={logins.busy} onClick={logins.more}>
          {t("app.more")}
        </button>
      )}
      {logins.rows?.some(({ current }) => !current) && (
        <p>
          <button type="button" className="quiet" disabled={ending.busy} onClick={() => void ending.run()}>
            {t("account.logins_end")}
          </button>
        </p>
      )}
      <Failure error={ending.error} retry={() => void ending.run()} />
    </section>
  );
}

function Row({ login, ended }: { login: Login; ended: () => void }) {
  const { t } = useLanguage();
  const device = deviceOf(login.user_agent) || t("account.device_unknown");
  const ending = useAction(async () => {
    await remove(`/auth/sessions/${login.id}`);
    ended();
  });
  return (
    <li>
      <div title={login.user_agent}>
        <strong>{device}</strong>
        <span className="muted">
          {login.address} · {t("account.seen")} <Ago at={login.last_seen_at} />
        </span>
      </div>
      {login.current ? (
        <span className="here">{t("account.this_device")}</span>
      ) : (
        <button
          type="button"
          className="quiet"
          aria-label={t("account.login_end_of", { device, address: login.address })}
          disabled={ending.busy}
          onClick={() => void ending.run()}
        >
          {t("session.out")}
        </button>
      )}
      <Failure error={ending.error} />
    </li>
  );
}
