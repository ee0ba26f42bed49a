import { type FormEvent, useState } from "react";
import { post } from "../api/http.js";
import type { Kitchen, Page } from "../api/types.js";
import { useLanguage } from "../i18n/language.js";
import { useLive } from "../stream/use-live.js";
import { Failure } from "../ui/failure.js";
import { Choice, Field } from "../ui/field.js";
import { useAction } from "../ui/use-action.js";
import { Changes } from "./changes.js";
import { Fridge } from "./fridge.js";
import { Household } from "./household.js";

const KEPT = "itcook.kitchen"; // which one was looked at last

/** One of the person's kitchens: its fridge, and who shares it. */
export function KitchenView() {
  const { t } = useLanguage();
  const { state, error, reload } = useLive<Page<Kitchen>>("/kitchens?limit=100", (page) => page);
  const [chosen, setChosen] = useState(() => localStorage.getItem(KEPT));
  const kitchens = state?.data ?? [];
  const kitchen = kitchens.find(({ id }) => id === chosen) ?? kitchens.find(({ is_home }) => is_home);
  const choose = (id: string) => {
    localStorage.setItem(KEPT, id);
    setChosen(id);
  };
  const enter = async (entered: Kitchen) => {
    await reload();
    choose(entered.id);
  };
  return (
    <div className="beside">
      <div className="column">
        <h1>{kitchen?.name ?? t("kitchen.title")}</h1>
        <Failure error={error} retry={() => void reload().catch(() => {})} />
        {kitchens.length > 1 && kitchen && (
          <Choice
            label={t("kitchen.choose")}
            value={kitchen.id}
            onChange={(event) => choose(event.target.value)}
          >
            {kitchens.map(({ id, name }) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </Choice>
        )}
        {kitchen && <Fridge key={kitchen.id} kitchen={kitchen} />}
      </div>
      <aside>
        {kitchen && <Changes key={`changes ${kitchen.id}`} kitchen={kitchen} />}
        {kitchen && <Household key={`household ${kitchen.id}`} kitchen={kitchen} />}
        <Others enter={enter} />
      </aside>
    </div>
  );
}

/** Ways into another kitchen. */
function Others({ enter }: { enter: (kitchen: Kitchen) => Promise<void> }) {
  const { t } = useLanguage();
  return (
    <section className="card column">
      <Entry
        title={t("kitchen.join_title")}
        label={t("kitchen.invite_code")}
        verb={t("kitchen.join")}
        act={async (code) => enter(await post<Kitchen>("/kitchens/join", { code }))}
      />
      <Entry
        title={t("kitchen.create")}
        label={t("kitchen.create_name")}
        verb={t("kitchen.add")}
        act={async (name) => enter(await post<Kitchen>("/kitchens", { name }))}
      />
    </section>
  );
}

interface EntryProps {
  title: string;
  label: string;
  verb: string;
  act: (given: string) => Promise<void>;
}

function Entry({ title, label, verb, act }: EntryProps) {
  const [given, setGiven] = useState("");
  const acting = useAction(act);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (await acting.run(given.trim())) setGiven("");
  };
  return (
    <form onSubmit={submit}>
      <h2>{title}</h2>
      <div className="row">
        <Field label={label} value={given} required onChange={(event) => setGiven(event.target.value)} />
        <button type="submit" className="quiet" disabled={acting.busy}>
          {verb}
        </button>
      </div>
      <Failure error={acting.error} />
    </form>
  );
}
