import { useLanguage } from "../i18n/language.js";
import { useSession } from "../session/session.js";
import { Failure } from "../ui/failure.js";
import { useAction } from "../ui/use-action.js";

/** The way out; who could not be signed out is told so. */
export function SignOut() {
  const { t } = useLanguage();
  const { signOut } = useSession();
  const leaving = useAction(signOut);
  return (
    <>
      <button type="button" className="quiet" disabled={leaving.busy} onClick={() => void leaving.run()}>
        {t("session.out")}
      </button>
      <Failure error={leaving.error} />
    </>
  );
}
