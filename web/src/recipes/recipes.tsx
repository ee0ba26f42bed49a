import type { StreamEvent } from "@itcook/realtime";
import { useState } from "react";
import type { Page, RecipeRequest, RecipeSummary } from "../api/types.js";
import { useLanguage } from "../i18n/language.js";
import { useEvents } from "../stream/hooks.js";
import { useLive } from "../stream/use-live.js";
import { Failure } from "../ui/failure.js";
import { RecipeCard } from "./recipe-card.js";
import { Wish } from "./wish.js";

/** Wishes for recipes, which are answered through the stream, and the recipes that came of them. */
export function Recipes() {
  const { t } = useLanguage();
  const requests = useLive<Page<RecipeRequest>>("/recipes/requests?limit=5", afterEvent);
  const recipes = useLive<Page<RecipeSummary>>("/recipes?mine=true&limit=50", (page) => page);
  const [open, setOpen] = useState<string>();
  useEvents((event) => {
    if (event.type !== "RecipeGenerated") return;
    setOpen(event.data.recipe_id);
    recipes.reload().catch(() => {}); // it is shown
  });
  const [latest] = requests.state?.data ?? [];
  return (
    <div className="beside">
      <div className="column">
        <h1>{t("recipes.title")}</h1>
        <div aria-live="polite">{latest && <Progress request={latest} />}</div>
        <Failure error={recipes.error} retry={() => void recipes.reload().catch(() => {})} />
        <h2>{t("recipes.own")}</h2>
        {recipes.state?.data.length === 0 && <p className="empty">{t("recipes.empty")}</p>}
        {recipes.state?.data.map((recipe) => (
          <RecipeCard
            key={recipe.id}
            recipe={recipe}
            isOpen={open === recipe.id}
            toggle={() => setOpen(open === recipe.id ? undefined : recipe.id)}
          />
        ))}
      </div>
      <aside>
        <Wish asked={(request) => requests.change((page) => merge(page, request))} />
      </aside>
    </div>
  );
}

function Progress({ request }: { request: RecipeRequest }) {
  const { t } = useLanguage();
  if (request.status === "queued" || request.status === "running") {
    return <p className="card making">{t("recipes.making")}</p>;
  }
  if (request.status !== "failed") return null;
  return <p className="failure">{t("recipes.failed", { reason: request.reason ?? "" })}</p>;
}

function afterEvent(page: Page<RecipeRequest>, event: StreamEvent): Page<RecipeRequest> {
  if (event.type === "RecipeGenerated") {
    return replaced(page, event.data.request_id, { status: "done", recipe_id: event.data.recipe_id });
  }
  if (event.type !== "RecipeFailed") return page;
  return replaced(page, event.data.request_id, { status: "failed", reason: event.data.reason });
}

/** With a request of which the stream may have told more already. */
function merge(page: Page<RecipeRequest>, request: RecipeRequest): Page<RecipeRequest> {
  if (page.data.some(({ request_id }) => request_id === request.request_id)) return page;
  return { ...page, data: [request, ...page.data] };
}

function replaced(
  page: Page<RecipeRequest>,
  id: string,
  change: Partial<RecipeRequest>,
): Page<RecipeRequest> {
  return { ...page, data: page.data.map((one) => (one.request_id === id ? { ...one, ...change } : one)) };
}
