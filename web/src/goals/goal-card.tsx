import { type FormEvent, useState } from "react";
import { post, remove } from "../api/http.js";
import type { Goal, Series } from "../api/types.js";
import { useLanguage } from "../i18n/language.js";
import { useLive } from "../stream/use-live.js";
import { Failure } from "../ui/failure.js";
import { Icon } from "../ui/icon.js";
import { useAction } from "../ui/use-action.js";
import { GoalChart } from "./goal-chart.js";

interface Shown {
  goal: Goal;
  changed: (change: Partial<Goal>) => void;
  removed: () => void;
}

export function GoalCard({ goal, changed, removed }: Shown) {
  const { t, language } = useLanguage();
  const series = useLive<Series>(`/goals/${goal.id}/series`, (state) => state);
  const deleting = useAction(async () => {
    await remove(`/goals/${goal.id}`);
    removed();
  });
  const figure = (value: number) => value.toLocaleString(language);
  return (
    <article className="card goal" aria-labelledby={`goal-${goal.id}`}>
      <header>
        <h2 id={`goal-${goal.id}`}>{goal.title}</h2>
        <span className="tag" data-status={goal.status}>
          {t(`status.${goal.status}`)}
        </span>
        <button
          type="button"
          className="bare"
          aria-label={`${t("app.delete")}: ${goal.title}`}
          disabled={deleting.busy}
          onClick={() => void deleting.run()}
        >
          <Icon name="bin" />
        </button>
      </header>
      <p className="muted">
        {goal.current_value === null
          ? t("goals.none")
          : t("goals.progress", {
              value: figure(goal.current_value),
              target: figure(goal.target_value),
              unit: goal.unit,
            })}
      </p>
      {series.state && series.state.data.length > 0 && <GoalChart goal={goal} points={series.state.data} />}
      {goal.status === "active" && (
        <Progress
          goal={goal}
          recorded={(after) => {
            changed(after);
            void series.reload().catch(() => {}); // it is shown
          }}
        />
      )}
      <Failure error={series.error ?? deleting.error} />
    </article>
  );
}

function Progress({ goal, recorded }: { goal: Goal; recorded: (after: Goal) => void }) {
  const { t } = useLanguage();
  const [value, setValue] = useState("");
  const record = useAction(async () =>
    recorded(await post<Goal>(`/goals/${goal.id}/progress`, { value: Number(value) })),
  );
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (await record.run()) setValue("");
  };
  return (
    <form onSubmit={submit}>
      <div className="row">
        <input
          aria-label={`${t("goals.value")}, ${goal.unit}`}
          placeholder={`${t("goals.value")}, ${goal.unit}`}
          type="number"
          min="0"
          step="any"
          required
          value={value}
          onChange={(event) => setValue(event.target.value)}
        />
        <button type="submit" className="quiet" disabled={record.busy}>
          {t("goals.record")}
        </button>
      </div>
      <Failure error={record.error} />
    </form>
  );
}
