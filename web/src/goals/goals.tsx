import { type FormEvent, useState } from "react";
import { post } from "../api/http.js";
import { GOAL_TYPES, type Goal, type Page } from "../api/types.js";
import { useLanguage } from "../i18n/language.js";
import { useLive } from "../stream/use-live.js";
import { Failure } from "../ui/failure.js";
import { Choice, Field } from "../ui/field.js";
import { useAction } from "../ui/use-action.js";
import { GoalCard } from "./goal-card.js";

/** What the person wants to reach, and how far that is. */
export function Goals() {
  const { t } = useLanguage();
  const { state, error, change, reload } = useLive<Page<Goal>>("/goals?limit=50", (page, event) =>
    event.type === "GoalAchieved" ? replaced(page, event.data.goal_id, { status: "completed" }) : page,
  );
  return (
    <div className="beside">
      <div className="column">
        <h1>{t("goals.title")}</h1>
        <Failure error={error} retry={() => void reload().catch(() => {})} />
        {state?.data.length === 0 && <p className="empty">{t("goals.empty")}</p>}
        {state?.data.map((goal) => (
          <GoalCard
            key={goal.id}
            goal={goal}
            changed={(changed) => change((page) => replaced(page, goal.id, changed))}
            removed={() =>
              change((page) => ({ ...page, data: page.data.filter(({ id }) => id !== goal.id) }))
            }
          />
        ))}
      </div>
      <aside>
        <NewGoal made={(goal) => change((page) => ({ ...page, data: [goal, ...page.data] }))} />
      </aside>
    </div>
  );
}

function NewGoal({ made }: { made: (goal: Goal) => void }) {
  const { t } = useLanguage();
  const [type, setType] = useState<string>("weight");
  const create = useAction(async (goal: Record<string, unknown>) => made(await post<Goal>("/goals", goal)));
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    const { target_value, ...rest } = Object.fromEntries(new FormData(form));
    if (await create.run({ ...rest, target_value: Number(target_value) })) form.reset();
  };
  return (
    <form className="card" onSubmit={submit} aria-labelledby="new-goal">
      <h2 id="new-goal">{t("goals.new")}</h2>
      <Field label={t("goals.name")} name="title" maxLength={120} required />
      <Choice
        label={t("goals.type")}
        name="goal_type"
        value={type}
        onChange={(event) => setType(event.target.value)}
      >
        {GOAL_TYPES.map((one) => (
          <option key={one} value={one}>
            {t(`goal.${one}`)}
          </option>
        ))}
      </Choice>
      <div className="row">
        <Field label={t("goals.target")} name="target_value" type="number" min="0.001" step="any" required />
        <Field label={t("goals.unit")} name="unit" maxLength={16} required />
      </div>
      <button type="submit" disabled={create.busy}>
        {t("goals.create")}
      </button>
      <Failure error={create.error} />
    </form>
  );
}

function replaced(page: Page<Goal>, id: string, change: Partial<Goal>): Page<Goal> {
  return { ...page, data: page.data.map((goal) => (goal.id === id ? { ...goal, ...change } : goal)) };
}
