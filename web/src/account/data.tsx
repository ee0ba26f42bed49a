import { useState } from "react";
import { download } from "../api/http.js";
import { useLanguage } from "../i18n/language.js";
import { Failure } from "../ui/failure.js";
import { useAction } from "../ui/use-action.js";

const KEPT = 60_000; // milliseconds that the browser has to write the file; none says when it has

/** Everything that is kept of the person, as a file. The page fetches it: a link would save a refusal as the file. */
export function Data() {
  const { t } = useLanguage();
  const [isDone, setDone] = useState(false);
  const saving = useAction(async () => save(await download("/auth/export"), "itcook.json"));
  const run = async () => {
    setDone(false);
    setDone(await saving.run());
  };
  return (
    <section className="card column" aria-labelledby="data-title">
      <h2 id="data-title">{t("account.data")}</h2>
      <p className="muted">{t("account.data_hint")}</p>
      <Failure error={saving.error} />
      <div className="actions">
        <button type="button" className="quiet" disabled={saving.busy} onClick={() => void run()}>
          {t("account.data_do")}
        </button>
        <span className={isDone ? "done" : "muted"} role="status">
          {saving.busy ? t("app.loading") : isDone && t("account.data_done")}
        </span>
      </div>
    </section>
  );
}

/** Have the browser save it, as if a link to it had been followed. */
function save(content: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), KEPT);
}
