import { type FormEvent, useState } from "react";
import { useLanguage } from "../i18n/language.js";
import { Preferences } from "../shell/preferences.js";
import { Failure } from "../ui/failure.js";
import { Field } from "../ui/field.js";
import { useAction } from "../ui/use-action.js";
import { useSession } from "./session.js";

/** The door: signing in, or creating an account. */
export function SignIn() {
  const { t } = useLanguage();
  const { state } = useSession();
  const [isNew, setNew] = useState(false);
  return (
    <div className="door">
      <section className="pitch">
        <p className="brand">
          <img src="/favicon.svg" alt="" width="40" height="40" /> IT Cook
        </p>
        <h1>{t("app.tagline")}</h1>
        <p>{t("session.pitch")}</p>
        <ul>
          <li>{t("session.point_live")}</li>
          <li>{t("session.point_fridge")}</li>
          <li>{t("session.point_recipe")}</li>
        </ul>
      </section>
      <main className="card entry">
        {state.status === "out" && state.isDeleted && <p role="status">{t("session.deleted")}</p>}
        <h2>{t(isNew ? "session.up" : "session.in")}</h2>
        <EntryForm key={String(isNew)} isNew={isNew} />
        <button type="button" className="link" onClick={() => setNew(!isNew)}>
          {t(isNew ? "session.to_in" : "session.to_up")}
        </button>
      </main>
      <Preferences />
    </div>
  );
}

function EntryForm({ isNew }: { isNew: boolean }) {
  const { t, language } = useLanguage();
  const { signIn, signUp } = useSession();
  const enter = useAction((given: Record<"email" | "password" | "first_name" | "last_name", string>) =>
    isNew ? signUp({ ...given, language }) : signIn(given.email, given.password),
  );
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const text = (name: string) => String(form.get(name) ?? "");
    const [email, password] = [text("email"), text("password")];
    void enter.run({ email, password, first_name: text("first_name"), last_name: text("last_name") });
  };
  return (
    <form onSubmit={submit}>
      {isNew && (
        <div className="row">
          <Field label={t("session.first_name")} name="first_name" autoComplete="given-name" required />
          <Field label={t("session.last_name")} name="last_name" autoComplete="family-name" required />
        </div>
      )}
      <Field label={t("session.email")} name="email" type="email" autoComplete="email" required />
      <Field
        label={t("session.password")}
        name="password"
        type="password"
        autoComplete={isNew ? "new-password" : "current-password"}
        {...(isNew && { minLength: 10, hint: t("session.password_hint") })}
        required
      />
      <Failure error={enter.error} />
      <button type="submit" disabled={enter.busy}>
        {t(isNew ? "session.up" : "session.in")}
      </button>
    </form>
  );
}
