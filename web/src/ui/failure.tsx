import { Problem } from "../api/http.js";
import { en, type Key } from "../i18n/en.js";
import { useLanguage } from "../i18n/language.js";

/** What went wrong, said at once to whoever cannot see it. */
export function Failure({ error, retry }: { error: Error | undefined; retry?: () => void }) {
  const { t } = useLanguage();
  if (!error) return null;
  return (
    <p className="failure" role="alert">
      {error instanceof Problem ? described(error, t) : t("app.offline")}
      {retry && (
        <button type="button" className="quiet" onClick={retry}>
          {t("app.retry")}
        </button>
      )}
    </p>
  );
}

/** In the person's language where that is known, or else as the server says it. */
function described(problem: Problem, t: (key: Key) => string): string {
  const key = `problem.${problem.code}`;
  if (key in en) return t(key as Key);
  if (problem.errors.length === 0) return problem.message;
  return problem.errors.map(({ pointer, detail }) => `${pointer.slice(1)}: ${detail}`).join("; ");
}
