import type { Ingredient, Recipe, RecipeSummary } from "../api/types.js";
import { useLanguage } from "../i18n/language.js";
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
          <span key={diet} className="tag">
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
        <ul lang={state.language}>
          {state.ingredients.map((ingredient) => (
            <li key={ingredient.name}>{measured(ingredient, language)}</li>
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

function measured({ name, quantity, unit, note }: Ingredient, language: string): string {
  const amount = quantity === null ? "" : `${quantity.toLocaleString(language)} ${unit ?? ""} `;
  return `${amount}${name}${note ? `, ${note}` : ""}`;
}
