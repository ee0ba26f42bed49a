import { useState } from "react";
import { put } from "../api/http.js";
import type { Account } from "../api/types.js";
import { useLanguage } from "../i18n/language.js";
import { useSession, useUser } from "../session/session.js";
import { Preferences } from "../shell/preferences.js";
import { go } from "../shell/router.js";
import { SignOut } from "../shell/sign-out.js";
import { Avatar } from "../ui/avatar.js";
import { Field } from "../ui/field.js";
import { ConfirmedForm } from "./confirmed-form.js";
import { Data } from "./data.js";
import { Logins } from "./logins.js";

/** What a person decides about their own account. */
export function AccountView() {
  const { t } = useLanguage();
  return (
    <div className="column narrow">
      <h1>{t("account.title")}</h1>
      <Person />
      <Logins />
      <Email />
      <Password />
      <Data />
      <Deletion />
    </div>
  );
}

function Person() {
  const user = useUser();
  return (
    <section className="card person">
      <Avatar person={user} />
      <p>
        <strong>{user.name}</strong>
        <span className="muted">{user.email}</span>
      </p>
      <Preferences />
      <SignOut />
    </section>
  );
}

function Email() {
  const { t } = useLanguage();
  const { know } = useSession();
  const send = async (given: Record<string, string>) => know(await put<Account>("/auth/email", given));
  return (
    <section className="card column">
      <h2>{t("account.email")}</h2>
      <p className="muted">{t("account.email_hint")}</p>
      <ConfirmedForm
        label={t("account.email")}
        verb={t("account.email_do")}
        done={t("account.email_done")}
        send={send}
      >
        <Field label={t("account.email_new")} name="email" type="email" autoComplete="email" required />
      </ConfirmedForm>
    </section>
  );
}

function Password() {
  const { t } = useLanguage();
  const { check } = useSession();
  const send = async (given: Record<string, string>) => {
    await put("/auth/password", given);
    // The cookie is another one, and so is what shows that requests are the page's own. Where that cannot be read now,
    // the next request that is refused for want of it reads it.
    check().catch(() => {});
  };
  return (
    <section className="card column">
      <h2>{t("account.password")}</h2>
      <p className="muted">{t("account.password_hint")}</p>
      <ConfirmedForm
        label={t("account.password")}
        verb={t("account.password_do")}
        done={t("account.password_done")}
        send={send}
      >
        <Field
          label={t("account.password_new")}
          name="new_password"
          type="password"
          autoComplete="new-password"
          minLength={10}
          hint={t("session.password_hint")}
          required
        />
      </ConfirmedForm>
    </section>
  );
}

function Deletion() {
  const { t } = useLanguage();
  const { deleteAccount } = useSession();
  const [isOpen, setOpen] = useState(false);
  const send = async ({ current_password: password = "" }: Record<string, string>) => {
    await deleteAccount(password);
    go("/"); // whoever signs in next begins there
  };
  return (
    <section className="card column">
      <h2>{t("account.deletion")}</h2>
      <p className="muted">{t("account.deletion_hint")}</p>
      <p>
        <button type="button" className="quiet" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          {t(isOpen ? "app.cancel" : "account.deletion_ask")}
        </button>
      </p>
      {isOpen && (
        <ConfirmedForm label={t("account.deletion")} verb={t("account.deletion_do")} send={send} isFinal />
      )}
    </section>
  );
}
