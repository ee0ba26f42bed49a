import { useCallback, useEffect, useState } from "react";
import { remove } from "../api/http.js";
import type { OpenConnection, Page } from "../api/types.js";
import { useLanguage } from "../i18n/language.js";
import { Failure } from "../ui/failure.js";
import { Ago } from "../ui/time.js";
import { useAction } from "../ui/use-action.js";
import { connectionsNow, ROWS } from "./connection-pages.js";

const PAUSE = 3_000; // milliseconds between questions

/** Who is connected, and ending what should not be. */
export function Connections() {
  const { t } = useLanguage();
  const [wanted, setWanted] = useState(ROWS);
  const [page, setPage] = useState<Page<OpenConnection>>();
  const [error, setError] = useState<Error>();
  const reload = useCallback(
    () =>
      connectionsNow(wanted).then((now) => {
        setPage(now);
        setError(undefined);
      }, setError),
    [wanted],
  );
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout>;
    let current = true;
    const ask = async () => {
      await reload();
      if (current) timer = setTimeout(ask, PAUSE);
    };
    void ask();
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [reload]);
  const columns = ["person", "transport", "address", "since", "channels", "unsent"] as const;
  return (
    <section className="card" aria-labelledby="connections-title">
      <h2 id="connections-title">{t("admin.open")}</h2>
      <Failure error={error} />
      <div className="scroll">
        <table aria-labelledby="connections-title">
          <thead>
            <tr>
              {columns.map((column) => (
                <th key={column} scope="col">
                  {t(`admin.${column}`)}
                </th>
              ))}
              <th scope="col">
                <span className="unseen">{t("admin.kick")}</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {page?.data.map((row) => (
              <Row key={row.id} row={row} ended={() => void reload()} />
            ))}
          </tbody>
        </table>
      </div>
      {page?.has_more && (
        <button type="button" className="quiet wide" onClick={() => setWanted(page.data.length + ROWS)}>
          {t("app.more")}
        </button>
      )}
    </section>
  );
}

function Row({ row, ended }: { row: OpenConnection; ended: () => void }) {
  const { t } = useLanguage();
  const kick = useAction(async () => {
    await remove(`/admin/connections/${encodeURIComponent(row.id)}`);
    ended();
  });
  return (
    <tr>
      <th scope="row">{row.user_name}</th>
      <td>{row.transport}</td>
      <td>{row.address}</td>
      <td>
        <Ago at={row.since} />
      </td>
      <td className="figure">{row.channels}</td>
      <td className="figure">{row.unsent_bytes}</td>
      <td>
        <button
          type="button"
          className="quiet"
          aria-label={t("admin.kick_of", { name: row.user_name })}
          disabled={kick.busy}
          onClick={() => void kick.run()}
        >
          {t("admin.kick")}
        </button>
        <Failure error={kick.error} />
      </td>
    </tr>
  );
}
