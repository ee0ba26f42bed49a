import type { FormEvent } from "react";
import { post } from "../api/http.js";
import { DIETS, type RecipeRequest } from "../api/types.js";
import { useLanguage } from "../i18n/language.js";
import { Failure } from "../ui/failure.js";
import { Field } from "../ui/field.js";
import { useAction } from "../ui/use-action.js";

/** Asking for a recipe. */
export function Wish({ asked }: { asked: (request: RecipeRequest) => void }) {
  const { t, language } = useLanguage();
  const ask = useAction(async (wish: object) => asked(await post<RecipeRequest>("/recipes/generate", wish)));
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    void ask.run(wishOf(new FormData(event.currentTarget), language));
  };
  return (
    <form className="card" onSubmit={submit} aria-labelledby="wish-title">
      <h2 id="wish-title">{t("recipes.wish")}</h2>
      <Field label={t("recipes.ingredients")} name="ingredients" maxLength={500} />
      <label className="option">
        <input type="checkbox" name="from_fridge" />
        {t("recipes.from_fridge")}
      </label>
      <fieldset>
        <legend>{t("recipes.diets")}</legend>
        {DIETS.map((diet) => (
          <label key={diet}>
            <input type="checkbox" name="diets" value={diet} /> {t(`diet.${diet}`)}
          </label>
        ))}
      </fieldset>
      <div className="row">
        <Field label={t("recipes.minutes")} name="max_minutes" type="number" min="5" max="10080" />
        <Field
          label={t("recipes.servings")}
          name="servings"
          type="number"
          min="1"
          max="100"
          defaultValue="2"
          required
        />
      </div>
      <button type="submit" disabled={ask.busy}>
        {t("recipes.generate")}
      </button>
      <Failure error={ask.error} />
    </form>
  );
}

function wishOf(form: FormData, language: string): object {
  const minutes = Number(form.get("max_minutes"));
  const names = String(form.get("ingredients")).split(",");
  return {
    ingredients: names.map((name) => name.trim()).filter((name) => name !== ""),
    from_fridge: form.has("from_fridge"),
    diets: form.getAll("diets"),
    servings: Number(form.get("servings")),
    language,
    ...(minutes > 0 && { max_minutes: minutes }),
  };
}
