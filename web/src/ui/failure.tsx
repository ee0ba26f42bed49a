import { Problem } from "../api/http.js";
import { useLanguage } from "../i18n/language.js";

/** What went wrong, said at once to whoever cannot see it. */
export function Failure({ error, retry }: { error: Error | undefined; retry?: () => void }) {
  const { t } = useLanguage();
  if (!error) return null;
  return (
    <p className="failure" role="alert">
      {error instanceof Problem ? described(error) : t("app.unreachable")}
      {retry && (
        <button type="button" className="quiet" onClick={retry}>
          {t("app.retry")}
        </button>
      )}
    </p>
  );
}

function described(problem: Problem): string {
  if (problem.errors.length === 0) return problem.message;
  return problem.errors.map(({ pointer, detail }) => `${pointer.slice(1)}: ${detail}`).join("; ");
}
