import { useState } from "react";
import { ACTIONS, type AuditAction, type AuditEntry } from "../api/types.js";
import { en, type Key } from "../i18n/en.js";
import { useLanguage } from "../i18n/language.js";
import { Failure } from "../ui/failure.js";
import { Ago } from "../ui/time.js";
import { usePages } from "../ui/use-pages.js";

/** What administrators did, and people to their own accounts. */
export function AuditLog() {
  const { t } = useLanguage();
  const [action, setAction] = useState<AuditAction | "">("");
  const log = usePages<AuditEntry>(`/admin/audit?limit=20${action && `&action=${action}`}`);
  const columns = ["when", "action", "actor", "subject", "details", "address"] as const;
  return (
    <section className="card column" aria-labelledby="audit-title">
      <div className="heading">
        <h2 id="audit-title">{t("audit.title")}</h2>
        <div className="tools">
          <select
            aria-label={t("audit.filter")}
            value={action}
            onChange={(event) => setAction(event.target.value as AuditAction | "")}
          >
            <option value="">{t("audit.all")}</option>
            {ACTIONS.map((one) => (
              <option key={one} value={one}>
                {t(`audit.${one}`)}
              </option>
            ))}
          </select>
          <button type="button" className="quiet" disabled={log.busy} onClick={() => void log.reload()}>
            {t("audit.reload")}
          </button>
        </div>
      </div>
      <Failure error={log.error} />
      {log.rows?.length === 0 && <p className="empty">{t("audit.empty")}</p>}
      {log.rows && log.rows.length > 0 && (
        <div className="scroll">
          <table aria-labelledby="audit-title">
            <thead>
              <tr>
                {columns.map((column) => (
                  <th key={column} scope="col">
                    {t(`audit.${column}`)}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {log.rows.map((entry) => (
                <Row key={entry.id} entry={entry} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {log.more && (
        <button type="button" className="quiet wide" disabled={log.busy} onClick={log.more}>
          {t("app.more")}
        </button>
      )}
    </section>
  );
}

function Row({ entry }: { entry: AuditEntry }) {
  const { t } = useLanguage();
  const key = `audit.${entry.action}`; // a newer server may know more actions
  return (
    <tr>
      <td>
        <Ago at={entry.created_at} />
      </td>
      <th scope="row">{key in en ? t(key as Key) : entry.action}</th>
      <td>{entry.actor_id === null ? t("audit.operator") : (entry.actor_name ?? t("audit.gone"))}</td>
      <td>{entry.subject_name ?? "–"}</td>
      <td>{entry.details || "–"}</td>
      <td>{entry.address || "–"}</td>
    </tr>
  );
}
