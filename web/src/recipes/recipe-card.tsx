import type { Ingredient, Recipe, RecipeSummary } from "../api/types.js";
import { useLanguage } from "../i18n/language.js";
import { unitName } from "../i18n/units.js";
import { useLive } from "../stream/use-live.js";
import { Failure } from "../ui/failure.js";

interface Shown {
  recipe: RecipeSummary;
  isOpen: boolean;
  toggle: () => void;
}

export function RecipeCard({ recipe, isOpen, toggle }: Shown) {
  const { t } = useLanguage();
  return (
    <article className="card recipe" aria-labelledby={`recipe-${recipe.id}`}>
      <h3 id={`recipe-${recipe.id}`} lang={recipe.language}>
        <button type="button" className="title" aria-expanded={isOpen} onClick={toggle}>
          {recipe.title}
        </button>
      </h3>
      <p className="tags">
        <span className="tag">{t("recipes.time", { count: recipe.prep_minutes + recipe.cook_minutes })}</span>
        <span className="tag">{t("recipes.for", { count: recipe.servings })}</span>
        <span className="tag">{t(`difficulty.${recipe.difficulty}`)}</span>
        {recipe.diets.map((diet) => (
          <span key={diet} className="tag plain">
            {t(`diet.${diet}`)}
          </span>
        ))}
      </p>
      <p lang={recipe.language}>{recipe.description}</p>
      {isOpen && <Whole id={recipe.id} />}
    </article>
  );
}

function Whole({ id }: { id: string }) {
  const { t, language } = useLanguage();
  const { state, error, reload } = useLive<Recipe>(`/recipes/${id}`, (recipe) => recipe);
  if (!state) return <Failure error={error} retry={() => void reload().catch(() => {})} />;
  return (
    <div className="whole">
      <div>
        <h4>{t("recipes.needs")}</h4>
        <ul className="ingredients" lang={state.language}>
          {state.ingredients.map((ingredient) => (
            <li key={ingredient.name}>
              {[ingredient.name, ingredient.note].filter(Boolean).join(", ")}
              <span className="figure">{measured(ingredient, language, t)}</span>
            </li>
          ))}
        </ul>
      </div>
      <div>
        <h4>{t("recipes.steps")}</h4>
        <ol lang={state.language}>
          {state.instructions.map((step) => (
            <li key={step}>{step}</li>
          ))}
        </ol>
      </div>
    </div>
  );
}

function measured(
  { quantity, unit }: Ingredient,
  language: string,
  t: ReturnType<typeof useLanguage>["t"],
): string {
  if (quantity === null) return "";
  const amount = quantity.toLocaleString(language);
  return unit === null ? amount : `${amount} ${unitName(unit, quantity, t)}`;
}
