import { type FormEvent, useState } from "react";
import { post } from "../api/http.js";
import { LEVELS } from "../api/types.js";
import { useLanguage } from "../i18n/language.js";
import { Failure } from "../ui/failure.js";
import { Choice, Field } from "../ui/field.js";
import { useAction } from "../ui/use-action.js";

/** A word to everyone. */
export function Notify() {
  const { t } = useLanguage();
  const [sent, setSent] = useState(false);
  const send = useAction((notification: object) => post("/notifications", notification));
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    setSent(false);
    if (!(await send.run(Object.fromEntries(new FormData(form))))) return;
    form.reset();
    setSent(true);
  };
  return (
    <form className="card" onSubmit={submit} aria-labelledby="notify-title">
      <h2 id="notify-title">{t("admin.notify")}</h2>
      <div className="row">
        <Field label={t("admin.notify_title")} name="title" maxLength={120} required />
        <Choice label={t("admin.notify_level")} name="level">
          {LEVELS.map((level) => (
            <option key={level} value={level}>
              {t(`level.${level}`)}
            </option>
          ))}
        </Choice>
      </div>
      <Field label={t("admin.notify_message")} name="message" maxLength={2000} required />
      <div className="actions">
        <span role="status">{sent && t("admin.sent")}</span>
        <button type="submit" disabled={send.busy}>
          {t("admin.notify_send")}
        </button>
      </div>
      <Failure error={send.error} />
    </form>
  );
}
