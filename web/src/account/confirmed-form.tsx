import { type FormEvent, type ReactNode, useState } from "react";
import { useLanguage } from "../i18n/language.js";
import { Failure } from "../ui/failure.js";
import { Field } from "../ui/field.js";
import { useAction } from "../ui/use-action.js";

interface Confirmed {
  label: string;
  verb: string;
  /** What is said when it is done. */
  done?: string;
  isFinal?: boolean;
  send: (given: Record<string, string>) => Promise<unknown>;
  children?: ReactNode;
}

/** A change of the account, which the person confirms with the password that they have: `current_password`. */
export function ConfirmedForm({ label, verb, done, isFinal = false, send, children }: Confirmed) {
  const { t } = useLanguage();
  const [isDone, setDone] = useState(false);
  const sending = useAction(send);
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    setDone(false);
    const given = Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, String(value)]));
    if (!(await sending.run(given))) return;
    form.reset();
    setDone(true);
  };
  return (
    <form onSubmit={submit} aria-label={label}>
      <div className="row fields">
        {children}
        <Field
          label={t("account.current_password")}
          name="current_password"
          type="password"
          autoComplete="current-password"
          required
        />
      </div>
      <Failure error={sending.error} />
      <div className="actions">
        <button type="submit" className={isFinal ? "final" : undefined} disabled={sending.busy}>
          {verb}
        </button>
        <span className="done" role="status">
          {isDone && done}
        </span>
      </div>
    </form>
  );
}
