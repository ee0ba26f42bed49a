import { useLanguage } from "./i18n/language.js";
import { useSession } from "./session/session.js";
import { SignIn } from "./session/sign-in.js";
import { Shell } from "./shell/shell.js";

/** The page: a door, and behind it the shell of whoever is signed in. */
export function App() {
  const { state } = useSession();
  const { t } = useLanguage();
  if (state.status === "out") return <SignIn />;
  if (state.status === "in") return <Shell key={state.user.id} user={state.user} />;
  return (
    <p className="waiting" role="status">
      {t(state.unreachable ? "app.unreachable" : "app.loading")}
    </p>
  );
}
