"""What the people of a demonstration are called, cook, ask and keep in their fridges."""

from dataclasses import dataclass

FIRST_NAMES = (
    "Anna", "Luca", "Mei", "Amara", "Ingrid", "Diego", "Fatima", "Oleg", "Chloe", "Ravi", "Sofia", "Tomas",
    "Yuki", "Nadia", "Henrik", "Lucia", "Omar", "Vera", "Pavel", "Greta", "Marco", "Leila", "Jonas", "Irina",
    "Elif", "Pedro", "Hanna", "Kofi", "Marta", "Dmitri", "Aisha", "Felix",
)  # fmt: skip
LAST_NAMES = (
    "Petrova", "Rossi", "Tanaka", "Okafor", "Larsen", "Alvarez", "Haddad", "Ivanov", "Dubois", "Sharma",
    "Novak", "Silva", "Weber", "Kowalska", "Berg", "Moreau", "Farah", "Sokolova", "Horvat", "Lindqvist",
    "Costa", "Demir", "Schneider", "Mensah", "Nilsson", "Garcia", "Popescu", "Volkova",
)  # fmt: skip
TIME_ZONES = ("Europe/Berlin", "Europe/Moscow", "Europe/Lisbon", "Asia/Tokyo", "America/New_York", "UTC")

DISHES = (
    "borscht", "risotto with mushrooms", "shakshuka", "ramen", "lentil soup", "pelmeni", "paella", "moussaka",
    "green curry", "apple strudel", "sourdough bread", "ratatouille", "bean chili", "gnocchi", "syrniki",
    "tortilla", "pumpkin soup", "dumplings", "focaccia", "carrot cake", "pea stew", "okroshka", "falafel",
)  # fmt: skip
DETAILS = (
    "a spoon of vinegar at the end makes it",
    "roasting the vegetables first was worth the time",
    "half the salt the recipe asks for was plenty",
    "it tasted even better on the second day",
    "toasted seeds on top, do not leave them out",
    "fresh dill from the window sill",
    "the secret is to do nothing for twenty minutes",
    "used up everything that was about to go off",
)
RECIPES = (
    "Tonight's {dish}: {detail}.",
    "Finally got my {dish} right: {detail}.",
    "My grandmother's {dish}, from memory: {detail}.",
    "{dish} for eight people in under an hour: {detail}.",
)
QUESTIONS = {  # with their answers
    "What goes well with {dish}? I have guests on Friday.": (
        "A dry white wine and plain bread.",
        "A green salad, nothing more.",
        "Pickles! Always pickles.",
    ),
    "Can I freeze {dish}, or does it go soft?": (
        "Freeze it flat in bags, it is fine for two months.",
        "Mine went soft. I would not do it again.",
        "Freeze it half done, and finish it on the day.",
    ),
    "My {dish} turned out watery. What did I do wrong?": (
        "Less water than you think, and no lid.",
        "Salt the vegetables first and let them drain.",
        "Did you let it rest? It thickens.",
    ),
    "Does anybody make {dish} without dairy?": (
        "Oat cream works, but add it off the heat.",
        "Olive oil in place of butter, nobody has noticed yet.",
        "Blended white beans, trust me.",
    ),
    "How long does {dish} keep in the fridge, honestly?": (
        "Three days, if it cooled down fast.",
        "It never got older than one evening here.",
        "Four, and then look, smell and think.",
    ),
}
ACHIEVEMENTS = (
    "A whole week without throwing any food away!",
    "Thirty days of cooking at home. {dish} on the last one, of course.",
    "First {dish} that my children asked for again.",
    "My fridge is empty, and everything in it was eaten.",
)
GENERAL = (
    "The market had the first asparagus today.",
    "Rain all day: the oven stays on, and {dish} it is.",
    "Whoever invented {dish} deserves a statue.",
    "Sunday is for cooking ahead: three boxes of {dish} for the week.",
)
COMMENTS = (
    "That looks wonderful!",
    "I made it yesterday, and there is nothing left.",
    "How much garlic? Asking for myself.",
    "Saved for the weekend.",
    "The detail is what I was missing, thank you.",
    "Can you share the amounts?",
    "My turn to cook tonight, and you have decided what.",
    "We add a little smoked paprika here.",
)
CONGRATULATIONS = ("Well done!", "That is not easy. Respect.", "You make me want to try, too.", "Keep going!")
KITCHENS = ("Flat 12", "The allotment", "Sunday table", "Office kitchen", "Summer house", "Number 7")


@dataclass(frozen=True, slots=True)
class Food:
    """Something to keep; `days` is how long it is good when fresh, None for what hardly ends."""

    name: str
    quantity: float
    unit: str
    category: str
    location: str = "fridge"
    days: int | None = None


FOODS = (
    Food("milk", 1, "l", "dairy", days=6),
    Food("eggs", 10, "piece", "dairy", days=18),
    Food("butter", 250, "g", "dairy", days=40),
    Food("yoghurt", 500, "g", "dairy", days=10),
    Food("feta", 200, "g", "dairy", days=21),
    Food("smetana", 300, "g", "dairy", days=9),
    Food("chicken thighs", 600, "g", "meat", days=2),
    Food("minced beef", 500, "g", "meat", days=1),
    Food("smoked tofu", 200, "g", "other", days=25),
    Food("beetroot", 4, "piece", "vegetables", days=14),
    Food("carrots", 1, "kg", "vegetables", days=14),
    Food("spinach", 250, "g", "vegetables", days=3),
    Food("tomatoes", 6, "piece", "vegetables", days=5),
    Food("courgettes", 3, "piece", "vegetables", days=6),
    Food("mushrooms", 300, "g", "vegetables", days=3),
    Food("white cabbage", 1, "piece", "vegetables", days=20),
    Food("dill", 1, "bunch", "vegetables", days=4),
    Food("potatoes", 2, "kg", "vegetables", "pantry", 30),
    Food("onions", 1, "kg", "vegetables", "pantry", 40),
    Food("garlic", 3, "piece", "vegetables", "pantry", 45),
    Food("apples", 6, "piece", "fruits", days=12),
    Food("bananas", 5, "piece", "fruits", "pantry", 4),
    Food("lemons", 3, "piece", "fruits", days=20),
    Food("frozen berries", 400, "g", "fruits", "freezer", 200),
    Food("peas", 450, "g", "vegetables", "freezer", 250),
    Food("rice", 1, "kg", "grains", "pantry"),
    Food("red lentils", 500, "g", "grains", "pantry"),
    Food("buckwheat", 800, "g", "grains", "pantry"),
    Food("rye bread", 1, "piece", "grains", "pantry", 4),
    Food("apple juice", 1, "l", "beverages", days=8),
    Food("kefir", 1, "bottle", "beverages", days=7),
)


@dataclass(frozen=True, slots=True)
class Aim:
    """Something to want; it is reached in some `steps`."""

    title: str
    goal_type: str
    target: float
    unit: str
    steps: int


AIMS = (
    Aim("Drink two litres a day", "water", 2, "l", 4),
    Aim("Cook at home twenty times", "custom", 20, "meals", 5),
    Aim("Nothing thrown away for a month", "custom", 30, "days", 6),
    Aim("Walk to the market", "exercise", 40, "km", 5),
    Aim("Eat five kinds of vegetables", "custom", 5, "kinds", 3),
    Aim("Sleep eight hours", "sleep", 8, "h", 3),
    Aim("Bake bread every week", "custom", 8, "loaves", 4),
)
